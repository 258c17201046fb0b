"""What a paired comparison could have shown, by its own scatter.

A closed form for means. Where the statistic is no mean, power is found by simulation instead, beside the statistic:
of planted signals, of implanted regimes, of shifted samples.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm


class PairedPower(NamedTuple):
    """What a paired comparison could have shown.

    Attributes:
        error: standard error of the mean gain.
        visible: smallest true gain that is found at level 0.05 (two sides) in 80 of 100 such experiments.
        questions: questions needed to see `wanted` as often.

    All NaN where the gains do not scatter, as when no two answers differ.
    """

    error: float
    visible: float
    questions: float


def paired_power(gain: np.ndarray, wanted: float, *, level: float = 0.05, share: float = 0.8) -> PairedPower:
    """Power of a paired comparison from its own scatter, by the normal approximation.

    Args:
        gain: (Q,) differences by question.
        wanted: a gain of interest, a share.
        level: of the two-sided test.
        share: of the experiments that find it.
    """
    spread = float(gain.std(ddof=1)) if len(gain) > 1 and np.ptp(gain) > 1e-12 else np.nan
    reach = float(norm.ppf(1 - level / 2) + norm.ppf(share))
    error = spread / np.sqrt(len(gain))
    return PairedPower(error, reach * error, (reach * spread / wanted) ** 2)
