"""Figures of the page: the map of recovery, what implanted corpora show, and where the real corpus stands."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lmphys.book.style import BLACK, BLUE, VERMILION
from lmphys.pages.recovery.detection import Power
from lmphys.stats.calibration import Placement

# What is measured of a corpus without knowing its truth, and what it is called on an axis.
MEASURED = {
    "halves": "agreement of halves",
    "separation": "fitted separation, sd",
    "density": "gain in density, nats",
    "gain": "gain in R² of the forecast",
}
_TRUE = "true separation of the regimes, sd of their noise"
_HATCHED: dict[str, Any] = {"hatch": "///", "facecolor": "none", "edgecolor": VERMILION}


def draw_maps(maps: Mapping[str, pd.DataFrame], n_real: int) -> Figure:
    """Adjusted Rand index by separation and number of chains, a panel a map, with its line of one half.

    Args:
        maps: title -> table of `recovery_map`, at least two separations and sizes.
        n_real: chains of the real corpus, marked by a dashed line.
    """
    figure, axes = plt.subplots(1, len(maps), sharey=True, figsize=(9, 3.6), layout="constrained", squeeze=False)
    for ax, (name, table) in zip(axes[0], maps.items(), strict=True):
        grid = table.pivot_table(index="n_chains", columns="separation", values="ari")
        mesh = (grid.columns, grid.index, grid)
        image = ax.pcolormesh(*mesh, vmin=0, vmax=1, cmap="cividis", shading="nearest")
        if grid.to_numpy().min() < 0.5 < grid.to_numpy().max():
            ax.contour(*mesh, levels=[0.5], colors="white")
        ax.axhline(n_real, color="white", linestyle="--", linewidth=1)
        ax.set(title=name, xlabel="separation, sd", yscale="log")
        ax.set_yticks(grid.index, [str(n) for n in grid.index])
        ax.minorticks_off()
        ax.grid(visible=False)
    axes[0, 0].set_ylabel("number of chains")
    figure.colorbar(image, ax=axes, label="adjusted Rand index")
    return figure


def draw_bands(placed: Mapping[float, Mapping[str, Placement]], here: Mapping[str, float]) -> Figure:
    """What implanted corpora show against the truth, and the real corpus as a line: a panel for each of `MEASURED`.

    Args:
        placed: of `placements`, with the columns of `MEASURED`.
        here: `regime_statistics` of the real corpus.
    """
    figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharex=True, layout="constrained")
    for ax, (column, label) in zip(axes.flat, MEASURED.items(), strict=True):
        for (stay, found), mark in zip(placed.items(), "osD^vPX", strict=False):
            band = found[column].band
            ax.fill_between(band.index, band["low"], band["high"], alpha=0.15)
            ax.plot(band.index, band["mean"], marker=mark, label=f"stay {stay:g}")
        ax.axhline(here[column], color=BLACK, linestyle="--", linewidth=1.5)
        ax.set_ylabel(label)
    axes[0, 0].set_ylim(-0.1, 1.05)
    figure.supxlabel(_TRUE)
    handles, names = axes[0, 0].get_legend_handles_labels()
    handles.append(Line2D([], [], color=BLACK, linestyle="--"))
    figure.legend(handles, [*names, "real corpus"], loc="outside upper center", ncols=4)
    return figure


def draw_placements(
    placed: Mapping[float, Mapping[str, Placement]],
    powers: Mapping[float, Power],
    separations: Sequence[float],
    found_from: float,
) -> Figure:
    """Where the real corpus stands: a panel a probability to stay, a bar for each of `MEASURED`.

    Args:
        placed: of `placements`.
        powers: probability to stay -> power; separations at which a gain is seen are hatched.
        separations: of the calibration.
        found_from: separation from which on a fit finds the regimes more than not; NaN is not drawn.
    """
    figure, axes = plt.subplots(1, len(placed), sharey=True, figsize=(9, 3), layout="constrained", squeeze=False)
    for ax, (stay, found) in zip(axes[0], placed.items(), strict=True):
        for y, column in enumerate(MEASURED):
            span = found[column]
            if np.isnan(span.low):
                ax.text(np.mean(separations), y, "none", ha="center", va="center", fontsize=9)
            else:
                ax.barh(y, max(span.high - span.low, 0.1), 0.5, span.low, color=BLUE)
        if np.isfinite(powers[stay].separation):
            ax.axvspan(powers[stay].separation, separations[-1], **_HATCHED)
        ax.axvline(found_from, color=BLACK, linestyle="--")
        ax.set(title=f"stay {stay:g}", xlim=(0, separations[-1]))
    axes[0, 0].set_yticks(range(len(MEASURED)), list(MEASURED))
    axes[0, 0].invert_yaxis()
    figure.supxlabel(_TRUE)
    marks = [Patch(color=BLUE), Patch(**_HATCHED)]
    figure.legend(marks, ["like the real corpus", "a gain is seen"], loc="outside upper center", ncols=2)
    return figure
