"""What trained models answer: tables of several models at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from lmphys.lm.tiny import TinyForCausalLM
from lmphys.pages.energy_transformer.choices import SINGLE, at_best_temperature
from lmphys.pages.energy_transformer.intervals import gain, perplexity, rank_correlation
from lmphys.pages.energy_transformer.scores import Guesses, entropies, predictions, surprisals


@dataclass(frozen=True)
class Told:
    """Numbers of the first candidates of several models on one text, before the descent and after each of F steps.

    Attributes:
        each: (F + 1, models, windows, characters) surprisals, nats.
        energies: likewise.
        entropies: likewise, nats.
    """

    each: np.ndarray
    energies: np.ndarray
    entropies: np.ndarray

    @property
    def surprisals(self) -> np.ndarray:
        """(F + 1, models, windows) nats, means over the characters."""
        return self.each.mean(-1)


def told(found: Sequence[Guesses]) -> Told:
    """Numbers of several models."""
    return Told(
        np.stack([one.surprisals[:, 0] for one in found], 1),
        np.stack([one.energies[:, 0].double().numpy() for one in found], 1),
        np.stack([one.entropies[:, 0] for one in found], 1),
    )


def tempered(found: Sequence[Guesses], step: int) -> np.ndarray:
    """(models, windows) surprisals after a step at the best temperature of each model, nats."""
    return np.stack([at_best_temperature(one.log_p[step, 0], one.targets).mean(-1) for one in found])


def each_loss(models: Sequence[TinyForCausalLM], ids: Tensor) -> np.ndarray:
    """(models, windows, characters) surprisals of transformers, nats."""
    return np.stack([surprisals(predictions(model, ids), ids[:, 1:]) for model in models])


def losses(models: Sequence[TinyForCausalLM], ids: Tensor) -> np.ndarray:
    """(models, windows) surprisals of transformers, nats."""
    return each_loss(models, ids).mean(-1)


def doubts(models: Sequence[TinyForCausalLM], ids: Tensor) -> np.ndarray:
    """(models, windows, characters) entropies of transformers, nats."""
    return np.stack([entropies(predictions(model, ids)) for model in models])


def rank_correlations(losses_of_each: np.ndarray, signals: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Rank correlations of signals with losses, (models, windows, characters): a row a signal."""
    return pd.DataFrame({name: rank_correlation(x, losses_of_each)._asdict() for name, x in signals.items()}).T


def gains_of(ways: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row a way to use several guesses: `gain` over one guess, %, `low` and `high`; argument of `choices.table`."""
    rows = {way: gain(ways[SINGLE], each) for way, each in ways.items() if way != SINGLE}
    return pd.DataFrame(rows, index=["gain", "low", "high"]).T


def ladder_table(
    thinking: Mapping[str, Sequence[np.ndarray]], heated: Mapping[str, Sequence[np.ndarray]], near: str
) -> pd.DataFrame:
    """A row a text, the likest first: perplexity, its ratio to that of `near`, and gains in percent with intervals.

    Args:
        thinking: text to (models, windows) nats after the first step and after the trained number of steps.
        heated: the same after the first step, as it is and at the best temperature.
        near: a text.
    """
    base, rows = perplexity(thinking[near][1]).value, {}
    for text, pair in thinking.items():
        found, steps, heat = perplexity(pair[1]).value, gain(*pair), gain(*heated[text])
        rows[text] = {
            "perplexity": found,
            "shift": found / base,
            "by steps, %": steps.value,
            "low": steps.low,
            "high": steps.high,
            "by temperature, %": heat.value,
        }
    return pd.DataFrame(rows).T.sort_values("shift")
