"""Figures of the page `slowing_down`."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, VERMILION
from lmphys.dynamics.approach import Approach
from lmphys.pages.slowing_down.indicators import expected_window_variance, rolling_indicators
from lmphys.pages.slowing_down.softening import KNOWN

_INK = "#222222"


def fading_figure(table: pd.DataFrame) -> Figure:
    """Variance and correlation against b, as `fading` returns them."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    for ax, name, exact in zip(axes, ("variance", "correlation"), ("exact", "slowest rate"), strict=True):
        ax.plot(table.index, table[f"{name}, linear"], "--", color="#444444", label="linear")
        ax.plot(table.index, table[f"{name}, {exact}"], color=BLUE, label="exact")
        ax.plot(table.index, table[f"{name}, walkers"], "o", color=VERMILION, label="walkers")
        ax.set(xlabel="b", ylabel=name)
    axes[0].set_ylim(0, 3 * table["variance, exact"].max())
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def window_variance_figure(windows: Sequence[int]) -> Figure:
    """Variance of a linear map against its memory, in truth and as windows of several lengths see it."""
    memory = np.linspace(0, 0.97, 60)
    figure, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.semilogy(memory, 1 / (1 - memory**2), color=_INK, label="stationary, 1 / (1 − r²)")
    for size, mark in zip(windows, "osD^", strict=False):
        seen = [expected_window_variance(r, size) for r in memory]
        ax.semilogy(memory, seen, marker=mark, markevery=8, label=f"window of {size}")
    ax.set(xlabel="memory r from step to step", ylabel="variance / that of the noise")
    figure.legend(loc="outside right center")
    return figure


def warning_figure(table: pd.DataFrame) -> Axes:
    """Matched differences of `compare` with their intervals, over the range of the same in random order."""
    places = np.arange(len(table))
    ax = plt.subplots(figsize=(7, 0.9 + 0.42 * len(table)))[1]
    low, high = table["shuffled_low"], table["shuffled_high"]
    ax.hlines(places, low, high, color="#bbbbbb", linewidth=9, label="random order")
    colours = [VERMILION if kind == KNOWN else BLUE for kind, _ in table.index]
    ax.hlines(places, table["matched_low"], table["matched_high"], color=colours)
    ax.scatter(table["matched"], places, color=colours, zorder=3, label="matched difference")
    ax.axvline(0, color=_INK, linewidth=0.9)
    ax.set_yticks(places, [f"{kind}: {name.replace('_', ' ')}" for kind, name in table.index])
    ax.invert_yaxis()
    ax.set_xlabel("difference of Kendall's τ")
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2)
    return ax


def approach_figure(approach: Approach, window: int, *, least: int = 5) -> Figure:
    """Mean of two indicators against the number of sentences before the answer.

    Args:
        approach: chains that end wrong (event) and right.
        window: as in `rolling_indicators`.
        least: chains a point.
    """
    names = ["variance", "autocorrelation"]
    rolled = rolling_indicators(approach.before, window).dropna()
    owner = rolled["chain"].to_numpy(int)
    rolled["sentences before the answer"] = rolled["t"] - approach.before.lengths[owner]
    rolled["ends"] = np.where(approach.event[owner], "wrong", "right")
    by = ["ends", "sentences before the answer"]
    means = rolled.groupby(by)[names].mean()[rolled.groupby(by).size() >= least].reset_index()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    for ax, name in zip(axes, names, strict=True):
        sns.lineplot(
            means, x=by[1], y=name, hue="ends", style="ends", hue_order=["right", "wrong"],
            style_order=["right", "wrong"], markers=True, palette=[BLUE, VERMILION], legend=ax is axes[0], ax=ax,
        )  # fmt: skip
    if len(means):
        handles, labels = axes[0].get_legend_handles_labels()
        axes[0].get_legend().remove()
        figure.legend(handles, [f"ends {label}" for label in labels], loc="outside upper center", ncols=2)
    return figure
