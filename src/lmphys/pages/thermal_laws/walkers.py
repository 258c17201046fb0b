"""Walkers in a valley: descent of a parabola with noisy gradients, against closed forms."""

import numpy as np
import pandas as pd

from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

SHARPNESS = (0.5, 1.0, 2.0, 4.0)
_GROUPS = 20  # parts of the walkers, over which a rate or a drift has its interval


def sgd_energy(rate: float, a: np.ndarray | float, s: float = 1.0) -> np.ndarray:
    """Stationary thermal loss of x <- x - rate (a x + s xi) on a x^2 / 2: rate s^2 / (2 (2 - rate a))."""
    return rate * s**2 / (2 * (2 - rate * np.asarray(a)))


def sign_energy(rate: float, s: float = 1.0) -> float:
    """Stationary thermal loss of x <- x - rate sign(a x + s xi), for small rates: rate s sqrt(pi / 8) / 2."""
    return rate * s * float(np.sqrt(np.pi / 8)) / 2


def stationary(
    rate: float,
    a: float,
    rng: np.random.Generator,
    *,
    sign: bool = False,
    n: int = 2000,
    burn: int = 800,
    steps: int = 800,
) -> np.ndarray:
    """(n,) thermal loss of each walker on a x^2 / 2, mean over its steps after those that are burnt; s = 1.

    Args:
        rate: learning rate.
        a: sharpness.
        rng: of the noise.
        sign: whether only the sign of the gradient is followed.
        n: walkers.
        burn: steps to the stationary state; the start is drawn from that of SGD.
        steps: over which the mean is taken.
    """
    x = rng.normal(0, np.sqrt(2 * sgd_energy(rate, a) / a), n)
    total = np.zeros(n)
    for step in range(burn + steps):
        slope = a * x + rng.standard_normal(n)
        x -= rate * (np.sign(slope) if sign else slope)
        if step >= burn:
            total += a * x**2 / 2
    return total / steps


def equipartition(rate: float, *, n: int = 2000, steps: int = 800, seed: int = 0) -> pd.DataFrame:
    """Thermal loss for each sharpness, over its law for small rates, with 95 % intervals over walkers.

    Returns:
        A row a sharpness: `sgd`, `sign` (Intervals), and `closed form`, the law of SGD at this rate.
    """
    rng = np.random.default_rng(seed)
    rows = {}
    for a in SHARPNESS:
        plain, sign = (
            stationary(rate, a, rng, sign=sign, n=n, burn=int(8 / (a * rate)), steps=steps) for sign in (False, True)
        )
        rows[a] = {
            "sgd": mean_interval(plain / (rate / 4), groups=None, seed=seed),
            "sign": mean_interval(sign / sign_energy(rate), groups=None, seed=seed),
            "closed form": float(sgd_energy(rate, a)) / (rate / 4),
        }
    return pd.DataFrame(rows).T.rename_axis("sharpness")


def relaxation(hot: float, cold: float, a: float, *, n: int = 40_000, seed: int = 0) -> Interval:
    """Rate at which the thermal loss falls after a fall of the learning rate, over -2 ln(1 - a cold).

    The logarithm of the excess over the stationary loss is fitted by a line until a tenth is left.

    Args:
        hot: learning rate before, at which the walkers are stationary.
        cold: after.
        a: sharpness.
        n: walkers, in 20 groups over which the interval is.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(0, np.sqrt(2 * sgd_energy(hot, a) / a), (_GROUPS, n // _GROUPS))
    exact = -2 * np.log(1 - a * cold)
    excess = []
    for _ in range(int(np.log(10) / exact)):
        excess.append((a * x**2 / 2).mean(axis=1) - sgd_energy(cold, a))
        x -= cold * (a * x + rng.standard_normal(x.shape))
    time = np.arange(len(excess))
    slopes = -np.polyfit(time, np.log(np.stack(excess)), 1)[0]
    return mean_interval(slopes / exact, groups=None, seed=seed)


def drift(rate: float, *, narrowing: bool = True, n: int = 10_000, steps: int = 200, seed: int = 0) -> Interval:
    """Drift along the river of the loss e^y x^2 / 2 a step, over -rate^2 / 4; with s = 1 across and no noise along.

    Args:
        rate: learning rate.
        narrowing: False: the sharpness is 1 at each y, and nothing drives the walkers along.
        n: walkers, in 20 groups over which the interval is.
        steps: that are watched, after as many at y = 0 to the stationary state.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    x, y = np.zeros((2, n))
    for step in range(2 * steps):
        force = np.exp(y) * x**2 / 2
        x -= rate * (np.exp(y) * x + rng.standard_normal(n))
        if step >= steps and narrowing:
            y -= rate * force
    each = (y / steps / (-(rate**2) / 4)).reshape(_GROUPS, -1).mean(axis=1)
    return mean_interval(each, groups=None, seed=seed)
