"""What few bits a weight cost, over seeds: the losses, and how they fall with the step of the rounding."""

import numpy as np
import pandas as pd

from lmphys.pages.capacity.points import over
from lmphys.pages.capacity.rounding import BITS

# Where rounding costs little but can still be told from nothing.
SMALL_STEPS = (5, 6, 7, 8)
KINDS = {"rounded": "R_int", "noise": "R_noise"}


def precision_table(points: pd.DataFrame) -> pd.DataFrame:
    """Bits learned a parameter against bits a weight, mean over seeds.

    Args:
        points: rows of one recipe, of the table of points.

    Returns:
        Rows `kind` (rounded, noise), `bits`, `value`, `low`, `high`, `lost` (share of the bits learned, mean over
        seeds) and `efficiency` (bits learned for each bit of a weight).
    """
    rows = []
    for kind, column in KINDS.items():
        for bits in BITS:
            left = points[f"{column}{bits}"]
            found = over(left)
            lost = float((1 - left / points["R"]).mean())
            rows.append({"kind": kind, "bits": bits, **found._asdict(), "lost": lost, "efficiency": found.value / bits})
    return pd.DataFrame(rows)


def lost_share(points: pd.DataFrame, bits: int) -> pd.Series:
    """Share of the bits learned, in per cent, that rounding to so many bits costs each model."""
    return 100 * (1 - points[f"R_int{bits}"] / points["R"])


def slopes(points: pd.DataFrame, kind: str = "rounded") -> pd.Series:
    """Slope of the binary logarithm of the bits lost against bits a weight, for each model, by least squares.

    Minus 2 where a loss goes as the square of the step; NaN where nothing is lost.
    """
    lost = np.stack([points["R"] - points[f"{KINDS[kind]}{bits}"] for bits in SMALL_STEPS])
    logs = np.log2(np.where(lost > 0, lost, np.nan))
    x = np.asarray(SMALL_STEPS, dtype=float) - np.mean(SMALL_STEPS)
    return pd.Series(x @ logs / (x @ x), index=points.index)
