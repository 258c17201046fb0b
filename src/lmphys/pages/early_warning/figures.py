"""Figures of the page `early_warning`."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, GREEN, VERMILION
from lmphys.pages.early_warning.alarms import KNOWING
from lmphys.pages.early_warning.forecast_scores import reliability
from lmphys.pages.early_warning.forecasts import GROUPS
from lmphys.pages.early_warning.lead_time import RANDOM, LeadTimes
from lmphys.pages.early_warning.study import CURVES, Study

_INK, _GREY = "#222222", "#888888"


def _titled(axes: Sequence[Axes] | np.ndarray, names: Sequence[str]) -> None:
    for ax, name in zip(axes, names, strict=True):
        ax.set_title(name.replace(", ", ",\n"))


def auroc_figure(study: Study, risk: pd.DataFrame) -> Figure:
    """A column an outcome: AUROC along the chain, what signals add to task and length, and the chains at risk.

    Args:
        study: the forecasts.
        risk: from `at_risk`.
    """
    names = list(study.outcomes)
    figure, axes = plt.subplots(
        3, len(names), figsize=(9, 7), sharex=True, sharey="row", height_ratios=[3, 3, 1.2], squeeze=False
    )
    looks = dict(zip(CURVES, ((BLUE, "s"), (GREEN, "^"), (VERMILION, "D")), strict=True))
    for (top, middle, bottom), name in zip(axes.T, names, strict=True):
        of = study.scores.loc[name].swaplevel().sort_index()
        base = of.loc["known"]
        top.plot(base.index, base.auroc, "o--", color=_INK, label="task and length")
        top.fill_between(base.index, base.low, base.high, color=_INK, alpha=0.12)
        for i, (signal, (colour, mark)) in enumerate(looks.items()):
            if signal not in of.index:
                continue
            top.plot(of.loc[signal].auroc, f"{mark}-", color=colour, label=signal)
            more, shift = of.loc[f"+ {signal}"], 0.2 * (i - 1)
            middle.plot(more.index + shift, more.gain, mark, color=colour)
            middle.vlines(more.index + shift, more.gain_low, more.gain_high, color=colour)
        here = risk.xs(name)
        bottom.bar(here.index, here["chains at risk"], color="#cccccc")
        bottom.bar(here.index, here["chains at risk"] * here["share with the event"], color="#555555")
        top.axhline(0.5, color=_GREY, linewidth=0.8)
        middle.axhline(0, color=_GREY, linewidth=0.8)
        bottom.set_xlabel("sentences read, m")
    _titled(axes[0], names)
    for ax, label in zip(axes[:, 0], ("AUROC", "gain in AUROC", "chains"), strict=True):
        ax.set_ylabel(label)
    drawn = max((ax.get_legend_handles_labels() for ax in axes[0]), key=lambda found: len(found[0]))
    figure.legend(*drawn, loc="outside upper center", ncols=4)
    return figure


def gain_figure(gains: pd.DataFrame, null: pd.DataFrame) -> Figure:
    """Gains of all signals, a panel an outcome, over the range of permuted signals.

    Args:
        gains: from `Study.gains`.
        null: from `Study.nulls`.
    """
    names, rows = list(null.index), list(GROUPS)[::-1]
    figure, axes = plt.subplots(1, len(names), figsize=(9, 4.6), sharey=True, sharex=True, squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        permuted = null.loc[name, "permuted"]
        ax.axvspan(permuted[0.025], permuted[0.975], color="#dddddd")
        for signal, line in gains.loc[name].iterrows():
            colour = BLUE if signal.startswith("SLDS") else _INK
            y = rows.index(signal)
            ax.hlines(y, line.gain_low, line.gain_high, color=colour)
            ax.plot(line.gain, y, "o", color=colour, markerfacecolor="white" if "random" in signal else colour)
        ax.axvline(0, color=_GREY, linewidth=0.9)
    _titled(axes[0], names)
    axes[0, 0].set_yticks(range(len(rows)), rows)
    figure.supxlabel("gain in AUROC beyond task and length", fontsize=12)
    return figure


def reliability_figure(study: Study) -> Figure:
    """How often the event came among chains with about the same forecast, a panel an outcome."""
    names = list(study.outcomes)
    figure, axes = plt.subplots(1, len(names), figsize=(9, 4), sharey=True, squeeze=False)
    looks = {"known": ("task and length", _INK, "o--"), "+ SLDS": ("+ SLDS", BLUE, "s-")}
    for ax, name in zip(axes[0], names, strict=True):
        for column, (label, colour, style) in looks.items():
            curve = reliability(study.forecasts[name, study.after], column, seed=study.seed)
            ax.plot(curve.forecast, curve.rate, style, color=colour, label=label)
            ax.vlines(curve.forecast, curve.low, curve.high, color=colour, linewidth=1)
        ax.axline((0, 0), slope=1, color=_GREY, linewidth=0.8)
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="forecast", aspect="equal")
    _titled(axes[0], names)
    axes[0, 0].set_ylabel("share with the event")
    figure.legend(*axes[0, -1].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def lead_figure(lead: LeadTimes | None) -> Figure:
    """Share of the derailments that each alarm announces so many sentences ahead, or more."""
    figure, ax = plt.subplots(figsize=(6.5, 3.9))
    looks = {
        "SLDS": (f"SLDS, {KNOWING}", BLUE, "s-"),
        KNOWING: (KNOWING, _INK, "o--"),
        "place alone": ("place alone", GREEN, "^:"),
        RANDOM: (RANDOM, _GREY, "x-."),
    }
    for name, curve in lead.survival.groupby("alarm", sort=False) if lead else ():
        label, colour, style = looks[str(name)]
        ax.plot(curve.ahead, curve.share, style, color=colour, label=label)
        if name == "SLDS":
            ax.fill_between(curve.ahead, curve.low, curve.high, color=colour, alpha=0.15)
    ax.set(xlabel="sentences ahead", ylabel="share of the derailments", ylim=(0, None))
    if lead:
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
