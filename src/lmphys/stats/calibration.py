"""A number that is read off a calibration: corpora of known truth, measured in the same way."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from lmphys.core.errors import LmphysError


class Placement(NamedTuple):
    """True separations of regimes or heaps whose corpora look like a given one.

    Attributes:
        low: smallest; NaN where none does.
        high: largest.
        band: indexed by separation: `mean`, `low` and `high` of a corpus of that separation (95 %).
    """

    low: float
    high: float
    band: pd.DataFrame


def confidence_set(calibration: pd.DataFrame, value: float, column: str, *, level: float = 0.95) -> Placement:
    """Invert a calibration: for which true separations would a corpus show a value like this one?

    At each separation the values of the corpora give a prediction interval for one more corpus, mean plus or minus
    t sd sqrt(1 + 1 / n); between separations its ends are interpolated linearly. The set of separations whose
    interval holds the value is the confidence set (Neyman); its smallest and largest are returned, and the ends of the
    range mean "or beyond".

    Args:
        calibration: a row a corpus, `true`, its separation, and `column`; at least two corpora a separation.
        value: of the real corpus.
        column: of the calibration.
        level: of the intervals.
    """
    groups = calibration.groupby("true")[column]
    n = groups.size()
    if n.min() < 2:
        raise LmphysError("a separation with fewer than 2 corpora has no spread: raise n_corpora")
    half = student_t.ppf((1 + level) / 2, n - 1) * groups.std() * np.sqrt(1 + 1 / n)
    band = pd.DataFrame({"mean": groups.mean(), "low": groups.mean() - half, "high": groups.mean() + half})
    fine = np.linspace(band.index.min(), band.index.max(), 501)
    low, high = (np.interp(fine, band.index, band[end]) for end in ("low", "high"))
    inside = fine[(low <= value) & (value <= high)]
    if not len(inside):
        return Placement(np.nan, np.nan, band)
    return Placement(float(inside.min()), float(inside.max()), band)
