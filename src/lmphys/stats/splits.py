"""One number from several splits of one set of questions: what the choice of the split adds to an interval."""

from collections.abc import Sequence

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval

_NORMAL = 1.959963984540054  # 97.5 % point of the standard normal law


def pool_splits(found: Sequence[Interval]) -> Interval:
    """The mean over S splits, and an interval that holds the scatter within and between them.

    By the rule for multiple imputations: the variance is W + (1 + 1 / S) B, with W the mean variance within a split,
    read off its 95 % interval, and B the variance between the splits. The test questions of the splits overlap, so that
    this is rather too wide than too narrow.

    Args:
        found: the same number with its 95 % interval from each split.

    Raises:
        LmphysError: fewer than two splits.

    Source: Rubin 1987, Multiple Imputation for Nonresponse in Surveys, ch. 3.
    """
    if len(found) < 2:
        raise LmphysError(f"{len(found)} split has no scatter between splits; give 2 or more")
    values = np.array([float(one.value) for one in found])
    within = np.mean([((float(one.high) - float(one.low)) / (2 * _NORMAL)) ** 2 for one in found])
    spread = _NORMAL * float(np.sqrt(within + (1 + 1 / len(values)) * values.var(ddof=1)))
    return Interval(float(values.mean()), float(values.mean()) - spread, float(values.mean()) + spread)


def pooled(found: Sequence[Interval]) -> Interval:
    """`pool_splits`, or the one interval where there is only one: it then lacks the scatter between splits."""
    return pool_splits(found) if len(found) > 1 else found[0]
