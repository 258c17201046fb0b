"""Whether a number rises or falls with the size of the model, by ranks: too few models for anything finer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from scipy.stats import rankdata, spearmanr

# Sizes that are needed for a trend, and models up to which every order is tried for its p.
LEAST, _EXACT = 3, 7


@dataclass(frozen=True)
class Trend:
    """Spearman's rank correlation of a number with a quantity of the model.

    Attributes:
        low, high: the correlation; under several definitions the least and the greatest.
        p: share of the orders of the models with a correlation as far from 0 in either direction; of the weakest tie
            where there are several definitions.
        n: models.
    """

    low: float
    high: float
    p: float
    n: int

    def __str__(self) -> str:
        ties = f"{self.low:+.2f}" if self.low == self.high else f"{self.low:+.2f} to {self.high:+.2f}"
        return f"{ties} ({self.n} models, p = {self.p:.2g})"


def trend_of(x: Sequence[float], obtained: Sequence[Any]) -> Trend | None:
    """Trend of the numbers of some models with x; None below three different x, or where no number varies.

    Args:
        x: of each model, its size for instance.
        obtained: a number each, or numbers by the name of a definition; definitions that a model lacks are left out.
    """
    if len(set(x)) < LEAST:
        return None
    several = [value if isinstance(value, Mapping) else {"": value} for value in obtained]
    shared = [name for name in several[0] if all(name in each for each in several)]
    found = [_spearman(np.asarray(x), np.array([float(each[name]) for each in several])) for name in shared]
    ties = [tie for tie in found if np.isfinite(tie[0])]
    if not ties:
        return None
    correlations = [rho for rho, _ in ties]
    return Trend(min(correlations), max(correlations), max(p for _, p in ties), len(x))


def _spearman(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    if len(set(y.tolist())) < 2:
        return float("nan"), float("nan")
    found = spearmanr(x, y)
    rho = float(found.statistic)
    if len(x) > _EXACT:
        return rho, float(found.pvalue)
    first, second = rankdata(x), rankdata(y)
    orders = [np.corrcoef(first, second[list(order)])[0, 1] for order in permutations(range(len(x)))]
    return rho, float(np.mean(np.abs(orders) >= abs(rho) - 1e-9))
