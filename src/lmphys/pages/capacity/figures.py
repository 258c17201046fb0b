"""Figures of the page on capacity."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.pages.capacity.points import PEOPLE, over_seeds
from lmphys.pages.capacity.precision import SMALL_STEPS
from lmphys.pages.capacity.verdicts import LONG

_GREY = "#555555"
_MODELS = {
    "capacity-1800": "gated MLP, 32 wide",
    "capacity-1800-plain": "plain MLP",
    "capacity-quarter": "a quarter of the MLP",
    "capacity-attention": "no MLP",
    "capacity-wide": "48 wide",
    "capacity-narrow": "16 wide",
    "capacity-junk": "16 wide, strangers",
    "capacity-junk-marked": "16 wide, strangers, mark",
}


def learning(curve: pd.DataFrame, most: float, shipped: pd.DataFrame) -> Figure:
    """Bits learned a parameter against exposures.

    Args:
        curve: of `learning_curve`.
        most: R_max.
        shipped: of `over_seeds`, models of the same recipe at 100 exposures; perhaps empty.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.8))
    x = curve["exposures"]
    for column, label, line, colour in (
        ("R", "all", "o-", BLACK),
        ("values", "values", "s--", BLUE),
        ("names", "names", "^:", VERMILION),
    ):
        ax.plot(x, curve[column], line, color=colour, label=label)
    ax.axhline(most, color=_GREY, linestyle="--")
    ax.annotate("$R_{max}$", (0, most), xycoords=("axes fraction", "data"), xytext=(6, 4), textcoords="offset points")
    ax.axhline(0, color=_GREY, linewidth=0.8)
    for at, (value, low, high) in enumerate(shipped[["value", "low", "high"]].to_numpy(float)):
        label = "_" if at else "of the book, at 100"  # one entry in the legend is enough
        ax.errorbar([115], [value], [[value - low], [high - value]], fmt="D", color=GREEN, capsize=4, label=label)
    ax.set_xscale("symlog", linthresh=1, linscale=0.5)
    ax.set_xticks([t for t in (0, 1, 3, 10, 30, 100) if t <= max(1.0, x.max() * 1.2)])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.set(xlabel="exposures", ylabel="bits a parameter", ylim=(None, most * 1.15))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def people(points: pd.DataFrame, most: Mapping[int, float]) -> Figure:
    """Bits learned a parameter against the number of people, for models of one size.

    Args:
        points: the table.
        most: people to R_max.
    """
    figure, ax = plt.subplots(figsize=(6.4, 4.0))
    ax.plot(list(most), list(most.values()), "--", color=BLACK, label="all known: a lookup table")
    for bits in (1, 2):
        ax.axhline(bits, color=_GREY, linestyle=":", linewidth=1.2)
    _bars(ax, over_seeds(points[points["recipe"].isin(PEOPLE)]), "o-", BLUE, "100 exposures")
    long = over_seeds(points[points["recipe"].isin(LONG)])
    if len(long):
        _bars(ax, long, "^", VERMILION, "1,000 exposures")
    ax.set(xlabel="people", ylabel="bits a parameter", ylim=(0, None), xlim=(0, None))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def _bars(ax: Axes, table: pd.DataFrame, mark: str, colour: str, label: str) -> None:
    table = table.sort_values("people")
    ends = np.array([table["value"] - table["low"], table["high"] - table["value"]])
    ax.errorbar(table["people"], table["value"], ends, fmt=mark, color=colour, capsize=4, label=label)


def rate_distortion(table: pd.DataFrame, whole: float) -> Figure:
    """Left: bits learned a parameter against bits a weight. Right: bits lost, with the line of a quadratic loss.

    Args:
        table: of `precision_table`, of models that come with the book.
        whole: bits learned a parameter with all bits.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
    bits = np.unique(table["bits"])
    ax.plot([0, whole], [0, whole], color=BLACK, label="one bit learned for each bit")
    ax.axhline(whole, color=_GREY, linestyle="--", label="not rounded")
    ax.axhline(0, color=_GREY, linewidth=0.8)
    for kind, mark, colour, size in (("rounded", "o-", BLUE, 5), ("noise", "s--", VERMILION, 9)):
        part = table[table["kind"] == kind]
        ends = np.array([part["value"] - part["low"], part["high"] - part["value"]])
        ax.errorbar(
            part["bits"], part["value"], ends, fmt=mark, color=colour, capsize=3, ms=size, mfc="none", label=kind
        )
        beside.plot(
            part["bits"],
            np.where(part["lost"] > 0, 100 * part["lost"], np.nan),
            mark,
            color=colour,
            ms=size,
            mfc="none",
        )
        if kind == "rounded":
            first = 100 * float(part.loc[part["bits"] == SMALL_STEPS[0], "lost"].iloc[0])
    beside.plot(bits, first * 4.0 ** (SMALL_STEPS[0] - bits), ":", color=BLACK, label="a quarter for each bit")
    beside.set(yscale="log", xlabel="bits a weight", ylabel="lost, %")
    ax.set(xlabel="bits a weight", ylabel="bits learned a parameter", xlim=(0, None), ylim=(-whole, 1.35 * whole))
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def models(points: pd.DataFrame, recipes: Sequence[str] = tuple(_MODELS)) -> Figure:
    """Bits learned a parameter of models of several kinds, with R_max as a bar of its own.

    Args:
        points: the table.
        recipes: from above, those that the table has.
    """
    table = over_seeds(points[points["recipe"].isin(recipes)])
    table = table.loc[[name for name in recipes if name in table.index]]
    figure, ax = plt.subplots(figsize=(6.4, 0.9 + 0.48 * len(table)))
    rows = np.arange(len(table))
    ax.barh(rows, table["value"], 0.6, color=BLUE)
    ax.hlines(rows, table["low"], table["high"], color="#222222", linewidth=1.4)
    ax.plot(table["R_max"], rows, "|", color=VERMILION, markersize=16, markeredgewidth=2.4, label="all known")
    ax.axvline(0, color="#222222", linewidth=0.9)
    ax.set_yticks(rows, [f"{_MODELS[name]} ({table.loc[name, 'seeds']})" for name in table.index])
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("bits a parameter")
    ax.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0))
    return figure
