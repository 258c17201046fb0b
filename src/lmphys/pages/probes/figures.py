"""Figures of the page: probes by layer, between families, and regimes beside labels."""

import textwrap
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map

_LINES = {
    "state": "-o",
    "no state": "--s",
    "shuffled within position": ":D",
    "shuffled labels": ":^",
}


def draw_layers(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """AUROC by layer, a panel for each thing that is probed; its reason where it could not be.

    Args:
        tables: what is probed -> table of `probe_layers`.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(8.4, 4), layout="constrained", squeeze=False)
    for ax, (name, table) in zip(axes[0], tables.items(), strict=True):
        ax.set(title=name, xlabel="layer", ylabel="AUROC", ylim=(0.35, 1.02))
        if "reason" in table:
            _say(ax, table)
            continue
        for label, style in _LINES.items():
            curve = table[table["probe"] == label]
            ax.fill_between(curve["layer"], curve["auroc_low"], curve["auroc_high"], alpha=0.15)
            ax.plot(curve["layer"], curve["auroc"], style, label=label)
    handles = max((ax.get_legend_handles_labels() for ax in axes[0]), key=lambda found: len(found[0]))
    if handles[0]:
        figure.legend(*handles, loc="outside upper center", ncols=2)
    return figure


def draw_families(table: pd.DataFrame) -> Figure:
    """AUROC of probes trained on one family and tested on another, and of the null beside it.

    Args:
        table: of `probe_families`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 4.2), layout="constrained")
    for ax, kind in zip(axes, ("state", "shuffled within position"), strict=True):
        if "reason" in table:
            _say(ax, table)
        else:
            part = table[table["probe"] == kind]
            heat_map(part.pivot(index="train", columns="test", values="auroc"), low=0.5, high=1, ax=ax)
            ax.tick_params(axis="x", rotation=40)
            ax.set(xlabel="tested on")
        ax.set_title(kind)
    axes[0].set_ylabel("trained on")
    return figure


def draw_alignment(aligned: pd.DataFrame) -> Axes:
    """Mutual information of regimes with each label, beside both nulls.

    Args:
        aligned: of `align`.
    """
    ax = plt.subplots(figsize=(6.4, 3.2))[1]
    shown = aligned[aligned["nmi"].notna()]
    height = np.arange(len(shown))
    ax.hlines(height, shown["low"], shown["high"])
    ax.plot(shown["nmi"], height, "o", label="regimes and label")
    ax.plot(shown["place_high"], height, "k|", ms=16, mew=2, label="place kept")
    ax.plot(shown["any_high"], height, "kx", label="permuted among all")
    ax.set_yticks(height, shown.index)
    ax.invert_yaxis()
    ax.set(xlabel="normalised mutual information", xlim=(0, None))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def _say(ax: Axes, table: pd.DataFrame) -> None:
    """Write into an empty panel why there is nothing to draw."""
    text = textwrap.fill(str(table["reason"].iloc[0]), 28)
    ax.text(0.5, 0.4, text, ha="center", fontsize=9, transform=ax.transAxes)
