"""Figures of the page: what the model knows, and belief sentence by sentence as in Carson & Reisizadeh's Fig. 5."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lmphys.book.style import BLACK, BLUE, VERMILION
from lmphys.pages.belief_shift.simulated import REAL, SIMULATED
from lmphys.pages.belief_shift.themes import Theme

_GOLD = "#B8860B"
_COLOURS = {"clean": BLUE, "poisoned": VERMILION}
_LINES = {REAL: ("-", "o"), SIMULATED: ("--", None)}


def draw_knowledge(known: pd.DataFrame) -> Axes:
    """AUROC of plain truths against falsehoods for each way of asking, of several models.

    Args:
        known: tables of `knowledge` under a further level `model` of the index, at most three models.
    """
    ax = plt.subplots(figsize=(6.4, 3.4))[1]
    models = known.index.unique("model")
    for name, mark, shift in zip(models, "os^", np.linspace(-0.12, 0.12, len(models)), strict=False):
        rows = known.xs(name, level="model")
        height = np.arange(len(rows)) + shift
        ax.hlines(height, rows["low"], rows["high"], color="#444444")
        ax.plot(rows["auroc"], height, mark, label=name)
    ax.axvline(0.5, color=BLACK, linestyle="--", linewidth=0.9)
    ax.set_yticks(range(len(rows)), [" ".join(way) for way in rows.index])
    ax.set(xlabel="AUROC, true against false", xlim=(0.2, 1))
    ax.invert_yaxis()
    ax.legend()
    return ax


def draw_themes(table: pd.DataFrame, themes: Sequence[Theme]) -> Figure:
    """A panel a theme: mean belief of clean and of poisoned chains, real and simulated.

    Bands reach from the tenth to the ninetieth percentile of the real chains, which for few of them is about from the
    lowest to the highest.

    Args:
        table: of `scenarios`.
        themes: to be drawn, three in a row.
    """
    n_rows = -(-len(themes) // 3)
    figure, axes = plt.subplots(
        n_rows, 3, sharex=True, sharey=True, figsize=(9, 0.7 + 2.3 * n_rows), squeeze=False, layout="constrained"
    )
    n_steps = int(table["t"].max()) + 1
    for ax, theme in zip(axes.flat, themes, strict=False):
        own = table[table["theme"] == theme.id]
        for place in theme.places(n_steps):
            ax.axvline(place, color=_GOLD, linewidth=1.5)
        for condition, colour in _COLOURS.items():
            for kind, (line, marker) in _LINES.items():
                chosen = own[(own["condition"] == condition) & (own["kind"] == kind)].groupby("t")["belief"]
                every = max(1, n_steps // 8)
                ax.plot(chosen.mean(), line, marker=marker, markevery=every, markersize=4, color=colour,
                        label=f"{condition}, {kind}")  # fmt: skip
                if kind == REAL:
                    low, high = chosen.quantile(0.1), chosen.quantile(0.9)
                    ax.fill_between(low.index, low, high, color=colour, alpha=0.15, linewidth=0)
        ax.set(title=theme.id, ylim=(0, 1))
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for ax in axes.flat[len(themes) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("sentence")
    for ax in axes[:, 0]:
        ax.set_ylabel("belief b")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
