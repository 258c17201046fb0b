"""Figures of the page."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, ScalarFormatter

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.pages.energy_transformer import choices
from lmphys.pages.energy_transformer.curves import FROM
from lmphys.pages.energy_transformer.intervals import gain, perplexity
from lmphys.stats.interval import Interval
from lmphys.training.energy_transformer.recipes import PRICE

_LOOKS = {
    "energies": ("o-", VERMILION, "energies"),
    "energies-noisy": ("x-.", ORANGE, "energies, first guesses as noisy as the paper's"),
    "transformer": ("s--", BLUE, "transformer"),
    "transformer-long": ("^:", SKY, f"transformer, {PRICE} × longer"),
}
_WAYS = {
    choices.HIGHEST: ("v:", ORANGE),
    choices.RANDOM: ("x:", BLACK),
    choices.ENERGY: ("o-", VERMILION),
    choices.ENTROPY: ("^--", PURPLE),
    choices.MEAN: ("s-", BLUE),
}


def first_updates(table: pd.DataFrame, frequencies: float) -> Figure:
    """Losses of the first updates, beside what the frequencies of single characters pay.

    Args:
        table: of `learning.first_updates`.
        frequencies: nats a character.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.4))
    for name in table:
        mark, colour, label = _LOOKS[str(name)]
        ax.plot(table.index, table[name], mark[1:], color=colour, label=label)
    ax.axhline(frequencies, color=BLACK, linestyle=":", linewidth=1.2, label="frequencies of characters")
    ax.set(xlabel="updates", ylabel="loss, nats a character", ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return figure


def curves(table: pd.DataFrame, frequencies: float) -> Figure:
    """Loss on held-out text against the characters read, and against what the reading costs.

    Args:
        table: of `shelf.curves`.
        frequencies: loss of the frequencies of single characters, nats.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.8), sharey=True, layout="constrained")
    for ax, prices, xlabel in (
        (axes[0], {}, "characters read"),
        (axes[1], {"energies": PRICE, "energies-noisy": PRICE}, "cost, in characters read by a transformer"),
    ):
        for name, (mark, colour, label) in _LOOKS.items():
            rows = table[table["name"] == name]
            for seed, each in rows.groupby("seed"):
                ax.plot(
                    prices.get(name, 1) * each["tokens"], each["loss"], mark, color=colour, mfc="white", ms=5,
                    linewidth=1.2, label=label if seed == rows["seed"].min() else None,
                )  # fmt: skip
        ax.axhline(frequencies, color=BLACK, linestyle=":", linewidth=1.2)
        ax.set(xscale="log", yscale="log", xlabel=xlabel)
        ax.yaxis.set_major_formatter(ScalarFormatter())
        ax.yaxis.set_minor_formatter(ScalarFormatter())
    axes[0].axvline(FROM, color=BLACK, linewidth=0.8)
    axes[0].set_ylabel("loss, nats a character")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def thinking(steps: np.ndarray, trained: int, tempered: np.ndarray, transformer: np.ndarray) -> Figure:
    """Perplexity against the steps of descent.

    Args:
        steps: (F + 1, models, windows) nats.
        trained: most steps in training.
        tempered: (models, windows) nats of the prediction after so many, at its best temperature.
        transformer: (models, windows) nats.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.8))
    found = [perplexity(each) for each in steps]
    _bars(ax, np.arange(len(found)), found, fmt="o-", color=VERMILION, label="energies")
    ax.axvline(trained, color=BLACK, linewidth=0.8)
    ax.annotate(
        "as in training", (trained, 1), (4, -12), xycoords=("data", "axes fraction"), textcoords="offset points"
    )
    best, plain = perplexity(tempered), perplexity(transformer)
    _bars(ax, np.array([trained]), [best], fmt="D", color=GREEN, label="at its best temperature")
    ax.axhspan(plain.low, plain.high, color=BLUE, alpha=0.25)
    ax.axhline(plain.value, color=BLUE, linestyle="--", label="transformer, one pass")
    ax.set(xlabel="steps of descent", ylabel="perplexity a character", yscale="log")
    ax.yaxis.set_major_formatter(ScalarFormatter())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks([5, 10, 20, 50, 100, 200])
    ax.set_ylim(min(plain.low, *(one.low for one in found)) / 1.2, 1.2 * max(one.high for one in found))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def several(by_number: Mapping[int, Mapping[str, np.ndarray]]) -> Figure:
    """Gain over one guess against the number of guesses, a line a way to use them.

    Args:
        by_number: number of guesses to `choices.table`.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.9))
    numbers = list(by_number)
    for number, (way, (mark, colour)) in enumerate(_WAYS.items()):
        found = [gain(by_number[m][choices.SINGLE], by_number[m][way]) for m in numbers]
        x = np.array(numbers) + 0.07 * (number - 2)
        _bars(ax, x, found, fmt=mark, color=colour, label=way)
    ax.axhline(0, color=BLACK, linewidth=0.8)
    ax.set(xlabel="guesses of each character", ylabel="gain in perplexity, %")
    ax.set_xticks(numbers)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def sentence(characters: str, rows: Mapping[str, np.ndarray]) -> Figure:
    """Numbers of each character of one window, a panel each.

    Args:
        characters: S of them.
        rows: label to (S,) numbers.
    """
    figure, axes = plt.subplots(len(rows), 1, figsize=(8.6, 1.35 * len(rows) + 0.6), sharex=True, layout="constrained")
    for ax, (label, values), colour in zip(axes, rows.items(), (VERMILION, BLUE, GREEN), strict=False):
        ax.plot(np.arange(len(values)), values, "o-", color=colour, ms=4, linewidth=1)
        ax.set_title(label, fontsize=11, loc="left")
    shown = [{" ": "␣", "\n": "⏎"}.get(character, character) for character in characters]
    axes[-1].set_xticks(np.arange(len(shown)), shown)
    return figure


def ladder(
    thinking_on: Mapping[str, Sequence[np.ndarray]],
    tempered_on: Mapping[str, Sequence[np.ndarray]],
    near: str,
) -> Figure:
    """Gain in perplexity against how unlike the training a text is.

    Args:
        thinking_on: text to (models, windows) nats after the first step and after the trained number of steps.
        tempered_on: text to the same after the first step, as it is and at the best temperature.
        near: text in whose perplexity those of the others are measured.
    """
    base = perplexity(thinking_on[near][1]).value
    shift = {text: float(perplexity(pair[1]).value / base) for text, pair in thinking_on.items()}
    texts = sorted(shift, key=lambda text: shift[text])
    figure, ax = plt.subplots(figsize=(6.4, 1.2 + 0.5 * len(texts)))
    rows = np.arange(len(texts))
    for label, gains, mark, colour, offset in (
        ("by more steps", thinking_on, "o", VERMILION, -0.12),
        ("by a temperature", tempered_on, "D", GREEN, 0.12),
    ):
        found = [gain(*gains[text]) for text in texts]
        x = np.array([one.value for one in found])
        ends = np.abs([[one.low, one.high] for one in found] - x[:, None]).T
        ax.errorbar(x, rows + offset, xerr=ends, fmt=mark, color=colour, mfc="white", capsize=3, label=label)
    ax.axvline(0, color=BLACK, linewidth=0.8)
    ax.set_yticks(rows, [f"{text}\n{shift[text]:.2g} ×" for text in texts])
    ax.set(xlabel="gain in perplexity, %", ylim=(len(texts) - 0.5, -0.5))
    ax.grid(visible=False, axis="y")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def _bars(ax: Axes, x: np.ndarray, found: Sequence[Interval], **look: Any) -> None:
    """Values with their intervals."""
    y = np.array([one.value for one in found])
    ends = np.abs([[one.low, one.high] for one in found] - y[:, None]).T
    ax.errorbar(x, y, ends, mfc="white", capsize=3, **look)
