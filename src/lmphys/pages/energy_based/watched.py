"""Walkers whose number and haste the reader sets: where the work lies, and what its exponential mean is off by."""

from collections.abc import Mapping

import numpy as np
from scipy.special import logsumexp

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.generative import Annealed

_NUMBERS = (1, 3, 10, 30, 100, 300, 1000, 2000)
_BINS = 36


def work(ends: Mapping[tuple[int, int], Annealed], exact: float, *, text: int = 0) -> Explorable:
    """Work on the next token of one text, and the error of ln Z by the walkers, under sliders for haste and number.

    Args:
        ends: of `cooled`: text and steps to walkers.
        exact: ln(Z_1 / Z_4) of the text, nats.
        text: which one.
    """
    speeds = sorted(steps for which, steps in ends if which == text)
    works = np.stack([ends[text, steps].work + exact for steps in speeds])
    numbers = [m for m in _NUMBERS if m <= works.shape[1]]
    errors = [[errors_of(work, m) for m in numbers] for work in works]
    mean = np.array([[each.mean() for each in row] for row in errors])
    spread = np.array([[each.std() for each in row] for row in errors])
    edges = np.linspace(works.min(), np.quantile(works, 0.999), _BINS + 1)
    plain, weighted = np.array([densities(work, edges) for work in works]).transpose(1, 0, 2)
    first = np.array([[in_groups(work, m).min(axis=1).mean() for m in numbers] for work in works])
    top = 1.05 * max(plain.max(), weighted.max())
    low, high = float((mean - spread).min()), max(float((mean + spread).max()), 0.0)
    frame = (low - 0.05 * (high - low), high + 0.05 * (high - low))
    middle = (edges[1:] + edges[:-1]) / 2
    words = [
        [
            f"Of {m:,} walkers cooled in {n:,} steps the luckiest has W − ΔF = {first[i, j]:.1f} on average, and "
            f"Jarzynski's mean is off by {mean[i, j]:.2f} nats"
            + (" (these are all)." if len(errors[i][j]) == 1 else f", give or take {spread[i, j]:.2f}.")
            + f" The mean work is off by {-works[i].mean():.2f}, however many walk."
            for j, m in enumerate(numbers)
        ]
        for i, n in enumerate(speeds)
    ]
    x = np.array(numbers, dtype=float)
    here = np.tile(x[None, :, None], (len(speeds), 1, 1))
    return Explorable(
        sliders=[
            Slider("steps of the cooling", np.array(speeds, dtype=float), len(speeds) // 2),
            Slider("walkers M", x, len(numbers) // 2),
        ],
        panels=[
            Panel("work on a walker", x="W − ΔF, nats", y="density", x_range=(edges[0], edges[-1]), y_range=(0, top)),
            Panel("error of ln Z", x="walkers M", y="nats", y_range=frame, log="x"),
        ],
        curves=[
            Curve(plain[:, None], middle, "walkers", BLUE),
            Curve(weighted[:, None], middle, "weighed by exp(−W)", VERMILION, dash="dash"),
            Curve(np.tile([[[0.0, top]]], (len(speeds), 1, 1)), np.repeat(first[..., None], 2, axis=2), "luckiest of M",
                  GREEN, dash="dot"),
            Curve(mean[:, None], x, "Jarzynski", VERMILION, 1),
            Curve((mean - spread)[:, None], x, "± one spread", VERMILION, 1, dash="dot"),
            Curve((mean + spread)[:, None], x, colour=VERMILION, panel=1, dash="dot"),
            Curve(np.repeat(-works.mean(axis=1)[:, None, None], len(x), axis=2), x, "mean work", BLUE, 1, dash="dash"),
            Curve(mean[..., None], here, colour=BLACK, panel=1, kind="points"),
        ],
        words=np.array(words),
        told="Distribution of the work on walkers, as they are and weighed by exp(-W), and the error of ln Z by "
        "Jarzynski's equality and by the mean work, under sliders for the steps of the cooling and for the walkers.",
    )  # fmt: skip


def errors_of(work: np.ndarray, m: int) -> np.ndarray:
    """Logarithm of the mean of exp(-work) of each group of m walkers, nats; 0 is right, as the work counts from ΔF."""
    return logsumexp(-in_groups(work, m), axis=1) - np.log(m)


def in_groups(work: np.ndarray, m: int) -> np.ndarray:
    """(groups, m) of the work of as many walkers as fill groups of m."""
    return work[: len(work) // m * m].reshape(-1, m)


def densities(work: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Densities of the work in bins, of the walkers as they are and of the same weighed by exp(-work)."""
    weights = np.exp(-(work - work.min()))
    return np.histogram(work, edges, density=True)[0], np.histogram(work, edges, density=True, weights=weights)[0]
