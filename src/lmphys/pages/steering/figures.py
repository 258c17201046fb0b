"""Figures of the page on steering."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from lmphys.book.style import BLUE, GREEN, VERMILION
from lmphys.pages.steering.tilts import minimal_steering

_DASHED: dict[str, Any] = {"color": "#222222", "ls": "--", "lw": 1}
# Vectors of five words; the first is the target.
_WORDS = ((1.6, 1.2), (1.9, -0.4), (-0.2, 1.7), (-1.0, 0.6), (0.3, -1.4))


def toy(*, start: tuple[float, float] = (1.5, -1.9), gain: float = 3.0) -> Figure:
    """A model of five words with a state of two numbers: one gradient step, and the shortest vector with the gain.

    Args:
        start: the state.
        gain: nats that the target is to gain.
    """
    words = torch.tensor(_WORDS, dtype=torch.float64)

    def log_p(h: Tensor) -> Tensor:
        return (h @ words.T).log_softmax(-1)[:, 0]

    here = torch.tensor([start], dtype=torch.float64)
    found = minimal_steering(log_p, here, gain, tolerance=1e-6)
    x, y = np.meshgrid(np.linspace(-1.8, 4.4, 181), np.linspace(-2.3, 2.6, 181))
    z = log_p(torch.tensor(np.stack([x.ravel(), y.ravel()], 1))).reshape(x.shape)
    figure, ax = plt.subplots(figsize=(6.6, 5))
    ax.contourf(x, y, z, levels=[float(log_p(here)) + gain, 0], colors=[BLUE], alpha=0.18)
    lines = ax.contour(x, y, z.exp(), levels=[0.001, 0.01, 0.1, 0.3, 0.6, 0.9], colors="#777777", linewidths=0.8)
    ax.clabel(lines, fontsize=9, fmt="%g")
    arrow = {"arrowstyle": "->", "color": VERMILION, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    for step, style, label, shift in (
        (found.first, "--", "gradient step", (8, -22)),
        (found.step, "-", "shortest vector", (-6, 6)),
    ):
        end = tuple((here + step)[0].tolist())
        ax.annotate("", end, start, arrowprops=arrow | {"ls": style})
        ax.annotate(label, end, xytext=shift, textcoords="offset points", fontsize=10)
    ax.plot(*words.T.numpy(), "D", color="black", ms=5)
    ax.annotate("target", _WORDS[0], xytext=(6, 4), textcoords="offset points", fontsize=10)
    ax.set(xlabel="first number of the state", ylabel="second number", aspect="equal")
    return figure


def by_layer(table: pd.DataFrame, means: pd.DataFrame, gain: float, *, seed: int = 0) -> Figure:
    """Gain of the gradient step, and length of the vector that has the gain, by layer.

    Args:
        table: of `sweep`.
        means: of it.
        gain: asked, nats.
        seed: of the sideways scatter of the dots.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
    rng = np.random.default_rng(seed)
    for ax, column, colour in zip(axes, ("first", "relative_length"), (BLUE, VERMILION), strict=True):
        at = table.index.get_level_values("layer").to_numpy()
        ax.plot(at + rng.uniform(-0.3, 0.3, len(at)), table[column], ".", color=colour, alpha=0.35)
        mean = means[column]
        ax.vlines(mean.index, mean["low"], mean["high"], color="black")
        ax.plot(mean.index, mean["value"], "s-", color=colour, mec="black")
        ax.set_xlabel("layer")
    axes[0].axhline(gain, **_DASHED)
    axes[0].annotate("asked", (0, gain), xytext=(0, 4), textcoords="offset points", fontsize=10)
    low, high = np.nanquantile(table["first"], [0.02, 0.98])
    axes[0].set(ylabel="gain of the gradient step, nats", ylim=(min(-1.0, low), max(1.6 * gain, high)))
    axes[1].set(ylabel="steering vector over state", yscale="log")
    return figure


def rivals(costs: pd.DataFrame, means: pd.DataFrame, gain: float, *, seed: int = 0) -> Figure:
    """Gain and KL divergence of every way.

    Args:
        costs: of `cost_table`.
        means: of it.
        gain: asked, nats.
        seed: of the sideways scatter of the dots.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.7), sharey=True, layout="constrained")
    rng = np.random.default_rng(seed)
    ways = list(means.index)
    for ax, column, colour in zip(axes, ("gain", "kl"), (BLUE, VERMILION), strict=True):
        for i, way in enumerate(ways):
            values = costs.loc[way, column].to_numpy()
            ax.plot(values, i + rng.uniform(-0.22, 0.22, len(values)), ".", color=colour, alpha=0.35)
        mean = means[column]
        ax.hlines(range(len(ways)), mean["low"], mean["high"], color="black")
        ax.plot(mean["value"], range(len(ways)), "s", color=colour, mec="black")
    axes[0].axvline(gain, **_DASHED)
    axes[1].axvline(means.loc["logit bias", ("floor", "value")], **_DASHED)
    _name_rows(axes[0], ways)
    axes[0].set_xlabel("gain of log p of the target, nats")
    axes[1].set_xlabel("KL from unsteered, nats")
    return figure


def energies(changes: pd.DataFrame) -> Figure:
    """Change of C1 in both steps over the natural difference, for every way.

    Args:
        changes: of `changes_by_way`.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.4))
    ways = list(changes.index.unique("way"))
    for shift, mark, colour, step in ((-0.14, "o", GREEN, "in"), (0.14, "s", BLUE, "out")):
        part = changes.xs(("C1", step), level=("energy", "step")).loc[ways]
        at = np.arange(len(part)) + shift
        ax.hlines(at, part["low"], part["high"], color=colour)
        ax.plot(part["ratio"], at, mark, color=colour, label=f"step {step}")
    ax.axvline(1, **_DASHED)
    _name_rows(ax, ways)
    ax.set(xlabel="change of the energy over its natural difference", xlim=(-0.03, None))
    ax.legend(loc=(0.24, 0.6))
    return figure


def relevance_gains(scores: pd.DataFrame, gains: pd.DataFrame, *, edge: float = -5.0, seed: int = 0) -> Figure:
    """Relevance of every way minus that of the natural text, context by context.

    Args:
        scores: of `text_scores`.
        gains: of `relevance_gains` over the natural texts.
        edge: dots beyond it are drawn on it.
        seed: of the sideways scatter of the dots.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.2))
    rng = np.random.default_rng(seed)
    relevance = scores["relevance"].unstack("way")
    for i, (way, row) in enumerate(gains.iterrows()):
        x = (relevance[way] - relevance["natural"]).dropna().to_numpy()
        at = i + rng.uniform(-0.2, 0.2, len(x))
        for which, mark in ((x > edge, "."), (x <= edge, "<")):
            ax.plot(x[which].clip(edge), at[which], mark, color=BLUE, alpha=0.4)
        ax.hlines(i, max(edge, row["low"]), row["high"], color="black")
        ax.plot(row["mean"], i, "s", color=BLUE, mec="black")
    ax.axvline(0, **_DASHED)
    _name_rows(ax, list(gains.index))
    ax.set(xlabel="relevance minus natural, nats per token", xlim=(edge - 0.2, None))
    return figure


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Name the rows of a figure, the first on top."""
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
