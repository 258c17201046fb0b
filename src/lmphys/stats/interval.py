"""A number with what it is known to: the one form in which intervals are computed, printed and recorded."""

import warnings
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from lmphys.core.errors import LmphysError

Undefined = Literal["raise", "nan", "drop"]


class Interval(NamedTuple):
    """A value and its percentile interval: arrays of the shape of the statistic, or numbers."""

    value: Any
    low: Any
    high: Any

    @classmethod
    def of_row(cls, row: Any, name: str = "value") -> "Interval":
        """From the columns `name`, `<prefix>low` and `<prefix>high` of a row of a table.

        The prefix is `<name>_`, or none where the row has no such columns.
        """
        low = f"{name}_low" if f"{name}_low" in row else "low"
        return cls(row[name], row[low], row[low.removesuffix("low") + "high"])

    def map(self, function: Callable[[Any], Any]) -> "Interval":
        """The same under a monotone function, the ends put in order: `gain.map(lambda x: 100 * x)`."""
        ends = function(self.low), function(self.high)
        return Interval(function(self.value), np.minimum(*ends), np.maximum(*ends))

    def contains(self, x: float) -> bool:
        """Whether x lies between the ends."""
        return bool(self.low <= x <= self.high)


def percentile_interval(
    replicates: np.ndarray, value: Any = None, *, level: float = 0.95, undefined: Undefined = "raise"
) -> Interval:
    """Percentile interval of replicates along the first axis.

    Args:
        replicates: (R, ...) values of the statistic in the resamples, NaN where it is undefined; with no `value`,
            (R + 1, ...) of which the first is the value itself.
        value: the statistic of the data.
        level: coverage of the interval.
        undefined: what becomes of a resample without a value, entry by entry. "raise": an error, as a statistic that
            has an interval should be defined in every resample. "nan": then there is no interval, both ends are NaN.
            "drop": the percentiles are those of the other resamples. For a statistic that needs classes of both kinds,
            which a resample may lack: the interval is then conditional on there being both. It has none, both ends are
            NaN, where the value itself is undefined, or more than half of the resamples are.

    Raises:
        LmphysError: `undefined` is "raise" and a replicate is not a number.
    """
    if value is None:
        value, replicates = replicates[0], replicates[1:]
    missing = np.isnan(np.asarray(replicates, dtype=float))
    limits = [(1 - level) / 2, (1 + level) / 2]
    if undefined == "drop":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # nothing but NaN: NaN is right
            low, high = np.nanquantile(replicates, limits, axis=0)
        known = ~np.isnan(np.asarray(value, dtype=float)) & (missing.mean(axis=0) <= 0.5)
        return Interval(value, np.where(known, low, np.nan)[()], np.where(known, high, np.nan)[()])
    if undefined == "raise" and missing.any():
        lacking = missing.any(axis=tuple(range(1, missing.ndim)))
        raise LmphysError(
            f"the statistic is not a number in {lacking.sum()} of {len(missing)} resamples, so it has no "
            "interval; take more data, or coarser groups"
        )
    low, high = np.quantile(replicates, limits, axis=0)
    return Interval(value, low, high)
