"""Figures of the page."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.pages.knowledge.scores import MODULUS, formula, share
from lmphys.stats.interval import Interval

_GREY = "#555555"


def learning(curve: pd.DataFrame, guess: float) -> Figure:
    """Right answers while a transformer learns to answer.

    Args:
        curve: of `live.learn`.
        guess: most frequent value, %.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.6))
    for (people, part), mark, colour in zip(curve.groupby("people"), ("o--", "s-"), (BLUE, VERMILION), strict=True):
        ax.fill_between(part["step"], part["low"], part["high"], color=colour, alpha=0.2)
        ax.plot(part["step"], part["accuracy"], mark, color=colour, label=str(people))
    ax.axhline(guess, color=BLACK, linestyle=":", linewidth=1.2, label="most frequent value")
    ax.set(xlabel="updates", ylabel="right answers, %", ylim=(-2, 102), xscale="log")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def extraction(tables: Mapping[str, pd.DataFrame], guess: float) -> Figure:
    """Right answers about people who were never asked about, by attribute.

    Args:
        tables: kind of training to `Answered.by_attribute`.
        guess: most frequent value, %, of attributes of one word.
    """
    names = list(next(iter(tables.values())).index)
    figure, ax = plt.subplots(figsize=(6.4, 1.4 + 0.42 * len(names)))
    styles = (("o", VERMILION, -0.13), ("s", BLUE, 0.13))
    for (label, table), (mark, colour, offset) in zip(tables.items(), styles, strict=False):
        y = np.arange(len(names)) + offset
        ax.hlines(y, table["low"], table["high"], color=colour, linewidth=2)
        ax.plot(table["accuracy"], y, mark, color=colour, label=label)
    ax.axvline(guess, color=BLACK, linestyle=":", linewidth=1.2, label="most frequent value")
    ax.set_yticks(np.arange(len(names)), names)
    ax.set(xlabel="right answers, %", xlim=(-2, 102))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def places(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """What a linear reader names where: a panel a kind of training.

    Args:
        tables: kind to `reading.matrix`.
    """
    n_rows, n_columns = next(iter(tables.values())).shape
    figure, axes = plt.subplots(len(tables), 1, figsize=(1.8 + 0.85 * n_columns, len(tables) * (0.9 + 0.36 * n_rows)))
    for ax, (label, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        heat_map(table, low=0, high=100, decimals=0, ax=ax)
        ax.set_title(label)
        # Where a value is about to be told: left of and below this stair it has been told already.
        for column, attribute in enumerate(table.columns):
            row = list(table.index).index(f"before {attribute}")
            ax.plot([column - 0.5, column + 0.5], [row + 0.5, row + 0.5], color=VERMILION, linewidth=2.5)
    return figure


def remainders(with_value: np.ndarray, values: np.ndarray, without: Mapping[str, np.ndarray]) -> Figure:
    """Right remainders with the value written out and without, with the line of the formula.

    Args:
        with_value: (trainings, people) %.
        values: likewise, values that were written out right.
        without: way of asking to (trainings, people) %.
    """
    rows: dict[str, Interval] = {"value written out": share(with_value)} | {k: share(v) for k, v in without.items()}
    figure, ax = plt.subplots(figsize=(6.4, 2.5))
    y = np.arange(len(rows))
    ax.barh(y, [one.value for one in rows.values()], 0.55, color=[GREEN, *[BLUE] * len(without)])
    ax.hlines(
        y, [one.low for one in rows.values()], [one.high for one in rows.values()], color="#222222", linewidth=1.6
    )
    expected = float(formula(values).mean())
    ax.plot([expected] * 2, [-0.4, 0.4], color=VERMILION, linewidth=3, label="a + (1 − a) / m")
    ax.axvline(100 / MODULUS, color=BLACK, linestyle=":", linewidth=1.2, label="chance")
    ax.set_yticks(y, list(rows))
    ax.set(xlabel="right remainders, %", xlim=(0, 102))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def temperatures(curves: Mapping[str, np.ndarray], grid: np.ndarray, even: float) -> Figure:
    """Cross-entropy of values against temperature, for people known and for strangers.

    Args:
        curves: who to (people, temperatures) nats.
        grid: temperatures.
        even: nats of an even guess, the exact law of a stranger.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.6))
    for (label, nats), style, colour in zip(curves.items(), ("-", "--"), (BLUE, VERMILION), strict=True):
        mean = nats.mean(axis=0)
        ax.plot(grid, mean, style, color=colour, label=label)
        ax.plot(grid[mean.argmin()], mean.min(), "o", color=colour)
    ax.axhline(even, color=BLACK, linestyle=":", linewidth=1.2, label="exact law of a stranger")
    ax.axvline(1, color=_GREY, linewidth=0.8)
    ax.set(xlabel="temperature", ylabel="nats a value", xscale="log", yscale="symlog", ylim=(0, None))
    ax.set_xticks([0.25, 0.5, 1, 2, 4, 8, 16], ["¼", "½", "1", "2", "4", "8", "16"])
    ax.minorticks_off()
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def losses(curves: Mapping[str, Sequence[pd.DataFrame]], passes: float) -> Figure:
    """Loss while biographies are learned by heart, a line a training.

    Args:
        curves: kind of training to loss curves.
        passes: of the whole training over its people.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.4))
    for (label, each), style, colour in zip(curves.items(), ("-", "--"), (VERMILION, BLUE), strict=True):
        for one, table in enumerate(each):
            x = table["step"] / table["step"].iloc[-1] * passes
            smooth = table["loss"].rolling(9, min_periods=1, center=True).mean()
            ax.plot(x, smooth, style, color=colour, linewidth=1.3, label=label if one == 0 else None)
    ax.set(xlabel="times that each person was met", ylabel="loss, nats a word", ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=2)
    return figure
