"""What one kind of transformer does better than another, over trainings and documents."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled

SOLVED = 80.0  # accuracy, %, from which on a number of steps counts as walked
_REACH = 1.43  # effect that 80 of 100 repeats find, in half widths of a 95 % interval


def over_trainings(values: np.ndarray, *, bounds: tuple[float, float] | None = None, seed: int = 0) -> Interval:
    """Mean over trainings and documents, with a 95 % interval that holds the scatter of both.

    Args:
        values: (trainings, documents). One training has the scatter of its documents alone.
        bounds: smallest and largest value.
        seed: of the resampling of documents.
    """
    each = [mean_interval(row, groups=None, bounds=bounds, seed=seed) for row in values]
    return pooled(each)


def gain(one: np.ndarray, other: np.ndarray, *, seed: int = 0) -> Interval:
    """Accuracy of one kind of transformer less that of another, points, paired by training and document.

    Args:
        one: (trainings, documents) %; the trainings in the order of their seeds.
        other: the same documents.
        seed: of the resampling.
    """
    n = min(len(one), len(other))
    return over_trainings(one[:n] - other[:n], bounds=(-100, 100), seed=seed)


def constant_less(constant: float, accuracy: np.ndarray, *, seed: int = 0) -> Interval:
    """An accuracy that is known exactly less a measured one, points; arguments as in `gain`."""
    return over_trainings(constant - accuracy, bounds=(constant - 100, constant), seed=seed)


def accuracies(scores: Mapping[str, np.ndarray], *, seed: int = 0) -> pd.DataFrame:
    """A row a kind: mean accuracy, %, with `low` and `high`, `trainings`, and the `least` and `most` of them."""
    rows = {}
    for name, values in scores.items():
        found, each = over_trainings(values, bounds=(0, 100), seed=seed), values.mean(axis=1)
        rows[name] = {
            "accuracy": found.value,
            "low": max(0.0, found.low),
            "high": min(100.0, found.high),
            "least": each.min(),
            "most": each.max(),
            "trainings": len(values),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def depths(scores: Mapping[int, np.ndarray]) -> np.ndarray:
    """(trainings,) largest number of steps that is walked in `SOLVED` % of the documents or more, 0 where none is.

    Args:
        scores: number of steps to (trainings, documents) %.
    """
    solved = {hops: values.mean(axis=1) >= SOLVED for hops, values in scores.items()}
    return np.max([hops * found for hops, found in solved.items()], axis=0)


def visible(found: Interval) -> str:
    """The effect that a repeat of this size would find in 80 of 100 cases, in words."""
    return f"a difference of {_REACH * (found.high - found.low) / 2:.2g} would be seen in 80 of 100 repeats"
