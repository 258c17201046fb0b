"""The landscape of three points, moved by the reader: where the decision falls, and whether it jumps."""

import numpy as np

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLUE, VERMILION
from lmphys.pages.symmetry_breaking import points

_WEIGHTS = np.array([0.0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6])
_NOISES = np.round(np.geomspace(1.3, 0.08, 32), 3)
_PLACES = np.linspace(0.02, 0.995, 60)


def valleys(weight: float, noise: float) -> Explorable:
    """Free energy along the line, and all solutions beside the centre, under sliders for the noise and for the weight.

    Args:
        weight: of the point at 0, where the reader starts.
        noise: s, where the reader starts.
    """
    x = np.linspace(-1.35, 1.35, 121)
    sets = [points.points_on_a_line(float(w)) for w in _WEIGHTS]
    heights = np.array([[points.landscape(data, s, x) for s in _NOISES] for data in sets])
    branches = np.array([[[points.branch(data, place) for place in _PLACES]] for data in sets])
    settled = np.array([[data.settle(np.array([1.0]), s)[0] for s in _NOISES] for data in sets])
    centre = np.array([[data.covariance(np.zeros(1), s)[0, 0] < s for s in _NOISES] for data in sets])
    words = [[_in_words(bool(stable), float(end)) for stable, end in zip(*row, strict=True)]
             for row in zip(centre, settled, strict=True)]  # fmt: skip
    return Explorable(
        sliders=[
            Slider("weight of the point at 0", _WEIGHTS, int(np.abs(_WEIGHTS - weight).argmin())),
            Slider("noise s", _NOISES, int(np.abs(_NOISES - noise).argmin())),
        ],
        panels=[
            Panel("free energy along the line", x="place x", x_range=(-1.35, 1.35), y_range=(-0.15, 0.3)),
            Panel("where the denoiser rests", x="noise s", y="order parameter", x_range=(0, 1.3), y_range=(0, 1)),
        ],
        curves=[
            Curve(heights, x, colour=BLUE),
            Curve(_PLACES[None, None], branches, "all beside the centre", BLUE, 1),
            Curve(settled[..., None], np.tile(_NOISES[:, None], (len(sets), 1, 1)), "come from x = 1", VERMILION, 1,
                  kind="points"),
        ],
        words=np.array(words),
        told="Free energy of two points with a third one between them, and the places where the denoiser rests, under "
        "sliders for the weight of the third point and for the noise.",
    )  # fmt: skip


def _in_words(stable: bool, end: float) -> str:
    """What becomes of a sample at the centre, and of one at the side."""
    beside = end > 1e-3
    if stable and beside:
        return (
            f"Two answers at once: a sample at the centre stays there, one that comes from the side rests at {end:.2f}."
        )
    if stable:
        return "One valley: nothing is decided yet."
    return f"The centre is a hill: every sample decides, and rests at ±{end:.2f}."
