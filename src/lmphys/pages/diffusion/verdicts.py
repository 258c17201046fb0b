"""What the page has judged: a table, a toy, identities, characters, and models of a text."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Numbers
from lmphys.pages.diffusion.continuations import HIGH, LOW
from lmphys.pages.diffusion.noise_alone import null_rows
from lmphys.pages.diffusion.peaks import Likelihoods, log_odds_slope
from lmphys.pages.diffusion.swiss_roll import Learned
from lmphys.stats.bootstrap import bootstrap_chains, chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled

FITTED = (4, 8, 16, 32, 64)  # steps of the exponent
MANY = 16  # steps from which on the exponential mean is well sampled
_REACH = 1.43  # effect that 80 of 100 repeats find, in half widths of a 95 % interval

Works = Mapping[int, np.ndarray]  # number of steps to the work (n,) of the same strings, bits


def visible(found: Interval) -> str:
    """The effect that a repeat of this size would find in 80 of 100 cases, in words."""
    return f"a difference of {_REACH * (found.high - found.low) / 2:.2g} would be seen in 80 of 100 repeats"


def judge_table(hearts: pd.DataFrame, learned: Learned, *, seed: int = 0) -> list[Entry]:
    """Table 1: the noise alone, the heartbeat at the most steps, and the swiss roll.

    Args:
        hearts: of `heartbeat.bounds`.
        learned: of the swiss roll.
        seed: of the intervals.
    """
    even = {"coins that are even": float(null_rows(0.5)["difference"].abs().max())}
    most = hearts[hearts["steps"] == hearts["steps"].max()].set_index("noise")
    few = hearts[(hearts["steps"] == hearts["steps"].min()) & (hearts["noise"] == 0.2)].iloc[0]
    own, other = most.loc[0.2], most.loc[0.5]
    lacking = "" if own["steps"] >= 2000 else f"{own['steps']:.0f} steps, where 2,000 are needed"
    exact = f"exact, -H(X_1): {own['-H(X1)']:.3f}"
    k, gain, blank = (
        mean_interval(values, groups=None, seed=seed)
        for values in (learned.bound, learned.bound - learned.gaussian, learned.untrained - learned.gaussian)
    )
    return [
        Entry("sd.null", float(null_rows()["difference"].abs().max()), even),
        Entry("sd.heartbeat.bound", Interval.of_row(own, "set"), _one("noise of 0.5", other, "set"), exact, lacking),
        Entry("sd.heartbeat.limit", Interval.of_row(own, "learned"), _one("fewest steps", few, "learned"), "", lacking),
        Entry("sd.swiss.bound", k),
        Entry("sd.swiss.gain", gain, {"chain before training": blank}, visible(gain)),
    ]


def _one(name: str, row: pd.Series, column: str) -> dict[str, Numbers]:
    return {name: Interval.of_row(row, column)}


def judge_physics(
    holds: pd.DataFrame, wide: pd.DataFrame, found: Likelihoods, works: Works, ways: tuple[np.ndarray, np.ndarray],
    *, seed: int = 0,
) -> list[Entry]:  # fmt: skip
    """Bounds of the entropy, and the two equalities for work.

    Args:
        holds: `entropy_bounds` of the peaks at variance 1.
        wide: the same at their own variance.
        found: likelihoods by three ways.
        works: of characters.
        ways: of paths of the forward process and of the reverse chain.
        seed: of the intervals.
    """
    away = found.from_paths - found.exact
    errors = float(away.mean() / (np.sqrt((found.error**2).sum()) / len(away)))
    logs = {T: jarzynski(work, seed=seed) for T, work in works.items() if T >= MANY}
    T, worst = max(logs.items(), key=lambda item: abs(item[1].value))
    slope = crooks(*ways, seed=seed)
    same = {"the same peaks at variance 9.1": float(wide["holds"].sum())}
    return [
        Entry("sd.entropy.bounds", float(holds["holds"].sum()), same),
        Entry("sd.eq9", errors, {}, f"largest of {len(away)} places: {np.abs(away / found.error).max():.2g}"),
        Entry("sd.jarzynski", worst, {}, f"at T = {T}"),
        Entry("sd.crooks", slope),
    ]


def jarzynski(work: np.ndarray, *, seed: int = 0) -> Interval:
    """The log2 of the mean of 2^-w over paths (n,), bits, with an interval over them; 0 for every chain."""
    each = 2.0**-work
    return mean_interval(each, groups=None, seed=seed).map(np.log2)


def crooks(forward: np.ndarray, reverse: np.ndarray, *, seed: int = 0, n_bootstrap: int = 100) -> Interval:
    """Slope of the log odds of a forward path against its work in nats; arguments as `both_ways` gives them, bits."""
    work = np.concatenate([forward, reverse]) * np.log(2)
    label = np.concatenate([np.ones(len(forward)), np.zeros(len(reverse))])
    weights = chain_weights(len(work), n_bootstrap, seed)
    slopes = np.array([log_odds_slope(work, label, each)[0] for each in weights])
    return percentile_interval(slopes, log_odds_slope(work, label)[0])


def exponent(works: Works, length: int, *, seed: int = 0) -> Interval:
    """Slope of ln dissipation against ln T over `FITTED`, with an interval over strings."""
    steps = [T for T in FITTED if T in works]
    each = np.stack([works[T] for T in steps], axis=1) / length
    x = np.log(steps) - np.log(steps).mean()

    def slope(weights: np.ndarray) -> np.ndarray:
        means = (weights @ each) / weights.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log(means) @ x / (x @ x)

    return bootstrap_chains(slope, len(each), seed=seed)


def judge_text(
    works: Works, total: float, length: int, shares: Mapping[str, pd.DataFrame], *, seed: int = 0
) -> list[Entry]:
    """How the dissipation falls, what it is at one step, and what one step of a language model would waste.

    Args:
        works: of characters.
        total: their total correlation in closed form, bits a character.
        length: of the strings.
        shares: of `continuations.table`, by "model", "random weights" and "shuffled contexts".
        seed: of the intervals.
    """
    one = mean_interval(works[1] / length - total, groups=None, seed=seed)
    lm = {
        name: {way: mean_interval(table[f"share {way}"], groups=None, seed=seed) for way in (LOW, HIGH)}
        for name, table in shares.items()
    }
    controls = {name: found for name, found in lm.items() if name != "model"}
    n = len(shares["model"])
    return [
        Entry("sd.text.exponent", exponent(works, length, seed=seed), {}, "independent characters dissipate nothing"),
        Entry("sd.text.one_step", one),
        Entry("sd.lm.correlation", lm["model"], controls, f"interval over {n} contexts; {visible(lm['model'][LOW])}"),
    ]


def over_trainings(values: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean over trainings and windows (trainings, windows), with an interval that holds the scatter of both."""
    return pooled([mean_interval(row, groups=None, seed=seed) for row in values])


