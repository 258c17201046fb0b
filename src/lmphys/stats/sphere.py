"""Directions that favour none."""

import numpy as np


def on_sphere(shape: int | tuple[int, ...], d: int, rng: np.random.Generator) -> np.ndarray:
    """Independent points, uniform on the unit sphere in d dimensions, (*shape, d)."""
    each = (shape,) if isinstance(shape, int) else shape
    points = rng.standard_normal((*each, d))
    return points / np.linalg.norm(points, axis=-1, keepdims=True)
