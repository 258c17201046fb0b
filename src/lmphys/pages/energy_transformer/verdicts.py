"""What the page has judged."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Numbers
from lmphys.pages.energy_transformer import choices, paper
from lmphys.pages.energy_transformer.asked import Told
from lmphys.pages.energy_transformer.costs import DOUBLED, ONCE
from lmphys.pages.energy_transformer.intervals import (
    gain,
    over_models,
    over_seeds,
    rank_correlation,
    ratio_of_gains,
    standardised_difference,
)
from lmphys.pages.energy_transformer.texts import NEAR, SHUFFLED
from lmphys.stats.interval import Interval

_REACH = 1.43  # effect that 80 of 100 repeats find, in half widths of a 95 % interval


def visible(found: Interval) -> str:
    """The effect that a repeat of this size would find in 80 of 100 cases, in words."""
    return f"a difference of {_REACH * (found.high - found.low) / 2:.2g} would be seen in 80 of 100 repeats"


def unlearned(surprisals: np.ndarray, frequencies: float) -> str:
    """That energies predict no better than the frequencies of single characters, in words; empty where they do.

    Args:
        surprisals: (models, windows) nats, after the trained number of steps.
        frequencies: surprisal under these frequencies, nats.
    """
    found = over_models(surprisals)
    if found.high < frequencies:
        return ""
    return f"{found.value:.2f} nats a character, where the frequencies of single characters have {frequencies:.2f}"


def cost_entries(table: pd.DataFrame) -> list[Entry]:
    """Is a training step 6.66 times as dear? Argument: of `cost`."""
    ratios = table[["seconds ratio", "products ratio"]].astype(float)
    by_clock, counted = (ratios[column] for column in ratios)
    return [
        Entry("ebt.cost", by_clock[DOUBLED], note=f"each text read once: {by_clock[ONCE]:.2f}"),
        Entry("ebt.cost.products", counted[DOUBLED], note=f"each text read once: {counted[ONCE]:.2f}"),
    ]


def loss_entries(losses: Mapping[str, np.ndarray], ratios: pd.DataFrame) -> list[Entry]:
    """Losses at equal tokens and at equal multiplications, and slopes.

    Args:
        losses: name of the recipe to (models, windows) nats.
        ratios: of `curves.slope_ratios`.
    """
    n = min(len(each) for each in losses.values())
    energies, plain, long = (losses[name][:n] for name in ("energies", "transformer", "transformer-long"))
    tokens, flops = over_models(energies - plain), over_models(energies - long)
    slopes: dict[str, Numbers] = {
        name: over_seeds(ratios[name].to_numpy()) for name in ("power", "power above a floor")
    }
    return [
        Entry("ebt.loss.tokens", tokens, {"6.66 times the tokens": over_models(long - plain)}, visible(tokens)),
        Entry("ebt.loss.flops", flops, {}, visible(flops)),
        Entry("ebt.slope", slopes, {}, f"{len(ratios)} trainings of each kind"),  # type: ignore[arg-type]
    ]


def asked_entries(
    on: Mapping[str, Told],
    trained: int,
    *,
    ways: Mapping[str, np.ndarray],
    tempered: np.ndarray,
    doubts: np.ndarray,
    gains: Mapping[str, Sequence[np.ndarray]],
    heated: Mapping[str, Sequence[np.ndarray]],
    transformers: Mapping[str, np.ndarray],
    lacking: str,
) -> list[Entry]:
    """All that trained energies are asked.

    Args:
        on: text of `texts.ladder` to what several models told of it.
        trained: most steps in training.
        ways: of `choices.table`, on `texts.NEAR`.
        tempered: (models, windows) nats there, after the trained number of steps, at the best temperature.
        doubts: (models, windows, characters) entropies of transformers there.
        gains: text to (models, windows) nats after the first step and after the trained number of steps.
        heated: text to the same after the first step, as it is and at the best temperature.
        transformers: text to (models, windows, characters) nats of transformers.
        lacking: of `unlearned`.
    """
    near, mixed = on[NEAR], on[SHUFFLED]
    farthest = max(gains, key=lambda text: float(gains[text][1].mean()))
    return [
        choice_entry(ways, lacking),
        longer_entry(near.surprisals[trained], near.surprisals[trained + 1], tempered, lacking),
        uncertainty_entry(near.each[trained], near.energies[trained], near.entropies[trained], doubts, lacking),
        known_entry(
            (near.energies[trained], mixed.energies[trained]), (transformers[NEAR], transformers[SHUFFLED]), lacking
        ),
        far_entry(gains, heated, NEAR, farthest, lacking),
    ]


def choice_entry(ways: Mapping[str, np.ndarray], lacking: str) -> Entry:
    """Is the prediction of least energy worth more than other uses of as many predictions?

    Args:
        ways: of `choices.table`, five candidates.
        lacking: of `unlearned`.
    """
    single = ways[choices.SINGLE]
    ours = gain(single, ways[choices.ENERGY])
    controls = {
        "mean of five": gain(single, ways[choices.MEAN]),
        "random pick": gain(single, ways[choices.RANDOM]),
        "least entropy": gain(single, ways[choices.ENTROPY]),
        "one at its best temperature": gain(single, ways[choices.TEMPERATURE]),
    }
    highest = gain(single, ways[choices.HIGHEST])
    told = f"{visible(ours)}; highest energy: {highest.value:.1f} [{highest.low:.1f}, {highest.high:.1f}]"
    return Entry("ebt.best_of_n", ours, controls, told, lacking)


def longer_entry(trained: np.ndarray, further: np.ndarray, tempered: np.ndarray, lacking: str) -> Entry:
    """Does one step more than in training help, and more than a temperature does?

    Args:
        trained: (models, windows) nats after as many steps as in training.
        further: after one more.
        tempered: after as many as in training, at the best temperature.
        lacking: of `unlearned`.
    """
    ours = gain(trained, further)
    controls = {"best temperature at the trained number of steps": gain(trained, tempered)}
    return Entry("ebt.longer", ours, controls, visible(ours), lacking)


def uncertainty_entry(
    losses: np.ndarray, energies: np.ndarray, entropies: np.ndarray, transformer: np.ndarray, lacking: str
) -> Entry:
    """Does the energy tell hard characters, and better than an entropy does?

    Args:
        losses: (models, windows, characters) nats of energies after the trained number of steps.
        energies: final energies of the same.
        entropies: of the same predictions.
        transformer: entropies of the predictions of the transformers.
        lacking: of `unlearned`.
    """
    ours = rank_correlation(energies, losses)
    controls = {
        "entropy of its own prediction": rank_correlation(entropies, losses),
        "entropy of the transformer": rank_correlation(transformer, losses),
    }
    return Entry("ebt.uncertainty", ours, controls, visible(ours), lacking)


def known_entry(energies: Sequence[np.ndarray], transformer: Sequence[np.ndarray], lacking: str) -> Entry:
    """Has text a lower energy than its shuffled characters, and by more than a loss differs?

    Args:
        energies: (models, windows, characters) of the text and of the shuffled one.
        transformer: losses of the transformers on both.
        lacking: of `unlearned`.
    """
    ours = standardised_difference(*energies)
    controls = {"loss of the transformer": standardised_difference(*transformer)}
    return Entry("ebt.known", ours, controls, visible(ours), lacking)


def far_entry(
    thinking: Mapping[str, Sequence[np.ndarray]],
    tempered: Mapping[str, Sequence[np.ndarray]],
    near: str,
    far: str,
    lacking: str,
) -> Entry:
    """Does thinking gain more on a far text?

    Args:
        thinking: text to (models, windows) nats after the first step and after the trained number of steps.
        tempered: text to the same after the first step, and the same prediction at its best temperature.
        near: name of the text that is like those of the training.
        far: name of the text of the largest perplexity.
        lacking: of `unlearned`.
    """
    gained = gain(*thinking[near])
    if gained.low <= 0 and not lacking:
        lacking = f"a gain of {gained.value:.2g} [{gained.low:.2g}, {gained.high:.2g}] % on near text to divide by"
    ours = ratio_of_gains(thinking[far], thinking[near])
    controls = {"temperature": ratio_of_gains(tempered[far], tempered[near])}
    return Entry("ebt.ood", ours, controls, f"farthest: {far}", lacking)


def paper_entries() -> list[Entry]:
    """Numbers of the paper that are set beside its other numbers."""
    return [
        Entry("ebt.shift_ratio", float(paper.shifts()["energies, Table 3"].iloc[-1])),
        Entry("ebt.thinking_base", float(paper.thinking()["from the transformer"])),
    ]
