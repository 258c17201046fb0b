"""The mean of some values and what it is known to, when what is resampled is said."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval

_EQUAL = 1e-12  # values that differ by less are equal
_UNSEEN = 0.025  # chance at which a sample shows no exception


def mean_interval(
    values: ArrayLike,
    *,
    groups: ArrayLike | None,
    n_groups: int | None = None,
    weights: np.ndarray | None = None,
    bounds: tuple[float, float] | None = None,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """Mean of values (n,) with a 95 % percentile interval over resampled groups.

    Args:
        values: numbers or truths; NaN ones make all three NaN.
        groups: (n,) what is resampled whole, such as the chain or the question of each value, in any labels; they are
            numbered in the order in which they occur. None: each value is resampled by itself.
        n_groups: of groups that are numbers from 0 to n_groups - 1 already, of which some may have no value.
        weights: (n,) of the values in the mean, positive; equal ones by default.
        bounds: smallest and largest number that a value can be, 0 and 1 for truths. Values that are all equal resample
            to themselves, which shows no uncertainty where there is some. With bounds, the ends are then what the mean
            would be if as many groups were unlike the others as G groups would fail to show in one sample of forty,
            1 - 0.025^(1 / G), so that no interval is a point. Without, they are the mean.
        n_bootstrap: resamples.
        seed: of the resampling; equal numbers of groups and seeds give equal draws.

    Returns:
        The mean and its ends; NaN ends with one group, and NaN throughout without values.
    """
    x = np.asarray(values, dtype=float)
    if not len(x):
        return Interval(np.nan, np.nan, np.nan)
    group: np.ndarray
    if groups is None:
        group, n_groups = np.arange(len(x)), len(x)
    elif n_groups is None:
        group, names = pd.factorize(np.asarray(groups))
        n_groups = len(names)
    else:
        group = np.asarray(groups)
    w = np.ones(len(x)) if weights is None else weights
    total, count = sum_by_group(np.stack([w * x, w], axis=1), group, n_groups).T
    mean = float(total.sum() / count.sum())
    if n_groups < 2:
        return Interval(mean, np.nan, np.nan)
    if bounds is not None and np.ptp(x) < _EQUAL:
        slack = 1 - _UNSEEN ** (1 / n_groups)
        low, high = (mean + slack * (end - mean) for end in bounds)
        return Interval(mean, low, high)
    found = bootstrap_chains(
        lambda draws: (draws @ total) / (draws @ count), n_groups, n_bootstrap=n_bootstrap, seed=seed
    )
    return Interval(mean, float(found.low), float(found.high))
