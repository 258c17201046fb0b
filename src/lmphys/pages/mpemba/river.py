"""Rivers in valleys: a steep direction x across, a slow one y along, and the free energy that noise gives to y."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lmphys.dynamics.fokker_planck import FokkerPlanck

Field = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class River:
    """The loss c(y) + a(y) x^2 / 2 between two walls of y.

    Attributes:
        name: of the river.
        height: c(y) at places (n,).
        slope: c'(y).
        log_sharpness: ln a(y).
        narrowing: slope of ln a(y).
        low: left wall; for an open line, where there is nobody.
        high: right wall.
    """

    name: str
    height: Field
    slope: Field
    log_sharpness: Field
    narrowing: Field
    low: float
    high: float

    def free_energy(self, y: np.ndarray, temperature: float) -> np.ndarray:
        """F(y) = c + (T / 2) ln a: what is left of the loss when x is at rest at a temperature T.

        The integral of exp(-a x^2 / 2T) is the root of 2 pi T / a: a wide valley has more room.
        """
        return self.height(y) + temperature / 2 * self.log_sharpness(y)

    def relaxation(self, temperature: float, n_cells: int = 400) -> FokkerPlanck:
        """How a density along the river comes to rest at a temperature, dy = -F' dt + sqrt(2T) dW."""
        return FokkerPlanck(
            lambda y: -(self.slope(y) + temperature / 2 * self.narrowing(y)),
            temperature,
            self.low,
            self.high,
            n_cells,
        )


def gorge_and_pool(
    barrier: float = 0.5, drop: float = 0.15, shelf: float = 0.35, widening: float = 4.0, sharpest: float = 20.0
) -> River:
    """A gorge at y = -1, a barrier at 0, a pool at 1 that lies deeper, and beyond it a shelf where the valley is wide.

    c(y) = b (y^2 - 1)^2 / (1 + q max(y, 0)^4) - D s(4y) and ln a(y) = ln a_0 - w s(4y - 6), with s the logistic
    function.

    Args:
        barrier: b.
        drop: D, by which the pool lies deeper.
        shelf: q; the shelf is b / q high.
        widening: w.
        sharpest: a_0, in the gorge.
    """

    def height(y: np.ndarray) -> np.ndarray:
        flat = 1 + shelf * np.maximum(y, 0) ** 4
        return barrier * (y**2 - 1) ** 2 / flat - drop * _logistic(4 * y)

    def slope(y: np.ndarray) -> np.ndarray:
        right = np.maximum(y, 0)
        flat, hill = 1 + shelf * right**4, y**2 - 1
        step = _logistic(4 * y)
        return barrier * (4 * y * hill / flat - 4 * shelf * right**3 * hill**2 / flat**2) - 4 * drop * step * (1 - step)

    def log_sharpness(y: np.ndarray) -> np.ndarray:
        return np.log(sharpest) - widening * _logistic(4 * y - 6)

    def narrowing(y: np.ndarray) -> np.ndarray:
        step = _logistic(4 * y - 6)
        return -4 * widening * step * (1 - step)

    return River("gorge and pool", height, slope, log_sharpness, narrowing, -1.8, 4.0)


def single_well(stiffness: float = 1.0, lean: float = 0.0, sharpest: float = 20.0) -> River:
    """One harmonic well, c = k y^2 / 2, in a valley with ln a(y) = ln a_0 + m y.

    At a temperature T it holds a Gaussian of mean -T m / 2k and variance T / k, up to its walls, which are 4 standard
    deviations or more away where T < 0.6 k.

    Args:
        stiffness: k.
        lean: m; 0 is a valley of constant width.
        sharpest: a_0.
    """
    return River(
        "single well",
        lambda y: stiffness * y**2 / 2,
        lambda y: stiffness * y,
        lambda y: np.log(sharpest) + lean * y,
        lambda y: np.full(np.shape(y), lean),
        -3.2,
        3.2,
    )


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
