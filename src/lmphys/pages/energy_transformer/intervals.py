"""Numbers over trainings and texts, with intervals that hold the scatter of both."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy import stats

from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled


def over_models(values: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean over trainings and windows of text.

    Args:
        values: (models, windows), the mean over the characters of each window.
        seed: of the resampling of windows.
    """
    return pooled([mean_interval(row, groups=None, seed=seed) for row in values])


def perplexity(surprisals: np.ndarray, *, seed: int = 0) -> Interval:
    """The exponential of the mean surprisal, from (models, windows) nats."""
    return over_models(surprisals, seed=seed).map(np.exp)


def gain(before: np.ndarray, after: np.ndarray, *, seed: int = 0) -> Interval:
    """By how many percent a perplexity falls, paired by model and window, from (models, windows) nats.

    Logarithms are averaged before the exponential is taken.
    """
    return over_models(after - before, seed=seed).map(lambda change: 100 * (1 - np.exp(change)))


def ratio_of_gains(far: Sequence[np.ndarray], near: Sequence[np.ndarray], *, seed: int = 0) -> Interval:
    """The gain on one text over that on another.

    Args:
        far: (models, windows) nats before and after.
        near: likewise, on as many windows of the other text.
        seed: of the resampling of the windows of both.
    """
    changes = [after - before for before, after in (far, near)]
    each = []
    for one, other in zip(*changes, strict=True):
        n = min(len(one), len(other))
        joint = np.stack([one[:n], other[:n]], axis=1)
        each.append(bootstrap_chains(partial(_of_means, _gain_ratio, joint), n, seed=seed))
    return pooled(each)


def _of_means(statistic: Callable[[np.ndarray], np.ndarray], values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A statistic of the weighted means of the columns of values, for each row of weights."""
    return statistic(weights @ values / weights.sum(1)[:, None])


def _gain_ratio(changes: np.ndarray) -> np.ndarray:
    gains = 1 - np.exp(changes)
    return gains[:, 0] / gains[:, 1]


def over_seeds(values: np.ndarray) -> Interval:
    """Mean of (n,) numbers, one a training, with a 95 % interval of Student's law; no ends for one number."""
    n = len(values)
    if n < 2:
        return Interval(float(values.mean()), np.nan, np.nan)
    half = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Interval(float(values.mean()), float(values.mean()) - half, float(values.mean()) + half)


def rank_correlation(x: np.ndarray, y: np.ndarray, *, seed: int = 0) -> Interval:
    """Spearman's correlation over all characters of a model, with an interval over models and windows.

    Args:
        x: (models, windows, characters).
        y: likewise.
        seed: of the resampling of windows. Ranks are taken once, not in each resample.
    """
    each = []
    for one, other in zip(x, y, strict=True):
        a, b = (stats.rankdata(part).reshape(part.shape) for part in (one, other))
        a, b = a - a.mean(), b - b.mean()
        sums = np.stack([part.mean(1) for part in (a, b, a * a, b * b, a * b)], 1)
        each.append(bootstrap_chains(partial(_of_means, _correlation, sums), len(a), seed=seed))
    return pooled(each)


def _correlation(moments: np.ndarray) -> np.ndarray:
    a, b, aa, bb, ab = moments.T
    return (ab - a * b) / np.sqrt((aa - a**2) * (bb - b**2))


def standardised_difference(one: np.ndarray, other: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean of one text less that of another, in standard deviations of the first, over its characters.

    Args:
        one: (models, windows, characters).
        other: likewise; the same windows, changed.
        seed: of the resampling.
    """
    spread = one.std(axis=(1, 2))[:, None]
    return over_models((one.mean(2) - other.mean(2)) / spread, seed=seed)
