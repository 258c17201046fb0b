"""SGD on the loss of a river: many walkers side by side, with noise in both directions."""

from dataclasses import dataclass

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.pages.mpemba.river import River

HEAT = 10.0  # temperature over learning rate: half the variance of each component of the gradient noise


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What walkers paid.

    Attributes:
        times: (E,) learning rate times updates.
        river: (E, W) heights c(y) of the walkers.
        whole: (E, W) their losses, the valley included.
    """

    times: np.ndarray
    river: np.ndarray
    whole: np.ndarray


def descend(
    river: River,
    start: float,
    final: float,
    time: float,
    *,
    n_walkers: int,
    n_kept: int = 25,
    n_cells: int = 400,
    seed: int = 0,
) -> Ensemble:
    """Walkers at rest at one temperature are quenched: SGD at the learning rate of a lower one.

    Each update takes the gradient of c(y) + a(y) x^2 / 2 with Gaussian noise of variance 2 `HEAT` in both components.
    The walkers start in the stationary law along the river, and in the Gaussian of variance T / a across it.

    Args:
        river: where.
        start: temperature before the quench.
        final: temperature after it; the learning rate is `final` / `HEAT`.
        time: learning rate times updates.
        n_walkers: walkers.
        n_kept: times that are looked at, evenly spaced.
        n_cells: of the law that they start in.
        seed: of start and noise.

    Raises:
        LmphysError: SGD is not stable at this learning rate.
    """
    rng = np.random.default_rng(seed)
    at_rest = river.relaxation(start, n_cells)
    y = rng.choice(at_rest.centres, n_walkers, p=at_rest.stationary)
    y += at_rest.width * (rng.random(n_walkers) - 0.5)
    x = rng.standard_normal(n_walkers) * np.sqrt(start / np.exp(river.log_sharpness(y)))
    rate, size = final / HEAT, np.sqrt(2 * HEAT)
    stiffest = rate * float(np.exp(river.log_sharpness(at_rest.centres)).max())
    if not stiffest < 2:
        raise LmphysError(f"learning rate times sharpness is {stiffest:.2g}, not below 2; lower the final temperature")
    n_steps = max(n_kept - 1, round(time / rate))
    kept = np.unique(np.linspace(0, n_steps, n_kept).round().astype(int))
    heights, losses = [], []
    for step in range(n_steps + 1):
        a = np.exp(river.log_sharpness(y))
        across = a * x**2 / 2
        if step in kept:
            heights.append(river.height(y))
            losses.append(heights[-1] + across)
        noise = size * rng.standard_normal((2, n_walkers), dtype=np.float32)
        x, y = x - rate * (a * x + noise[0]), y - rate * (river.slope(y) + river.narrowing(y) * across + noise[1])
        y = river.low + np.abs(y - river.low)
        y = river.high - np.abs(river.high - y)
    return Ensemble(kept * rate, np.stack(heights), np.stack(losses))
