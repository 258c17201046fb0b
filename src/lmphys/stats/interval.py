"""A number with what it is known to: the one form in which intervals are computed, printed and recorded."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lmphys.core.errors import LmphysError


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


def percentile_interval(replicates: np.ndarray, value: Any = None, *, level: float = 0.95) -> Interval:
    """Percentile interval of replicates along the first axis.

    Args:
        replicates: (R, ...) values of the statistic in the resamples; with no `value`, (R + 1, ...) of which the first
            is the value itself.
        value: the statistic of the data.
        level: coverage of the interval.

    Raises:
        LmphysError: a replicate is not a number. A percentile of what is left would be that of another, conditional
            statistic: let the statistic be defined in every resample, or say `defined_only` first.
    """
    if value is None:
        value, replicates = replicates[0], replicates[1:]
    undefined = np.isnan(np.asarray(replicates, dtype=float)).any(axis=tuple(range(1, np.ndim(replicates))))
    if undefined.any():
        raise LmphysError(
            f"the statistic is not a number in {undefined.sum()} of {len(replicates)} resamples, so it has no "
            "interval; take more data, or coarser groups"
        )
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(value, low, high)
