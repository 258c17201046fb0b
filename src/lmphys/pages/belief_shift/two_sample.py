"""Do two samples come from one law, and how different could they be without the test telling?"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from lmphys.core.errors import LmphysError

# Of two samples, larger where they differ more.
Statistic = Callable[[np.ndarray, np.ndarray], float]


def kolmogorov_smirnov(x: np.ndarray, y: np.ndarray) -> float:
    """Greatest distance between the two empirical distribution functions."""
    # `ks_2samp` also finds a p-value, which takes most of its time; this runs for each of thousands of resamples.
    values = np.concatenate([x, y])
    below = [np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (x, y)]
    return float(np.abs(below[0] - below[1]).max())


def energy(x: np.ndarray, y: np.ndarray) -> float:
    """Energy distance, sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|) (Szekely & Rizzo 2013)."""
    return float(stats.energy_distance(x, y))


TESTS: dict[str, Statistic] = {"Kolmogorov–Smirnov": kolmogorov_smirnov, "energy distance": energy}


def compare_samples(
    x: np.ndarray, y: np.ndarray, *, n_permutations: int = 999, n_simulated: int = 300, seed: int = 0
) -> pd.DataFrame:
    """Two tests of equal laws, each with what it cannot see.

    The p-values are those of permutations: observations are exchanged between the samples. They take observations as
    independent; where chains of one theme resemble each other, the tests see less than is stated.

    Args:
        x: (n,) first sample.
        y: (m,) second sample.
        n_permutations: of each test.
        n_simulated: samples at each shift, for the power.
        seed: of both.

    Returns:
        Indexed by test: `statistic`, `p`, `n`, `m`, and `detectable`, the shift of the mean that the test would see in
        four of five cases (at 5 %), see `detectable_shift`, with the pooled sample as law.
    """
    if min(len(x), len(y)) < 2:
        raise LmphysError(f"samples of {len(x)} and {len(y)} values cannot be compared; give 2 or more of each")
    law = np.concatenate([x - np.mean(x), y - np.mean(y)])
    rows = {}
    for name, statistic in TESTS.items():
        rows[name] = {
            "statistic": statistic(x, y),
            "p": p_value(x, y, statistic, n_permutations=n_permutations, seed=seed),
            "n": len(x),
            "m": len(y),
            "detectable": detectable_shift(law, len(x), len(y), statistic, n_simulated=n_simulated, seed=seed),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("test")


def p_value(
    x: np.ndarray,
    y: np.ndarray,
    statistic: Statistic = kolmogorov_smirnov,
    *,
    n_permutations: int = 999,
    seed: int = 0,
) -> float:
    """Share of exchanges between two samples that are as far apart as these, which count as one of them."""
    # As `permutation_test` of SciPy counts, which would draw other exchanges than those on record.
    rng = np.random.default_rng(seed)
    both, n, observed = np.concatenate([x, y]), len(x), statistic(x, y)
    permuted = (rng.permutation(both) for _ in range(n_permutations))
    as_far = sum(statistic(values[:n], values[n:]) >= observed - 1e-12 for values in permuted)
    return (1 + as_far) / (1 + n_permutations)


def detectable_shift(
    law: np.ndarray,
    n: int,
    m: int,
    statistic: Statistic,
    *,
    power: float = 0.8,
    level: float = 0.05,
    n_simulated: int = 300,
    seed: int = 0,
) -> float:
    """Smallest shift between two samples that a test sees with the wanted power, by simulation.

    Both samples are drawn from a smoothed `law` and the second one is shifted. (Drawn from the values themselves,
    shifted and unshifted ones would never coincide, and a test of laws would see any shift, however small.) The test
    rejects above the 1 - level quantile of the statistic without a shift. All shifts are tried on the same draws.

    Args:
        law: values (v,) whose law is taken, smoothed by a Gaussian kernel of Silverman's width at equal variance.
        n: size of the first sample.
        m: size of the second sample.
        statistic: of the test.
        power: wanted probability of rejection.
        level: probability of rejection without a shift.
        n_simulated: pairs of samples.
        seed: of the draws.

    Returns:
        The shift, in units of `law`, to about a hundredth of its standard deviation; 0 where the law is a point.
    """
    rng = np.random.default_rng(seed)
    spread = float(np.std(law))
    if spread == 0:
        return 0.0
    kernel = 0.9 * len(law) ** -0.2  # Silverman 1986, Density Estimation, eq. 3.31, in units of the spread

    def draw(size: int) -> np.ndarray:
        smooth = rng.choice(law - np.mean(law), (n_simulated, size)) / spread
        smooth = smooth + kernel * rng.standard_normal(smooth.shape)
        return spread * smooth / np.sqrt(1 + kernel**2)

    x, y, z = draw(n), draw(m), draw(n)
    null = [statistic(a, b) for a, b in zip(z, y, strict=True)]
    critical = float(np.quantile(null, 1 - level))

    def rejects(shift: float) -> bool:
        found = np.mean([statistic(a, b + shift) > critical for a, b in zip(x, y, strict=True)])
        return bool(found >= power)

    low, high = 0.0, spread / 4
    while not rejects(high) and high < 100 * spread:
        low, high = high, 2 * high
    while high - low > 0.01 * spread:
        middle = (low + high) / 2
        low, high = (low, middle) if rejects(middle) else (middle, high)
    return high
