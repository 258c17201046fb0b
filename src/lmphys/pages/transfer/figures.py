"""Figures of the page on transfer."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.pages.transfer.model_transfer import NULLS, ModelTransfer
from lmphys.pages.transfer.paper import KINDS, fit_line
from lmphys.pages.transfer.task_transfer import TransferMatrix

FLOOR = -1.0  # what is worse than this is an arrow with its number
_GREY = "#777777"
_RULES = {"switching": "as it is", "switching, re-centred": "mean moved"}
_SOURCES = {"own": "own task", "other": "one other task", "rest": "all other tasks"}


def paper(pairs: pd.DataFrame) -> Figure:
    """The two scores of the paper's pairs against each other, with the line of least squares.

    Args:
        pairs: of `paper_pairs`.
    """
    figure, ax = plt.subplots(figsize=(6, 3.6))
    looks = {"hue_order": KINDS, "palette": [BLUE, GREEN, VERMILION], "markers": ["o", "s", "^"], "s": 45}
    sns.scatterplot(pairs, x="r2", y="nll", hue="pair", style="pair", style_order=KINDS, ax=ax, **looks)
    line = fit_line(pairs)
    ends = np.array([pairs["r2"].min(), pairs["r2"].max()])
    ax.plot(ends, line.offset + line.slope * ends, "--", color=BLACK, linewidth=1)
    ax.set(xlabel="variance explained, $R^2$", ylabel="NLL, unit not stated")
    ax.legend(title=None)
    return figure


def tasks(matrix: TransferMatrix) -> Figure:
    """R^2 of every source on every target, as it is and with the mean moved."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(9, 4.6), layout="constrained")
    for ax, (rule, title) in zip(axes, _RULES.items(), strict=True):
        heat_map(matrix.matrix(rule), low=-1, high=1, centre=0, decimals=1, ax=ax)
        ax.axhline(len(matrix.tasks) - 0.5, color=BLACK, linewidth=2)
        ax.set(title=title, xlabel="tested on")
        ax.tick_params("x", rotation=90)
    axes[0].set_ylabel("fitted on")
    return figure


def rules(summary: pd.DataFrame) -> Figure:
    """Mean R^2 of every rule by what the source is, with intervals.

    Args:
        summary: of `TransferMatrix.summary`, with all other tasks.
    """
    figure, ax = plt.subplots(figsize=(7.5, 5))
    looks = zip(_SOURCES.items(), "os^", (BLUE, VERMILION, GREEN), strict=True)
    for i, ((name, label), mark, colour) in enumerate(looks):
        rows = np.arange(len(summary)) + 0.28 * (i - 1)
        value, low, high = (summary[name + end] for end in ("", "_low", "_high"))
        ax.hlines(rows, low.clip(FLOOR), high.clip(FLOOR), color=colour, linewidth=1.5)
        ax.scatter(value.clip(FLOOR), rows, marker=mark, color=colour, label=label)
        for row, x in zip(rows[value < FLOOR], value[value < FLOOR], strict=True):
            ax.text(FLOOR + 0.03, row, f"◀ {x:.1f}", va="center", size=9)
    ax.axvline(0, color=BLACK, linewidth=0.9)
    ax.set_yticks(np.arange(len(summary)), summary.index)
    ax.invert_yaxis()
    ax.set_xlabel("variance explained, $R^2(h)$")
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3)
    return figure


def two_scores(scores: pd.DataFrame) -> Figure:
    """The two scores of our pairs of tasks against each other.

    Args:
        scores: of `TransferMatrix.pairs`.
    """
    figure, ax = plt.subplots(figsize=(6, 3.6))
    own = scores["pair"] == "own task"
    for rows, mark, colour in ((scores[~own], "s", GREEN), (scores[own], "o", BLUE)):
        ax.plot(rows["r2"], rows["nll"], mark, color=colour, label=rows["pair"].iloc[0], alpha=0.8)
    ax.set(xlabel="variance explained, $R^2$", ylabel="NLL, nats a step")
    ax.legend()
    return figure


def models(crossed: Mapping[str, ModelTransfer], source: str) -> Figure:
    """R^2 on each target by the match of coordinates, and of a model refitted to the target.

    Args:
        crossed: of `transfer_models`.
        source: spec of the source's model, whose own row is left out.
    """
    tables = {name: result.table() for name, result in crossed.items()}
    order = list(next(iter(tables.values())).index)  # of the source itself, which has all matches
    shown = {name: table.reindex(order) for name, table in tables.items() if name != f"{source}, same text"}
    size = (3 + 2.2 * len(shown), 4.8)
    figure, axes = plt.subplots(1, len(shown), sharey=True, figsize=size, layout="constrained", squeeze=False)
    colours = [_GREY if match in NULLS else BLUE for match in order]
    rows = np.arange(len(order))
    for ax, (name, table) in zip(axes[0], shown.items(), strict=True):
        ax.hlines(rows, table["low"].clip(FLOOR), table["high"].clip(FLOOR), color=colours)
        dots = ax.scatter(table["switching"].clip(FLOOR), rows, color=colours, zorder=3)
        refits = ax.scatter(table["refit"], rows, marker="D", s=22, color=GREEN)
        for row in np.flatnonzero(table["switching"] < FLOOR):
            ax.text(FLOOR + 0.1, row, f"◀ {table['switching'].iloc[row]:.0f}", va="center")
        ax.axvline(0, color=BLACK, linewidth=0.9)
        ax.set(title=name.replace(", ", ",\n"), xlim=(FLOOR - 0.1, 1), xlabel="$R^2(h)$")
    axes[0, 0].set_yticks(rows, order)
    axes[0, 0].invert_yaxis()
    labels = [f"model of {source}", "refitted to the target"]
    figure.legend([dots, refits], labels, loc="outside upper center", ncols=2)
    return figure
