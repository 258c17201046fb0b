"""Time turned round by the reader: noise that destroys a spiral beside the chain that brings it back."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.spatial.distance import cdist

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLUE, VERMILION
from lmphys.generative import Diffusion

_MEASURED = 400  # points between which distances are taken
_SHOWN = 160  # of them drawn
_EVERY = 2  # steps between two positions


def spiral(model: Diffusion, data: np.ndarray, *, seed: int = 0) -> Explorable:
    """Points of the forward process and of the reverse chain at one noise, under a slider for the time left.

    Args:
        model: of numbers in two dimensions, fitted.
        data: (n, 2) points that the forward process begins with, 800 or more.
        seed: of the noise.
    """
    noise, T = model.noise_, model.noise_.n_steps
    forward, backward = forward_views(model, data, seed), reverse_path(model, _MEASURED, seed)
    left = np.unique([*range(T, 0, -_EVERY), 0])[::-1]
    apart = [energy_distance(forward[t][:_MEASURED], backward[t]) for t in left]
    by_chance = [energy_distance(forward[t][:_MEASURED], forward[t][_MEASURED : 2 * _MEASURED]) for t in left]
    ratio = [float((1 - noise.kept[t]) / noise.kept[t]) for t in left]
    words = [
        f"{T - t} of {T} steps of the chain are done. Noise over data: {r:.2g}. The two clouds are {a:.3f} apart; two "
        f"clouds of the left kind would be {b:.3f}."
        for t, r, a, b in zip(left, ratio, apart, by_chance, strict=True)
    ]
    limit = 1.05 * float(np.abs(np.concatenate([forward[t][:_SHOWN] for t in left])).max())
    # The frame is the same for both, so that nothing jumps; a stray point of the chain may lie outside.
    ends = (-limit, limit)
    return Explorable(
        sliders=[Slider("steps of noise left", left.astype(float), int(np.abs(left - T // 4).argmin()))],
        panels=[
            Panel(title, x_range=ends, y_range=ends) for title in ("data with so much noise", "the chain, coming back")
        ],
        curves=[
            Curve(_side(path, left, 1), _side(path, left, 0), "", colour, panel, "points")
            for panel, (path, colour) in enumerate(((forward, BLUE), (backward, VERMILION)))
        ],
        words=np.array(words),
        told="Points of a spiral under growing noise beside points of the learned chain that takes the noise away, "
        "under a slider for the number of steps that are left.",
    )


def _side(path: Sequence[np.ndarray], left: np.ndarray, axis: int) -> np.ndarray:
    """One coordinate of the points that are shown, at each of the times."""
    return np.stack([path[t][:_SHOWN, axis] for t in left])


def forward_views(model: Diffusion, data: np.ndarray, seed: int) -> list[np.ndarray]:
    """Data (n, 2) after 0, 1, ..., T steps of noise, (n, 2) each, in the units of the data."""
    x0 = torch.from_numpy((data - model.center_) / model.scale_)
    generator = torch.Generator().manual_seed(seed)
    path = [x0]
    for t in range(1, model.noise_.n_steps + 1):
        path.append(model.noise_.forward_step(path[-1], t, generator))
    return [_in_units(model, x) for x in path]


@torch.no_grad()
def reverse_path(model: Diffusion, n: int, seed: int) -> list[np.ndarray]:
    """Points of the reverse chain with 0, 1, ..., T steps left, (n, 2) each; those with 0 left are `model.sample`'s."""
    generator = torch.Generator().manual_seed(seed)
    path = [model.noise_.draw_end(n, len(model.scale_), generator)]
    for t in range(model.noise_.n_steps, 0, -1):
        path.append(model.noise_.reverse_step(path[-1], t, model.network_, generator, None))
    return [_in_units(model, x) for x in path[::-1]]


def energy_distance(x: np.ndarray, y: np.ndarray) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| of two samples (n, d), (m, d): 0 for equal laws, above it by chance."""
    return float(2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean())


def _in_units(model: Diffusion, x: torch.Tensor) -> np.ndarray:
    return x.numpy() * model.scale_ + model.center_
