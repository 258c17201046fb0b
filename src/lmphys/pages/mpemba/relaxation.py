"""After a quench, exactly: distances from equilibrium, amplitudes of the modes, and who overtakes whom."""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.special import rel_entr

from lmphys.core.errors import LmphysError
from lmphys.dynamics.fokker_planck import Modes
from lmphys.pages.mpemba.river import River

_SEEN = 1e-9  # relative entropies below this, nats, are rounding


@dataclass(frozen=True, eq=False)
class Quench:
    """A river at rest at some temperature, which from the time 0 on is held at a lower one.

    Attributes:
        river: where.
        final: temperature after the quench.
        n_cells: of the grid.
        modes: all modes at the final temperature.
        places: (n,) centres of the cells.
    """

    river: River
    final: float
    n_cells: int = 400
    modes: Modes = field(init=False)
    places: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        at_last = self.river.relaxation(self.final, self.n_cells)
        object.__setattr__(self, "modes", at_last.modes())
        object.__setattr__(self, "places", at_last.centres)

    def start(self, temperature: float) -> np.ndarray:
        """(n,) probability of each cell at rest at a temperature."""
        return self.river.relaxation(temperature, self.n_cells).stationary

    def amplitudes(self, temperatures: np.ndarray, n: int = 4) -> np.ndarray:
        """(T, n) amplitudes a_1 = 1, a_2, ... of the slowest modes in the starts of temperatures (T,)."""
        return np.stack([self.modes.amplitudes(self.start(t))[:n] for t in temperatures])

    def strong_point(self, low: float, high: float) -> float:
        """Initial temperature between two at which a_2 = 0: the slowest mode is left out.

        Raises:
            LmphysError: a_2 has one sign at both.
        """
        ends = self.amplitudes(np.array([low, high]))[:, 1]
        if ends[0] * ends[1] > 0:
            raise LmphysError(f"a_2 does not change its sign between {low} and {high}; look at amplitudes")
        return float(brentq(lambda t: self.amplitudes(np.array([t]))[0, 1], low, high, xtol=1e-13, rtol=1e-14))

    def relative_entropy(self, temperature: float, times: np.ndarray) -> np.ndarray:
        """(T,) nats from the density at times (T,) to equilibrium."""
        p = np.maximum(self.modes.evolved(self.start(temperature), times), 0)
        return rel_entr(p, self.modes.right[0]).sum(axis=1)

    def l1(self, temperature: float, times: np.ndarray) -> np.ndarray:
        """(T,) L1 distance of the density from equilibrium, without what rounding leaves of the stationary part."""
        shares = self.modes.amplitudes(self.start(temperature))[1:]
        gone = np.exp(-np.outer(times, self.modes.rates[1:]))
        return np.abs((shares * gone) @ self.modes.right[1:]).sum(axis=1)

    def loss(self, temperature: float, times: np.ndarray) -> np.ndarray:
        """(T,) mean of c(y)."""
        return self.modes.evolved(self.start(temperature), times) @ self.river.height(self.places)

    def late_rate(self, temperature: float, first: float = 5.0, last: float = 8.0) -> float:
        """Rate at which ln of the L1 distance falls, between `first` and `last` relaxation times of the third mode."""
        times = np.linspace(first, last, 30) / self.modes.rates[2]
        return float(-np.polyfit(times, np.log(self.l1(temperature, times)), 1)[0])

    def times(self, n: int = 120) -> np.ndarray:
        """(n,) times from well before the third mode dies out to well after the second, evenly in the logarithm."""
        return np.geomspace(0.01 / self.modes.rates[2], 5 / self.modes.rates[1], n)

    @property
    def between(self) -> float:
        """Geometric mean of the two longest relaxation times: the third mode is gone, the second is not."""
        return float((self.modes.rates[1] * self.modes.rates[2]) ** -0.5)


def crossing_share(quench: Quench, temperatures: np.ndarray) -> tuple[float, list[tuple[float, float]]]:
    """Pairs of initial temperatures whose relative entropies cross: the hotter starts farther and is later nearer.

    Args:
        quench: of which river.
        temperatures: above the final one.

    Returns:
        The share of all pairs, and the pairs, cooler first.
    """
    times = quench.times()
    curves = {float(t): quench.relative_entropy(float(t), times) for t in temperatures}
    crossed = []
    for cool, hot in combinations(sorted(curves), 2):
        farther = curves[hot] - curves[cool]
        seen = np.minimum(curves[hot], curves[cool]) > _SEEN
        if farther[0] > 0 and bool((farther[seen] < 0).any()):
            crossed.append((cool, hot))
    return len(crossed) / (len(curves) * (len(curves) - 1) / 2), crossed


def single_well_entropy(
    temperature: float, final: float, times: np.ndarray, *, stiffness: float = 1.0, lean: float = 0.0
) -> np.ndarray:
    """(T,) nats from equilibrium of a Gaussian in `single_well`, in closed form.

    Its variance over the final one is r = 1 + (T / T_f - 1) e^{-2kt}, its mean is off by d = m (T - T_f) / 2k e^{-kt}:
    the relative entropy is (r - 1 - ln r) / 2 + k d^2 / 2T_f: at any time it grows with T above T_f.
    """
    r = 1 + (temperature / final - 1) * np.exp(-2 * stiffness * times)
    off = lean * (temperature - final) / (2 * stiffness) * np.exp(-stiffness * times)
    return (r - 1 - np.log(r)) / 2 + stiffness * off**2 / (2 * final)
