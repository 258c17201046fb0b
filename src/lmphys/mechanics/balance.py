"""Is a sum of two terms steadier along chains than two unrelated terms would be?

A sum of a large steady term and a small one is steady whatever the small one does. What conservation adds is that
the terms make up for each other: Var(K + U) / (Var K + Var U) is below 1 exactly where they are negatively
correlated. How far below also hangs on which term is the larger, so that ties are compared by the correlation.
Everything here is taken within chains, so that each chain may have an energy of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval


@dataclass(frozen=True, eq=False)
class Balance:
    """Sums over each of C chains of a kinetic and a potential term, squares taken about the means of the chain.

    The methods map weights of the chains (R, C) to R values, as `bootstrap_chains` wants them.

    Attributes:
        n: (C,) numbers of places.
        k, u: (C,) sums of the terms.
        kk, uu, ku: (C,) sums of squares and products about the means of the chain.
    """

    n: np.ndarray
    k: np.ndarray
    u: np.ndarray
    kk: np.ndarray
    uu: np.ndarray
    ku: np.ndarray

    @classmethod
    def of(cls, kinetic: np.ndarray, potential: np.ndarray, chain: np.ndarray) -> "Balance":
        """Sums of two terms (N,) over the chains (N,); for a term alone give zeros for the other.

        Raises:
            LmphysError: a term is not finite.
        """
        if not (np.isfinite(kinetic).all() and np.isfinite(potential).all()):
            raise LmphysError("a term of the energy is not finite; look for states or probabilities that are not")
        number = np.unique(chain, return_inverse=True)[1]
        n_chains = int(number.max()) + 1
        terms = np.stack([kinetic, potential], axis=1)
        n = np.bincount(number).astype(float)
        totals = sum_by_group(terms, number, n_chains)
        k, u = (terms - (totals / n[:, None])[number]).T
        kk, uu, ku = sum_by_group(np.stack([k * k, u * u, k * u], axis=1), number, n_chains).T
        return cls(n, totals[:, 0], totals[:, 1], kk, uu, ku)

    def _squares(self, weights: np.ndarray) -> np.ndarray:
        """Sum of the squares of K + U about the means of the chains; rounding must not take it below 0."""
        return np.maximum(weights @ (self.kk + self.uu + 2 * self.ku), 0)

    def ratio(self, weights: np.ndarray) -> np.ndarray:
        """Var(K + U) / (Var K + Var U)."""
        return 1 + 2 * (weights @ self.ku) / (weights @ (self.kk + self.uu))

    def correlation(self, weights: np.ndarray) -> np.ndarray:
        """Correlation of the terms."""
        with np.errstate(invalid="ignore"):
            return (weights @ self.ku) / np.sqrt((weights @ self.kk) * (weights @ self.uu))

    def mean(self, weights: np.ndarray) -> np.ndarray:
        """Mean of the sum."""
        return (weights @ (self.k + self.u)) / (weights @ self.n)

    def sd(self, weights: np.ndarray) -> np.ndarray:
        """Standard deviation of the sum within chains."""
        return np.sqrt(self._squares(weights) / (weights @ (self.n - 1)))

    def variation(self, weights: np.ndarray) -> np.ndarray:
        """Coefficient of variation: standard deviation over the absolute mean."""
        return self.sd(weights) / np.abs(self.mean(weights))

    def over_potential(self, weights: np.ndarray) -> np.ndarray:
        """Standard deviation of the sum over that of the potential term."""
        return np.sqrt(self._squares(weights) / (weights @ self.uu))

    def left_at_best_mass(self, weights: np.ndarray) -> np.ndarray:
        """Var(m K + U) / Var U at the mass m ≥ 0 that makes it least: 1 - r² for r < 0, else 1."""
        return 1 - np.minimum(self.correlation(weights), 0) ** 2

    def best_mass(self) -> float:
        """The mass m ≥ 0 at which m K + U varies least."""
        return max(0.0, -float(self.ku.sum() / self.kk.sum()))

    def interval(self, statistic: Callable[["Balance", np.ndarray], np.ndarray], *, seed: int = 0) -> Interval:
        """A method of this class with a 95 % interval over chains: `balance.interval(Balance.ratio)`."""
        return bootstrap_chains(lambda weights: statistic(self, weights), len(self.n), seed=seed)

    def value(self, statistic: Callable[["Balance", np.ndarray], np.ndarray]) -> float:
        """A method of this class, all chains once."""
        return float(statistic(self, np.ones((1, len(self.n))))[0])


def difference(
    first: Balance,
    second: Balance,
    statistic: Callable[[Balance, np.ndarray], np.ndarray],
    *,
    log: bool = False,
    seed: int = 0,
) -> Interval:
    """Statistic of `first` minus that of `second`, or the log of their ratio, over the same chains, in pairs.

    Raises:
        LmphysError: they are not of the same number of chains.
    """
    if len(first.n) != len(second.n):
        raise LmphysError(f"{len(first.n)} and {len(second.n)} chains cannot be paired; read the same texts")

    def both(weights: np.ndarray) -> np.ndarray:
        a, b = statistic(first, weights), statistic(second, weights)
        return np.log(a / b) if log else a - b

    return bootstrap_chains(both, len(first.n), seed=seed)


def shifted_correlations(
    kinetic: np.ndarray, potential: np.ndarray, chain: np.ndarray, *, n_shifts: int = 200, seed: int = 0
) -> np.ndarray:
    """Correlation of the terms after the potential of each chain was shifted around its places: a null.

    A shift keeps what a permutation would destroy, the likeness of neighbours within each term, which alone makes
    accidental correlations larger. Each chain is shifted by a number of places of its own, 1 to n - 1; a chain of one
    place stays as it is.

    Args:
        kinetic: (N,) kinetic term.
        potential: (N,) potential term.
        chain: (N,) of each place; the places of a chain stand in their order.
        n_shifts: draws.
        seed: of the shifts.

    Returns:
        (n_shifts,). The mean is -r / (n - 1) for chains of n places whose terms have the correlation r.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(chain, kind="stable")  # places chain by chain
    lengths = np.unique(chain, return_counts=True)[1]
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.arange(len(chain)) - first
    one = np.ones((1, len(lengths)))
    found = np.empty(n_shifts)
    for i in range(n_shifts):
        shift = np.repeat(rng.integers(np.minimum(1, lengths - 1), lengths), lengths)
        moved = np.empty_like(potential)
        moved[order] = potential[order[first + (place + shift) % np.repeat(lengths, lengths)]]
        found[i] = Balance.of(kinetic, moved, chain).correlation(one)[0]
    return found


