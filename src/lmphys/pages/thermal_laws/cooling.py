"""How to cool a valley: the exact recursion of its mean thermal loss, and the best schedule for one sharpness."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.pages.thermal_laws.walkers import sgd_energy
from lmphys.training.thermal.schedules import SHAPES, inverse, shaped

GREEDY = "1/t"
_TIMES = np.geomspace(1, 3000, 60)  # of 1/(1 + t/tau), updates


def cooled(rates: np.ndarray, a: np.ndarray | float, rate: float, s: float = 1.0) -> np.ndarray:
    """Mean thermal loss after each update, (n + 1,) summed over the directions, from the stationary state of a rate.

    E <- (1 - a eta)^2 E + a eta^2 s^2 / 2 in each direction, exactly.

    Args:
        rates: (n,) learning rate of each update.
        a: sharpness of each direction.
        rate: at which all are stationary in the beginning.
        s: standard deviation of the gradient in each direction.
    """
    a = np.atleast_1d(np.asarray(a, dtype=float))
    energy = sgd_energy(rate, a, s)
    found = [energy.sum()]
    for eta in rates:
        energy = (1 - a * eta) ** 2 * energy + a * eta**2 * s**2 / 2
        found.append(energy.sum())
    return np.array(found)


def best_rates(rate: float, a: float, n: int, s: float = 1.0) -> np.ndarray:
    """(n,) rates that lower the loss of one direction most, each eta* = 2 E / (s^2 + 2 a E): a 1/t decay.

    Args:
        rate: at which the direction is stationary in the beginning.
        a: sharpness.
        n: updates.
        s: standard deviation of the gradient.
    """
    energy, rates = float(sgd_energy(rate, a, s)), []
    for _ in range(n):
        eta = 2 * energy / (s**2 + 2 * a * energy)
        energy = (1 - a * eta) ** 2 * energy + a * eta**2 * s**2 / 2
        rates.append(eta)
    return np.array(rates)


def bound(rate: float, a: float, n: int, s: float = 1.0) -> float:
    """Least thermal loss of one direction after n updates: 1 / E = 1 / E_0 + 2 a n / s^2."""
    return 1 / (1 / float(sgd_energy(rate, a, s)) + 2 * a * n / s**2)


def one_sharpness(rate: float, a: float, lengths: Sequence[int]) -> pd.DataFrame:
    """Thermal loss at the end of decays of several lengths: a row a shape, with the greedy one and the bound."""
    return pd.DataFrame({
        n: {
            **{shape: cooled(shaped(shape, rate, n), a, rate)[-1] for shape in SHAPES},
            GREEDY: cooled(best_rates(rate, a, n), a, rate)[-1],
            "bound": bound(rate, a, n),
        }
        for n in lengths
    })  # fmt: skip


def many_sharpnesses(rate: float, spectrum: np.ndarray, lengths: Sequence[int]) -> pd.DataFrame:
    """Likewise summed over a spectrum of sharpnesses, where 1/t is 1/(1 + t/tau) with the best of 60 times tau."""
    return pd.DataFrame({
        n: {
            **{shape: cooled(shaped(shape, rate, n), spectrum, rate)[-1] for shape in SHAPES},
            GREEDY: min(cooled(inverse(rate, n, time), spectrum, rate)[-1] for time in _TIMES),
        }
        for n in lengths
    })  # fmt: skip


def against_others(table: pd.DataFrame, n: int) -> tuple[float, float]:
    """The loss of 1/t over that of the best of linear, cosine and 1 - sqrt, and the same of the constant rate."""
    best = table.loc[["linear", "cosine", "1 - sqrt"], n].min()
    return float(table.loc[GREEDY, n] / best), float(table.loc["constant", n] / best)