def judge_written(
    masked: np.ndarray, following: np.ndarray, counted: Sequence[np.ndarray], size: str, *, seed: int = 0
) -> list[Entry]:
    """Masked models beside their twins and beside counts, on the same unseen windows.

    Args:
        masked: (trainings, windows) bound of the masked model, one character a step, bits a character.
        following: (trainings, windows) of the twins.
        counted: for n-grams of order 1, 2, ... (windows,) each.
        size: of the models and of their training, in words.
        seed: of the intervals.
    """
    gap = over_trainings(masked - following, seed=seed)
    ranks = following.mean(axis=1).argsort()
    another = over_trainings((following[ranks[-1]] - following[ranks[0]])[None], seed=seed)
    best = min(counted, key=lambda each: float(each.mean()))
    less, single = (over_trainings(masked - each[None], seed=seed) for each in (best, counted[0]))
    beside = {"single characters": over_trainings((counted[0] - best)[None], seed=seed)}
    control = {"another training of the autoregressive one": another}
    lacking = f"{len(masked)} trainings, where 3 are needed" if len(masked) < 3 else ""
    told = f"{len(masked)} trainings of {size}; {visible(gap)}"
    return [
        Entry("sd.text.trained", gap, control, told, lacking),
        Entry("sd.text.masked", gap, control, told, lacking),
        Entry(
            "sd.text.floor", less, beside, f"less single characters: {single.value:.2f}; trainings of {size}", lacking
        ),
    ]
