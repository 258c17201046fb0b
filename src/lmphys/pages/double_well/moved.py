"""A double well that the reader moves: potential, density and time of an escape at every position."""

import math

import numpy as np

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLUE, VERMILION
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell

_B = np.round(np.arange(-2.0, 3.01, 0.2), 1)
_NOISE = np.array([0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0])
_CELLS = 1000


def landscape(a: float, b: float, D: float) -> Explorable:
    """Potential U = a x^4 / 4 - b x^2 / 2 and stationary density exp(-U / D) / Z, under sliders for b and D.

    Args:
        a: stiffness far out; it stays.
        b: minus the curvature at 0, where the reader starts: the nearest position.
        D: noise, where the reader starts.
    """
    wells = [DoubleWell(a, float(value)) for value in _B]
    x = np.linspace(-3, 3, 121)
    potential = np.array([[well.potential(x)] for well in wells])
    density = np.array([[well.density(x, noise) for noise in _NOISE] for well in wells])
    start = int(np.abs(_B - b).argmin()), int(np.abs(_NOISE - D).argmin())
    return Explorable(
        sliders=[Slider("b", _B, start[0]), Slider("noise D", _NOISE, start[1])],
        panels=[
            Panel("potential U(x)", x="x", x_range=(-3, 3), y_range=(-2.5, 3.5)),
            Panel("density p(x) = exp(−U/D) / Z", x="x", x_range=(-3, 3), y_range=(0, 1.6)),
        ],
        curves=[Curve(potential, x, colour=BLUE), Curve(density, x, colour=VERMILION, panel=1)],
        words=np.array([[in_words(well, noise) for noise in _NOISE] for well in wells]),
        told="Potential and stationary density of a double well under sliders for its shape and the noise.",
    )


def in_words(well: DoubleWell, D: float) -> str:
    """What becomes of a ball in the landscape, in a sentence or two."""
    if well.b <= 0:
        end = ": the critical point." if well.b == 0 else "."
        return f"One well, one mode. The restoring rate at its bottom is {well.curvature:.2f}{end}"
    height = well.barrier / D
    # Beyond the walls the density is below e^-40 of its peak.
    wall = well.well * math.sqrt(1 + math.sqrt(1 + 40 / height)) + math.sqrt(D)
    exact = FokkerPlanck(well.force, D, -wall, wall, _CELLS).passage_time(-well.well, well.well)
    return (
        f"Two modes. The barrier is {height:.2f} D high, so the valley holds {math.exp(-height):.2g} of the density of "
        f"a peak. An escape takes {exact:.3g} units of time on average; Kramers' rate says "
        f"{1 / well.kramers_rate(D):.3g}."
    )