def ratio_by_offset(
    kinetic: np.ndarray, potential: np.ndarray, chain: np.ndarray, offsets: Sequence[int], *, seed: int = 0
) -> pd.DataFrame:
    """The ratio where each step is paired with the potential of a place further on in the same chain.

    Args:
        kinetic: (N,) kinetic term.
        potential: (N,) potential term.
        chain: (N,) ascending.
        offsets: k pairs the step from place t with the potential of place t + k; -1, with that of the place before.
        seed: of the intervals.

    Returns:
        Columns `value`, `low`, `high`, index `offset`.

    Raises:
        LmphysError: an offset is as long as all chains.
    """
    rows = {}
    for offset in offsets:
        gap = abs(offset)
        early, late = slice(None, len(chain) - gap), slice(gap, None)
        same = chain[early] == chain[late]
        if same.sum() < 3:
            raise LmphysError(f"no chain is longer than an offset of {offset}; use smaller ones")
        at_step, at_potential = (early, late) if offset >= 0 else (late, early)
        balance = Balance.of(kinetic[at_step][same], potential[at_potential][same], chain[early][same])
        rows[offset] = balance.interval(Balance.ratio, seed=seed)._asdict()
    return pd.DataFrame.from_dict(rows, orient="index").astype(float).rename_axis("offset")
