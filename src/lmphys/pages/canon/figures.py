"""Figures of the page."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLACK, PALETTE
from lmphys.pages.canon import laws
from lmphys.pages.canon.comparisons import accuracies

_MARKERS, _LINES = "osD^vPX", ("-", "--", "-.", ":")


def live(losses: pd.DataFrame, accuracy: pd.DataFrame, lengths: np.ndarray) -> Figure:
    """Loss and accuracy while a transformer learns to copy.

    Args:
        losses: curve of `learn`.
        accuracy: by kept update, of `learn`.
        lengths: words of the lists that it was asked to copy.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.2), sharex=True)
    guess = np.mean([np.mean(np.log(np.arange(1, n + 1))) for n in lengths])
    left.plot(losses["step"], losses["loss"])
    left.axhline(guess, color=BLACK, linestyle=":", linewidth=1.2)
    left.set(ylabel="loss, nats a word", xlabel="updates", ylim=(0, None))
    ends = accuracy[["low", "high"]].to_numpy()
    right.fill_between(accuracy["step"], *ends.T, alpha=0.25)
    right.plot(accuracy["step"], accuracy["accuracy"], "o-")
    right.axhline(laws.listed_not_yet_copied(lengths), color=BLACK, linestyle=":", linewidth=1.2, label="guess")
    right.set(ylabel="accuracy, %", xlabel="updates", ylim=(0, 102))
    right.legend(loc="upper left")
    return figure


def by_place(tables: Mapping[str, pd.DataFrame], lengths: Mapping[str, np.ndarray]) -> Figure:
    """Accuracy against the place in the copy, a panel a kind of lists.

    Args:
        tables: kind of lists to `accuracy_by_place`.
        lengths: kind of lists to the words of each document.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(6.4, 3.4), sharex=True, sharey=True)
    for ax, (kind, table) in zip(axes, tables.items(), strict=True):
        for number, (label, values) in enumerate(table.items()):
            ax.plot(values.index + 1, values, _MARKERS[number] + _LINES[number], label=label, markevery=4)
        guess = laws.not_yet_copied_by_place(lengths[kind])
        ax.plot(np.arange(len(guess)) + 1, guess, color=BLACK, linestyle=":", label="not yet copied")
        ax.set(title=kind, xlabel="word of the copy", ylim=(0, 102))
    axes[0].set_ylabel("accuracy, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def walks(scores: Mapping[int, Mapping[str, np.ndarray]], n_vertices: int) -> Figure:
    """Accuracy by number of steps, a row a kind of transformer, beside an even guess.

    Args:
        scores: number of steps to kind to (trainings, documents) %.
        n_vertices: of the cycles.
    """
    kinds = list(next(iter(scores.values())))
    figure, axes = plt.subplots(1, len(scores), figsize=(6.4, 1.3 + 0.34 * len(kinds)), sharex=True, sharey=True)
    for ax, (hops, some) in zip(axes, scores.items(), strict=True):
        table, rows = accuracies(some), np.arange(len(kinds))
        ax.axvline(laws.even_guess(n_vertices), color=BLACK, linestyle=":", linewidth=1.2)
        ax.hlines(rows, table["low"], table["high"], linewidth=2)
        ax.plot(table["accuracy"], rows, "o")
        for row, kind in enumerate(kinds):
            each = some[kind].mean(axis=1)
            ax.plot(each, np.full(len(each), row), "|", color=PALETTE[1], markersize=11, markeredgewidth=1.8)
        ax.set(title="1 step" if hops == 1 else f"{hops} steps", xlabel="accuracy, %", xlim=(-2, 102))
        ax.set_yticks(rows, kinds)
        ax.grid(visible=False, axis="y")
    axes[0].set_ylim(len(kinds) - 0.5, -0.5)
    return figure


def staircase(curves: Mapping[str, Sequence[pd.DataFrame]], plateaus: np.ndarray) -> Figure:
    """Loss against updates, a line a training, with the exact losses of one who knows so many numbers of steps.

    Args:
        curves: kind of transformer to loss curves.
        plateaus: of `laws.plateaus`.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.8))
    for number, (label, each) in enumerate(curves.items()):
        for one, table in enumerate(each):
            smooth = table["loss"].rolling(5, min_periods=1, center=True).mean()
            ax.plot(table["step"], smooth, _LINES[number], color=PALETTE[number], linewidth=1.3,
                    label=label if one == 0 else None)  # fmt: skip
    first = min(table["step"].iloc[0] for each in curves.values() for table in each)
    for known, height in enumerate(plateaus):
        ax.axhline(height, color=BLACK, linestyle=":", linewidth=1.2)
        ax.annotate(f"knows {known}", (first, height), xytext=(62 * known, 3), textcoords="offset points")
    ax.set(xlabel="updates", ylabel="loss, nats an answer", ylim=(-0.1, 4.2), xscale="log")
    ax.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def taps(table: pd.DataFrame, initial: float) -> Figure:
    """Size of the learned weights by block, letter and place, as shares of the size before training.

    Args:
        table: of `learned_taps`.
        initial: size before training.
    """
    rows = [f"block {block}, {letter}" for block, letter in table.index]
    shown = pd.DataFrame(table.to_numpy() / initial, index=rows, columns=["0", "1", "2", "3"])
    figure, ax = plt.subplots(figsize=(5.2, 1.2 + 0.34 * len(rows)))
    heat_map(shown, low=0, ax=ax)
    ax.set_xlabel("tokens back")
    return figure
