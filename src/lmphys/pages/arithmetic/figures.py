"""Figures of the page on arithmetic."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.pages.arithmetic.knowing import ASKED, COLON, Known

_GREY = "#777777"
_PARTS = {
    "mark": ("marks", "s:", _GREY),
    "end": ("end", "X:", ORANGE),
    "copied": ("copied numbers", "^-", GREEN),
    "formula": ("formula", "D-", BLUE),
    "name": ("names (plan)", "o-", VERMILION),
    "sum": ("sums", "v-", PURPLE),
    "all": ("all words", "P-", BLACK),
}
# Nats below which a point is drawn at the lower edge: less is noise of what was drawn.
_LEAST = 1e-3


def learning(curves: pd.DataFrame, no_sums: float, no_plan: float) -> Figure:
    """Nats a word above the exact law, by what a word is for, along a training.

    Args:
        curves: of `learn`.
        no_sums: nats a word, of all words, for whoever guesses sums.
        no_plan: likewise, for whoever draws names from all that is ready.
    """
    figure, ax = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
    for part, (label, style, colour) in _PARTS.items():
        own = curves[curves["part"] == part]
        if len(own):
            ax.plot(own["tokens"], own["nats"].clip(lower=_LEAST), style, color=colour, label=label)
    # The upper line is named above it, the lower one below.
    lines = sorted([(no_sums, "all but sums", "--"), (no_plan, "all but the plan", "-.")])
    for (value, label, style), side in zip(lines, ("top", "bottom"), strict=True):
        ax.axhline(value, color=BLACK, linestyle=style, linewidth=1)
        ax.annotate(label, (0.01, value), xycoords=("axes fraction", "data"), ha="left", va=side, fontsize=10)
    ax.set(
        xscale="log", yscale="log", xlabel="tokens read", ylabel="nats a word above the law", ylim=(_LEAST / 1.3, None)
    )
    figure.legend(loc="outside upper center", ncols=3, fontsize=10)
    return figure


def accuracy(table: pd.DataFrame) -> Figure:
    """Solutions that are right against the number of operations.

    Args:
        table: of `accuracy_table`.
    """
    figure, ax = plt.subplots(figsize=(6.6, 4.2), layout="constrained")
    flat = table.reset_index()
    marks = {
        ("whole", "of training"): ("o-", BLUE, "whole solution"),
        ("whole", "new"): ("o--", VERMILION, "whole solution, new templates"),
        ("answer", "of training"): ("^-", SKY, "answer alone"),
        ("answer", "new"): ("^--", ORANGE, "answer alone, new templates"),
    }
    for (column, templates), (style, colour, label) in marks.items():
        own = flat[flat["templates"] == templates]
        ends = [own[column] - own[f"{column}_low"], own[f"{column}_high"] - own[column]]
        shift = -0.04 if templates == "of training" else 0.04
        ax.errorbar(
            own["operations"] + shift, own[column], np.abs(ends), fmt=style, color=colour, capsize=3, label=label
        )
    for templates, style in (("of training", ":"), ("new", "-.")):
        own = flat[flat["templates"] == templates]
        ax.plot(own["operations"], own["constant"], style, color=_GREY, label=f"best constant answer, {templates}")
    ax.axvspan(3.5, flat["operations"].max() + 0.5, color="#eeeeee", zorder=0)
    ax.annotate("more than in training", (3.55, 101), fontsize=10, va="bottom")
    ax.set(xlabel="operations", ylabel="right, %", ylim=(-3, 110), xlim=(0.6, flat["operations"].max() + 0.5))
    ax.set_xticks(sorted(flat["operations"].unique()))
    figure.legend(loc="outside upper center", ncols=2, fontsize=10)
    return figure


def faults(table: pd.DataFrame) -> Figure:
    """What is wrong first, as shares of all solutions.

    Args:
        table: of `fault_table`.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.9), layout="constrained")
    looks = {
        "none": ("right", "#dddddd", ""),
        "plan": ("plan", VERMILION, "//"),
        "formula": ("formula", BLUE, ""),
        "copy": ("copied number", GREEN, ".."),
        "sum": ("sum", PURPLE, "xx"),
        "form": ("form", ORANGE, ""),
    }
    place, bottom = np.arange(len(table)), np.zeros(len(table))
    for kind, (label, colour, hatch) in looks.items():
        ax.bar(place, table[kind], 0.72, bottom=bottom, color=colour, hatch=hatch, edgecolor="white", label=label)
        bottom += table[kind].to_numpy()
    names = [f"{ops}\n{'new' if templates == 'new' else 'known'}" for ops, templates in table.index]
    ax.set_xticks(place, names)
    ax.set(xlabel="operations, and whether the template is known", ylabel="solutions, %", ylim=(0, 100))
    figure.legend(loc="outside upper center", ncols=3, fontsize=10)
    return figure


def knowledge(needed: Known, ready: Known, text: float, stated: float, last: float) -> Figure:
    """Balanced accuracy of probes by layer, beside what needs no model.

    Args:
        needed: whether a quantity is needed.
        ready: whether it can be computed next.
        text: balanced accuracy of the words alone, %.
        stated: of the rule that what the query's formula names is needed.
        last: of the rule that what names the last quantity is ready.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7, 4.6), layout="constrained", sharey=True)
    looks = {COLON: ("o", BLUE), ASKED: ("s", VERMILION)}
    for ax, known, title in zip(axes, (needed, ready), ("is it needed?", "can it be computed next?"), strict=True):
        for way, own in known.by_layer().groupby("way", sort=False):
            mark, colour = looks[str(way)]
            ends = np.abs([own["accuracy"] - own["low"], own["high"] - own["accuracy"]])
            ax.errorbar(
                own["layer"], own["accuracy"], ends, fmt=f"{mark}-", color=colour, capsize=3, label=f"trained, {way}"
            )
            ax.plot(own["layer"], own["random"], f"{mark}:", color=colour, mfc="white", label=f"random weights, {way}")
        ax.axhline(50, color=_GREY, linewidth=0.8)
        ax.set(title=title, xlabel="layer", xticks=sorted(known.by_layer()["layer"].unique()), ylim=(40, 103))
    axes[0].axhline(text, color=BLACK, linestyle="--", label="words alone")
    axes[0].axhline(stated, color=GREEN, linestyle="-.", label="stated in one formula")
    axes[1].axhline(last, color=GREEN, linestyle="-.")
    axes[0].set_ylabel("balanced accuracy, %")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=10)
    return figure


def regime_shares(shares: pd.DataFrame) -> Figure:
    """Which regimes lead to words of which part.

    Args:
        shares: of `Switching.shares`.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.6), layout="constrained")
    heat_map(shares, low=0, high=1, ax=ax)
    ax.set(xlabel="the next word belongs to", ylabel="regime")
    return figure
