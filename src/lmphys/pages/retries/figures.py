"""Figures of the page on mistakes that are taken back."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION
from lmphys.pages.retries.worth import GREEDY, SAMPLED
from lmphys.stats.interval import Interval

_GREY = "#777777"
_LOOKS = {"without mistakes": ("o-", BLUE), "with mistakes": ("s--", VERMILION)}


def learning(curves: pd.DataFrame) -> Figure:
    """Nats a word above the exact law along a training, of the words where mistakes happen, and of all.

    Args:
        curves: of `learning.learn`.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.9), layout="constrained")
    looks = {
        "all": ("all words", "P-", BLACK),
        "name": ("names", "o-", VERMILION),
        "back": ("taking back", "s-", BLUE),
        "formula": ("formula", "D:", GREEN),
        "mark": ("marks", "v:", PURPLE),
    }
    for part, (label, style, colour) in looks.items():
        own = curves[curves["part"] == part]
        if len(own):
            ax.plot(own["tokens"], own["nats"].clip(lower=1e-3), style, color=colour, label=label)
    ax.set(xscale="log", yscale="log", xlabel="tokens read", ylabel="nats a word above the law")
    figure.legend(loc="outside upper center", ncols=3, fontsize=10)
    return figure


def accuracy(table: pd.DataFrame, ends: Mapping[int, float]) -> Figure:
    """Whole solutions that are right against the number of operations, in both ways of writing.

    Args:
        table: of `accuracy_table`.
        ends: number of operations -> share of the problems, %, at which the exact law comes to an end without chance.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7, 4), layout="constrained", sharey=True)
    for ax, way, title in zip(axes, (GREEDY, SAMPLED), ("likeliest word", "words drawn at T = 1"), strict=True):
        for trained, (style, colour) in _LOOKS.items():
            own = table[(table["trained"] == trained) & (table["written"] == way)]
            bars = np.abs([own["right"] - own["low"], own["high"] - own["right"]])
            shift = 0.03 if trained == "with mistakes" else -0.03
            ax.errorbar(
                own["operations"] + shift, own["right"], bars, fmt=style, color=colour, capsize=4, label=trained
            )
        if way == GREEDY:
            ax.plot(list(ends), list(ends.values()), "x:", color=_GREY, label="exact law with mistakes")
        else:
            ax.axhline(100, color=_GREY, linestyle=":")
        ax.set(title=title, xlabel="operations", xticks=sorted(ends), ylim=(-3, 105))
    axes[0].set_ylabel("whole solutions right, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=10)
    return figure


def backs(table: pd.DataFrame) -> Figure:
    """Names taken back in a right solution, beside the data.

    Args:
        table: of `backs_table`.
    """
    figure, ax = plt.subplots(figsize=(6.2, 3.6), layout="constrained")
    looks = {SAMPLED: ("s-", VERMILION, "words drawn at T = 1"), GREEDY: ("o-", BLUE, "likeliest word")}
    for way, (style, colour, label) in looks.items():
        own = table[table["written"] == way]
        ax.plot(own["operations"], own["backs"], style, color=colour, label=label)
        ax.plot(own["operations"], own["data"], style[0] + ":", color=colour, mfc="white", label="data, same problems")
    ax.set(xlabel="operations", ylabel="taken back, a right solution", xticks=sorted(table["operations"].unique()))
    ax.set_ylim(0, None)
    figure.legend(loc="outside upper center", ncols=2, fontsize=10)
    return figure


def regret(layers: Mapping[str, list[Interval]], lines: Mapping[str, float]) -> Figure:
    """How well the state at a name tells that it cannot be computed yet, by layer.

    Args:
        layers: "trained without mistakes", "trained with mistakes", "random weights" -> balanced accuracy by layer, %.
        lines: what has one number, such as the surprisal of the name.
    """
    figure, ax = plt.subplots(figsize=(6.6, 4.1), layout="constrained")
    looks = {"without mistakes": ("o-", BLUE), "with mistakes": ("s--", VERMILION), "random weights": ("^:", _GREY)}
    for name, (style, colour) in looks.items():
        found = layers[name]
        middle, low, high = (np.array(part, dtype=float) for part in zip(*found, strict=True))
        ends = np.abs([middle - low, high - middle])
        ax.errorbar(range(len(found)), middle, ends, fmt=style, color=colour, capsize=4, label=name)
    for (name, value), (style, colour) in zip(lines.items(), (("-.", ORANGE), ("--", GREEN)), strict=False):
        ax.axhline(value, color=colour, linestyle=style, label=name)
    ax.axhline(50, color=_GREY, linewidth=0.8)
    ax.set(xlabel="layer", ylabel="balanced accuracy, %", ylim=(40, 103), xticks=range(len(layers["with mistakes"])))
    figure.legend(loc="outside upper center", ncols=2, fontsize=10)
    return figure
