"""What a reader of sampled words sees of the PMI law: counts of pairs, pooled."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.pages.random_walk.walk import step_correlation
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval

# Slopes at which the mean of x is known, and pairs that are swept at once, so that the sweeps find them in the cache.
_SLOPES = np.linspace(-1, 2, 61)
_CACHED = 1 << 15


def tilted_means(words: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Mean of x(w, w') over pairs of different words under q(w) q(w') e^(b x), at each b of the grid, (61,).

    Args:
        words: (K, T), from which the frequencies q are taken.
        inner: (n, n) symmetric x.
    """
    q = np.bincount(words.ravel(), minlength=len(inner)) / words.size
    i, j = np.triu_indices(len(inner), 1)
    pairs, base = inner[i, j], q[i] * q[j]
    step = _SLOPES[1] - _SLOPES[0]
    mass, moment = np.zeros((2, len(_SLOPES)))
    for first in range(0, len(pairs), _CACHED):
        x = pairs[first : first + _CACHED]
        weight, factor = base[first : first + _CACHED] * np.exp(_SLOPES[0] * x), np.exp(step * x)
        for k in range(len(_SLOPES)):
            mass[k] += weight.sum()
            moment[k] += weight @ x
            weight *= factor  # from one slope to the next, without another exponential
    return moment / mass


def lag_slope(
    words: np.ndarray,
    inner: np.ndarray,
    lag: int,
    *,
    means: np.ndarray | None = None,
    n_bootstrap: int = 200,
    seed: int = 0,
) -> Interval:
    """Slope b of log p(w, w') = log p(w) + log p(w') + b x(w, w') + const for words `lag` apart, from sampled words.

    The maximum of the likelihood of the counts: b is such that the mean of x over the pairs that occurred is its mean
    under q(w) q(w') e^(b x), where q are the frequencies. No logarithm of a small count is taken. Pairs of equal words
    are left out on both sides. The interval is a bootstrap over walks, with q as in the whole sample.

    Args:
        words: (K, T) of K independent walks.
        inner: (n, n) symmetric x.
        lag: places between the two words.
        means: `tilted_means` of the same words, where they are known; they do not depend on the lag.
        n_bootstrap: replicates.
        seed: of the bootstrap.
    """
    first, second = words[:, :-lag], words[:, lag:]
    different = first != second
    sums, counts = (inner[first, second] * different).sum(axis=1), different.sum(axis=1)
    expected = tilted_means(words, inner) if means is None else means
    return bootstrap_chains(
        lambda weights: np.interp((weights @ sums) / (weights @ counts), expected, _SLOPES),
        len(words),
        n_bootstrap=n_bootstrap,
        seed=seed,
    )


def binned_pmi(words: np.ndarray, inner: np.ndarray, edges: np.ndarray, lag: int = 1, seed: int = 0) -> Interval:
    """Log of pairs that occurred over pairs expected of independent words, by bins of x; words `lag` apart.

    Summing counts over the many pairs of a bin averages the noise of sampling away. Pairs of equal words are left out.

    Args:
        words: (K, T) of K independent walks.
        inner: (n, n) symmetric x.
        edges: (B + 1,) ascending bounds of the bins.
        lag: places between the two words.

    Returns:
        Arrays (B,), with intervals by bootstrap over walks; NaN where a bin is empty.
    """
    first, second = words[:, :-lag], words[:, lag:]
    q = np.bincount(words.ravel(), minlength=len(inner)) / words.size
    base = np.outer(q, q)
    np.fill_diagonal(base, 0.0)
    expected = np.histogram(inner, edges, weights=base)[0] / base.sum()
    counts = np.stack([np.histogram(inner[a, b][a != b], edges)[0] for a, b in zip(first, second, strict=True)])
    totals = (first != second).sum(axis=1)

    def ratio(weights: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log((weights @ counts) / (weights @ totals)[:, None] / expected)
        return np.where(np.isfinite(log), log, np.nan)

    return bootstrap_chains(ratio, len(words), n_bootstrap=200, seed=seed)


def slopes_by_distance(
    words: np.ndarray,
    inner: np.ndarray,
    step: float,
    same: float,
    *,
    lags: Sequence[int] = (1, 2, 4, 8, 16),
    seed: int = 0,
) -> pd.DataFrame:
    """`lag_slope` at several distances, beside what a moving context makes of the law.

    Args:
        words: (K, T) of K independent walks.
        inner: (n, n) symmetric x.
        step: of the walks.
        same: slope for two words of one context.
        lags: places between the two words.
        seed: of the bootstrap.

    Returns:
        A row a distance: `slope`, `low`, `high`; the correlation of the contexts, and the same times `same`.
    """
    rho, means = step_correlation(step), tilted_means(words, inner)
    rows = {}
    for lag in lags:
        found = lag_slope(words, inner, lag, means=means, seed=seed)
        rows[lag] = {
            "slope": float(found.value),
            "low": float(found.low),
            "high": float(found.high),
            "correlation of the contexts": rho**lag,
            "times the slope in one context": same * rho**lag,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("words apart")
