"""How many modes a distribution has: a test and a count in place of the eye."""

import diptest
import numpy as np
from scipy.signal import find_peaks
from scipy.stats import gaussian_kde

# A bump counts where it rises above both its valleys by this share of the highest one.
_PROMINENCE = 0.05


def dip_test(x: np.ndarray) -> tuple[float, float]:
    """Hartigan's dip of a sample (n,) and its p-value under unimodality, interpolated from a table.

    The p-value takes the sample as independent; steps of one chain are not, so a small p overstates the
    evidence. The table ends at n = 72,000: beyond, the package warns and uses its last row.

    Source: Hartigan & Hartigan 1985, Ann. Statist. 13, 70.
    """
    dip, p = diptest.diptest(np.asarray(x, dtype=np.float64))
    return float(dip), float(p)


def dip_excess(x: np.ndarray, *, n_draws: int = 500, seed: int = 0) -> float:
    """Dip of a sample (n,) minus the 95 % point of the dip of n uniform draws: positive where one mode is rejected.

    The uniform distribution has the largest dip of all unimodal ones as n grows, so the test holds its level.

    Args:
        x: the sample.
        n_draws: uniform samples for the 95 % point.
        seed: of these.
    """
    rng = np.random.default_rng(seed)
    null = [diptest.dipstat(rng.random(len(x))) for _ in range(n_draws)]
    return dip_test(x)[0] - float(np.quantile(null, 0.95))


def count_modes(x: np.ndarray, *, weights: np.ndarray | None = None) -> int:
    """Number of bumps of a kernel density estimate of a sample (n,), Gaussian kernel, Silverman's bandwidth.

    Args:
        x: the sample.
        weights: (n,) of the values, such as how often a resample has drawn each; equal ones by default.
    """
    # Silverman's rule for the sample itself: with weights SciPy would take a wider kernel, and merge modes.
    density = gaussian_kde(x, bw_method=float((0.75 * len(x)) ** -0.2), weights=weights)
    margin = 3 * density.factor * np.std(x)
    height = density(np.linspace(x.min() - margin, x.max() + margin, 1000))
    return len(find_peaks(height, prominence=_PROMINENCE * height.max())[0])
