"""Figures of the page on the size of the corpus."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.pages.scale.curve import curve_of
from lmphys.pages.scale.measures import GAUSSIAN, PERMUTED, REAL, STUDENT
from lmphys.pages.scale.verdicts import planted_at

_GREY = "#555555"
_LOOKS: dict[str, dict[str, Any]] = {
    REAL: {"color": BLACK, "marker": "o", "linestyle": "-"},
    GAUSSIAN: {"color": BLUE, "marker": "s", "linestyle": "--"},
    STUDENT: {"color": GREEN, "marker": "^", "linestyle": "-."},
    PERMUTED: {"color": VERMILION, "marker": "D", "linestyle": ":"},
}


def gain(table: pd.DataFrame, claimed: float) -> Figure:
    """Honest gain of regimes against the number of transitions, real, without regimes, and planted.

    Args:
        table: of `read_curve`.
        claimed: gain of the paper.
    """
    figure, ax = plt.subplots(figsize=(6.4, 4.2))
    for of in (REAL, GAUSSIAN, STUDENT):
        _line(ax, curve_of(table, "honest gain", of), of)
    planted = planted_at(table)
    kinds = {"map, real noise": "v", "offset, real noise": "P"}
    for kind, marker in kinds.items():
        if kind in planted.index:
            part = planted.loc[kind].sort_index()
            ax.plot(
                part.index, part["gain"], marker, color=VERMILION, mfc="none", linestyle=":", label=f"planted: {kind}"
            )
    ax.axhline(claimed, color=_GREY, linestyle="--")
    ax.annotate("paper", (0, claimed), xycoords=("axes fraction", "data"), xytext=(6, 4), textcoords="offset points")
    _axes(ax, "gain in R², honest forecast")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def leak(table: pd.DataFrame, claimed: float) -> Figure:
    """The same gain with weights that have seen the target, of chains with and without regimes."""
    figure, ax = plt.subplots(figsize=(6.4, 4.2))
    for of in (REAL, GAUSSIAN, STUDENT, PERMUTED):
        _line(ax, curve_of(table, "leaking gain", of), of)
    ax.axhline(claimed, color=_GREY, linestyle="--")
    ax.annotate("paper", (0, claimed), xycoords=("axes fraction", "data"), xytext=(6, 4), textcoords="offset points")
    _axes(ax, "gain in R², target seen")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def others(table: pd.DataFrame, paper: Mapping[str, float]) -> Figure:
    """Shares of variance, R² of one linear map and numbers of components against the number of transitions.

    Args:
        table: of `read_curve`.
        paper: title of a panel to the number of the paper, for `_PANELS`.
    """
    figure, axes = plt.subplots(3, 1, figsize=(6.4, 8.4), sharex=True)
    for ax, (title, quantities) in zip(axes, _PANELS.items(), strict=True):
        for (quantity, label), look in zip(quantities.items(), _LOOKS.values(), strict=False):
            if quantity.startswith("K by"):
                rows = table[table["quantity"] == quantity].sort_values("transitions")
                ax.plot(rows["transitions"], rows["value"], label=label, **look)
            else:
                curve = curve_of(table, quantity)
                ends = (curve["value"] - curve["low"], curve["high"] - curve["value"])
                ax.errorbar(curve["transitions"], curve["value"], ends, capsize=3, label=label, **look)
        ax.axhline(paper[title], color=_GREY, linestyle="--")
        ax.annotate(
            "paper", (0, paper[title]), xycoords=("axes fraction", "data"), xytext=(6, 4), textcoords="offset points"
        )
        ax.set(ylabel=title)
        if title == LINEAR:
            ax.set_ylim(-0.6, 0.7)
        ax.legend(loc="best")
    _axes(axes[-1], COUNT)
    return figure


SHARE, LINEAR, COUNT = "share of variance, k = 40", "R² of one map, all D", "components"
_PANELS = {
    SHARE: {"share of states": "states", "share of increments": "increments"},
    LINEAR: {"linear R² of h": "of h", "linear R² of Δh": "of Δh"},
    COUNT: {"K by BIC, full": "BIC, full", "K by AIC, full": "AIC, full", "K by BIC, diag": "BIC, diagonal"},
}


def _line(ax: Axes, curve: pd.DataFrame, of: str) -> None:
    ends = (curve["value"] - curve["low"], curve["high"] - curve["value"])
    ax.errorbar(curve["transitions"], curve["value"], ends, capsize=3, label=of, **_LOOKS[of])


def _axes(ax: Axes, ylabel: str) -> None:
    ax.axhline(0, color=_GREY, linewidth=0.8)
    ax.set_xscale("log")
    ax.set(xlabel="transitions in the corpus", ylabel=ylabel)
