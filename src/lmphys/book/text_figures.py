"""Texts as a gas, drawn: for the page on it, and for `lmphys texts --figure`."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLUE, ORANGE, VERMILION
from lmphys.thermo.paths import SHUFFLED
from lmphys.thermo.relative import STATES
from lmphys.thermo.survey import Survey

_GREY = "#555555"
_LONGEST = 24  # characters of the name of a source


def _short(name: object) -> str:
    text = str(name)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _axes_for(table: pd.DataFrame) -> Axes:
    """New axes, as high as the rows of a table need."""
    return plt.subplots(figsize=(6.4, 1.1 + 0.42 * len(table)), layout="constrained")[1]


def temperatures(table: pd.DataFrame, *, known: Mapping[str, float] | None = None, ax: Axes | None = None) -> Axes:
    """Temperature of each row with its interval, and crosses where it is known.

    Args:
        table: columns `T`, `T_low`, `T_high`; its index names the rows.
        known: temperature at which texts of a row were drawn.
        ax: to draw on; new ones by default.
    """
    ax = ax or _axes_for(table)
    rows = np.arange(len(table))
    ax.hlines(rows, table["T_low"], table["T_high"].clip(upper=10), color=BLUE, linewidth=2)
    ax.plot(table["T"], rows, "o", color=BLUE, mfc="white", label="of likelihood, 95 %")
    for row, name in enumerate(table.index):
        if known and name in known:
            label = "at which it was drawn" if row == list(table.index).index(next(iter(known))) else None
            ax.plot(known[name], row, "x", color=VERMILION, ms=9, mew=2, label=label)
    ax.axvline(1, color=_GREY, linestyle=":", linewidth=1)
    ax.set_yticks(rows, [_short(name) for name in table.index])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("temperature T")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def answers(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Answer of the mean state to mixing in more of each source, beside sources dealt out anew.

    Args:
        table: as `thermo.susceptibility_table`.
        ax: to draw on; new ones by default.
    """
    ax = ax or _axes_for(table)
    rows = np.arange(len(table))
    ax.barh(rows, table["susceptibility"], 0.55, color=ORANGE, label="answer")
    ax.plot(table["permuted_high"], rows, "|", color=_GREY, ms=16, mew=2, label="sources permuted, 95th percentile")
    ax.set_yticks(rows, [_short(name) for name in table.index])
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("answer of the mean state, in spreads")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def forecasts(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """R² of the forecasts of the next mean state, with intervals.

    Args:
        table: as `thermo.forecast_table`.
        ax: to draw on; new ones by default.
    """
    ax = ax or _axes_for(table)
    rows = np.arange(len(table))
    colours = [_GREY if name == SHUFFLED else BLUE for name in table.index]
    ax.barh(rows, table["r2"], 0.55, color=colours)
    ax.hlines(rows, table["r2_low"], table["r2_high"], color="#222222", linewidth=1.5)
    ax.axvline(0, color="#222222", linewidth=0.9)
    ax.set_yticks(rows, [str(name) for name in table.index])
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("variance explained, $R^2$")
    return ax


def relative_entropies(gas: Survey, *, way: str = STATES, ax: Axes | None = None) -> Axes:
    """Relative entropy of the source of each row to that of each column, nats a window.

    Raises:
        LmphysError: the sources could not be compared.
    """
    gas.relative_entropies()
    assert gas.comparison is not None
    names = [_short(name) for name in gas.comparison.names]
    table = pd.DataFrame(gas.comparison.matrix(way), names, names)
    ax = heat_map(table, low=0.0, decimals=1, ax=ax)
    ax.set_xticks(ax.get_xticks(), names, rotation=25, ha="right")
    ax.set_title(f"nats a window, through {way}", fontsize=11)
    return ax


def overview(gas: Survey) -> Figure:
    """Temperatures, and what there is of the comparison of sources and of the forecasts, below each other."""
    n = len(gas.sources)
    heights = [1.2 + 0.42 * n]
    if gas.comparison is not None:
        heights += [1.6 + 0.45 * len(gas.comparison.names), 1.2 + 0.42 * len(gas.comparison.names)]
    if gas.forecasts is not None:
        heights.append(1.2 + 0.42 * len(gas.forecasts))
    figure, axes = plt.subplots(
        len(heights), 1, figsize=(7.0, sum(heights)), height_ratios=heights, layout="constrained", squeeze=False
    )
    places = iter(axes[:, 0])
    temperatures(gas.sources, ax=next(places))
    if gas.comparison is not None and gas.susceptibility is not None:
        relative_entropies(gas, ax=next(places))
        answers(gas.susceptibility, ax=next(places))
    if gas.forecasts is not None:
        forecasts(gas.forecasts, ax=next(places))
    return figure
