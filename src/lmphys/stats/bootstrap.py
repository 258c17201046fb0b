"""Intervals over chains: the states of one chain are not independent, so whole chains are resampled."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval, percentile_interval


def bootstrap_chains(
    statistic: Callable[[np.ndarray], np.ndarray],
    n_chains: int,
    *,
    n_bootstrap: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Percentile bootstrap of a statistic that is a function of the weights of the chains.

    Drawing C chains with replacement gives chain c an integer weight w_c, the number of times it was drawn. A
    statistic built from sums over chains then needs only those sums: all replicates together are one matrix
    product.

    Args:
        statistic: maps weights (R, C) to R values (R, ...), one for each row of weights.
        n_chains: C; or the number of groups, where chains of one question are to be drawn together.
        n_bootstrap: number of replicates.
        seed: of the resampling; equal seeds and C give equal weights, so two statistics can be compared in
            pairs.
        level: coverage of the interval.

    Returns:
        The statistic with all weights 1, and the lower and upper percentiles of the replicates. A replicate
        in which the statistic is undefined (NaN) makes the interval NaN.

    Raises:
        LmphysError: fewer than two chains.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13, with chains as the sampling
    unit.
    """
    weights = chain_weights(n_chains, n_bootstrap, seed)
    value = np.asarray(statistic(np.ones((1, n_chains))))[0]
    return percentile_interval(statistic(weights), value, level=level, undefined="nan")


def chain_weights(n_chains: int, n_bootstrap: int, seed: int) -> np.ndarray:
    """How often each of C chains is drawn in each of R resamplings with replacement, (R, C) float.

    Raises:
        LmphysError: fewer than two chains.
    """
    if n_chains < 2:
        raise LmphysError(f"{n_chains} chain cannot be resampled: an interval needs at least 2 chains")
    drawn = np.random.default_rng(seed).multinomial(n_chains, np.full(n_chains, 1 / n_chains), size=n_bootstrap)
    return drawn.astype(float)


def sum_by_group(x: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Sums of the rows of `x` (n, ...) in each of the groups 0..n_groups-1, (n_groups, ...); empty ones 0."""
    n = len(group)
    member = csr_array((np.ones(n), (group, np.arange(n))), shape=(n_groups, n))
    return np.asarray(member @ x)
