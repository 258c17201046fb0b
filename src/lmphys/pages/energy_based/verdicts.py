"""What the page has judged: masses, partition functions, words, the next token, and whole texts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.generative import EnergyModel
from lmphys.pages.energy_based import mixture, next_token, spins
from lmphys.pages.energy_based.mixture import CONTRASTIVE, JARZYNSKI, METHODS, PERSISTENT
from lmphys.pages.energy_based.residual import DEALT, LOGP, STATES, Residual
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

# Step h and noise of the image samplers in the authors' code.
STEP_AND_NOISE = {"MNIST": (5e-5, 1e-4), "CIFAR-10": (1.0, 1e-2)}


def noise_ratios() -> dict[str, float]:
    """Noise of the samplers in the authors' code over that of the Langevin step for which the weights are."""
    return {name: noise / float(np.sqrt(2 * step)) for name, (step, noise) in STEP_AND_NOISE.items()}


def judge_heaps(models: Mapping[tuple[int, str, int], EnergyModel], *, seed: int = 0) -> list[Entry]:
    """Masses of the two heaps, and the samplers of images."""
    dimensions = list(dict.fromkeys(d for d, _, _ in models))
    mass, error = (
        {name: {f"d = {d}": of(models, d, name, seed=seed) for d in dimensions} for name in METHODS}
        for of in (mixture.mass_interval, mixture.error_interval)
    )
    note = "interval over trainings"
    return [
        Entry("jar.gmm.mass", mass.pop(JARZYNSKI), mass, note),
        Entry("jar.gmm.error", error.pop(JARZYNSKI), error, note),
        Entry("jar.code.noise", noise_ratios(), {}, "read from the code, nothing is run"),
    ]


def judge_weights(small: pd.DataFrame, large: pd.DataFrame, *, seed: int = 0) -> list[Entry]:
    """What weights say of ln Z.

    Args:
        small: `weighings` of trainings with observers.
        large: of trainings with more walkers.
        seed: of intervals.
    """

    def mean(values: pd.Series) -> Interval:
        return mean_interval(values, groups=None, seed=seed)

    note = "interval over trainings"
    off, second = mean(small["steering"].abs()), mean(small["observers"].abs())
    most = float(small["largest_variation"].max())
    lacking = "" if most < spins.THRESHOLD else f"squared variation of {most:.2f}, not below {spins.THRESHOLD}"
    ratios = {f"{int(each['walkers'].iloc[0]):,} walkers": mean(each["ratio"]) for each in (small, large)}
    steer = {"walkers that steer": mean(small["steering"])}
    return [
        Entry("jar.identity", mean(small["observers"]), steer, note),
        Entry("jar.self_bias", ratios, {}, note),
        Entry("jar.ess", off, {"second population": second}, f"{note}; squared variation at most {most:.2f}", lacking),
    ]


def judge_words(models: spins.Trainings, words: spins.Words, *, seed: int = 0) -> list[Entry]:
    """Likelihoods of the words, with walkers that mix fast and that mix slowly."""
    entries = []
    for claim, kernel in (("jar.words", spins.GIBBS), ("jar.words.slow", spins.FLIP)):
        found = {name: spins.excess(models, words, kernel, name, seed=seed) for name in METHODS}
        others = {name: found[name] for name in (PERSISTENT, CONTRASTIVE)}
        entries.append(Entry(claim, found[JARZYNSKI], others, "interval over trainings"))
    return entries


def judge_model(cooled: pd.DataFrame, heads: Mapping[str, Residual], *, seed: int = 0) -> list[Entry]:
    """The next token, and whole texts.

    Args:
        cooled: table of `next_token.cooled`; its slowest cooling is judged.
        heads: by the names of `residual`.
        seed: of intervals.
    """
    slowest = int(cooled["steps"].max())
    least = float(cooled.loc[cooled["steps"] == slowest, "effective"].min())
    enough = least >= next_token.LEAST_EFFECTIVE
    lacking = "" if enough else f"{least:.0f} effective walkers of {next_token.LEAST_EFFECTIVE} in one of the texts"
    work = {"mean work": next_token.over_texts(cooled, "mean work", seed=seed)[slowest]}
    error = next_token.over_texts(cooled, "error", seed=seed)[slowest]
    bits = {name: head.bits(seed=seed) for name, head in heads.items()}
    states = heads[STATES]
    told = f"interval over topics; {len(states.topics)} windows, {100 * states.effective:.0f} % of the drawn effective"
    return [
        Entry("jar.lm.softmax", error, work, f"interval over texts; {slowest} steps", lacking),
        Entry("ebm.residual.bits", bits[STATES], {name: bits[name] for name in (DEALT, LOGP)}, told),
    ]
