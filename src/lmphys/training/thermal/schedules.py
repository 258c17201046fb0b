"""Shapes in which a learning rate falls: the share of the first rate that is left at each update."""

from collections.abc import Callable

import numpy as np

from lmphys.core.errors import LmphysError

_HELD = 0.75  # share of the updates before the straight fall of "wsd"

# From the share of the updates that are done, in [0, 1), to the share of the rate.
_SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "constant": np.ones_like,
    "linear": lambda done: 1 - done,
    "cosine": lambda done: (1 + np.cos(np.pi * done)) / 2,
    "1 - sqrt": lambda done: 1 - np.sqrt(done),
    "wsd": lambda done: np.minimum(1, (1 - done) / (1 - _HELD)),
}
SHAPES = tuple(_SHAPES)


def shaped(shape: str, rate: float, n: int) -> np.ndarray:
    """(n,) learning rate of each update.

    Args:
        shape: "constant"; "linear", "cosine" or "1 - sqrt", down to 0, which the update after the last would have; or
            "wsd", constant for three quarters of the updates and then a straight fall.
        rate: of the first update.
        n: updates.

    Raises:
        LmphysError: an unknown shape.

    >>> shaped("linear", 1.0, 4)
    array([1.  , 0.75, 0.5 , 0.25])
    """
    if shape not in _SHAPES:
        raise LmphysError(f"unknown shape {shape!r} of a decay; use {', '.join(SHAPES)}")
    return rate * _SHAPES[shape](np.arange(n) / n)


def inverse(rate: float, n: int, time: float) -> np.ndarray:
    """(n,) rates rate / (1 + t / time) of the updates t = 0, 1, ...; `time` in updates."""
    return rate / (1 + np.arange(n) / time)
