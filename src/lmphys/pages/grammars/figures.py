"""Figures of the page."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.pages.grammars.models import KINDS, Model
from lmphys.pages.grammars.probe import IDEAL, LAW, RANDOM, TRAINED, WINDOW
from lmphys.problems.grammar.sample import Derivations

_LOOKS = {
    "rotary": (BLUE, "o"),
    "relative": (SKY, "s"),
    "uniform": (GREEN, "^"),
    "absolute": (VERMILION, "D"),
    "none": (PURPLE, "X"),
    "canon": (ORANGE, "P"),
}
_FILLS = ("#ffffff", "#cfe3f1", "#8fbfdd")  # of symbols 0, 1, 2; the number is written inside
_ROWS = 25  # of a loss curve that are averaged into a point


def tree(derivations: Derivations, string: int = 0) -> Axes:
    """One derivation as rows of boxes, the root on top: each box is a symbol, as wide as its words.

    Args:
        derivations: with the string.
        string: its number.
    """
    first = int(derivations.lengths[:string].sum())
    words = slice(first, first + int(derivations.lengths[string]))
    ax = plt.subplots(figsize=(6.4, 2.4))[1]
    rows = [*derivations.ancestors[:, words], derivations.words[words]]
    ends = [*derivations.boundaries[:, words], np.ones(len(rows[0]), dtype=bool)]
    for depth, (symbols, last) in enumerate(zip(rows, ends, strict=True)):
        is_word, start = depth == len(rows) - 1, 0
        for end in map(int, np.flatnonzero(last) + 1):
            symbol = int(symbols[start])
            ax.add_patch(
                plt.Rectangle((start + 0.04, -depth), end - start - 0.08, 0.8, fc=_FILLS[symbol % 3], ec=BLACK)
            )
            name = "root" if depth == 0 else chr(ord("a") + symbol) if is_word else str(symbol)
            ax.text((start + end) / 2, 0.4 - depth, name, ha="center", va="center", fontsize=11)
            start = end
    ax.set(xlim=(-0.1, len(rows[0]) + 0.1), ylim=(0.9 - len(rows), 0.9), xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    return ax


def lesson(progressed: pd.DataFrame, counts: pd.DataFrame) -> Axes:
    """Excess against tokens of the training on this page, on seen and unseen strings.

    Args:
        progressed: of `progress`.
        counts: of `same_documents`.
    """
    ax = plt.subplots()[1]
    for (name, table), colour, marker in zip(progressed.groupby("strings"), (BLUE, VERMILION), "oD", strict=True):
        ax.errorbar(
            table["tokens"], table["excess"], [table["excess"] - table["low"], table["high"] - table["excess"]],
            color=colour, marker=marker, label=f"transformer, {name} strings",
        )  # fmt: skip
    longest = counts.iloc[-1]
    for name, colour, line in (("seen", BLUE, ":"), ("unseen", VERMILION, "--")):
        ax.axhline(longest[name], color=colour, ls=line, lw=1.2, label=f"{counts.index[-1]}-gram, {name} strings")
    _of_tokens(ax)
    return ax


def curves(models: Sequence[Model], floor: float, counts: Mapping[str, float]) -> Axes:
    """Loss on fresh documents above the entropy of the language, against tokens; mean over the trainings of a kind.

    Args:
        models: of the kinds.
        floor: entropy of the language, nats per token.
        counts: name -> excess of a table of counts, nats per token.
    """
    ax = plt.subplots(figsize=(6.4, 4.4))[1]
    for kind in dict.fromkeys(model.kind for model in models):
        tables = [model.losses for model in models if model.kind == kind]
        n = min(map(len, tables))
        loss = np.mean([table["loss"].to_numpy()[:n] for table in tables], axis=0) - floor
        tokens = tables[0]["tokens"].to_numpy()[:n]
        edges = np.unique(np.geomspace(1, n, min(n, _ROWS)).round().astype(int))
        starts = np.r_[0, edges[:-1]]
        points = [(tokens[e - 1], loss[s:e].mean()) for s, e in zip(starts, edges, strict=True)]
        colour, marker = _LOOKS.get(kind, (BLACK, "v"))
        x, y = np.array(points).T
        ax.plot(x, y, marker=marker, markevery=4, color=colour, label=KINDS.get(kind, kind))
    for name, value in counts.items():
        ax.axhline(value, color=BLACK, ls=":", lw=1)
        ax.annotate(name, (1, value), xycoords=("axes fraction", "data"), xytext=(2, 0), textcoords="offset points",
                    va="center", fontsize=10)  # fmt: skip
    _of_tokens(ax)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def excesses(table: pd.DataFrame) -> Axes:
    """Excess of each kind with its interval, and of tables of counts.

    Args:
        table: of `excess_table`.
    """
    shown = table.sort_values("excess", ascending=False)
    ax = plt.subplots(figsize=(6.4, 1 + 0.36 * len(shown)))[1]
    height = np.arange(len(shown))
    for y, (kind, row) in zip(height, shown.iterrows(), strict=True):
        colour, marker = _LOOKS.get(str(kind), (BLACK, "v"))
        ax.hlines(y, max(row["low"], row["excess"] / 10), row["high"], color=colour)  # the axis is logarithmic
        ax.plot(row["excess"], y, marker, color=colour)
    ax.set_yticks(height, [KINDS.get(str(kind), str(kind)) for kind in shown.index])
    ax.set(xscale="log", xlabel="excess over the exact law, nats per token")
    ax.grid(visible=False, axis="y")
    return ax


def validity(table: pd.DataFrame, halves: pd.DataFrame) -> Axes:
    """Share of valid strings from nothing and from half a string.

    Args:
        table: of `written_table`, written from nothing.
        halves: of the second halves; it may lack kinds.
    """
    ax = plt.subplots(figsize=(6.4, 1 + 0.42 * len(table)))[1]
    height = np.arange(len(table))
    for shown, shift, colour, marker, label in (
        (table, -0.13, BLUE, "o", "from nothing"),
        (halves.reindex(table.index), 0.13, VERMILION, "D", "from half a string"),
    ):
        ax.hlines(height + shift, shown["low"], shown["high"], color=colour)
        ax.plot(shown["valid"], height + shift, marker, color=colour, label=label)
    ax.set_yticks(height, [KINDS.get(str(kind), str(kind)) for kind in table.index])
    ax.invert_yaxis()
    ax.set(xlabel="valid strings, %", xlim=(-2, 102))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def layers(table: pd.DataFrame) -> Figure:
    """Accuracy of probes by layer, a panel a level, with what needs no layer as lines.

    Args:
        table: `level`, `layer` (missing for what has none), `reader`, `accuracy` in per cent, `low`, `high`.
    """
    names = list(dict.fromkeys(table["level"]))
    figure, axes = plt.subplots(1, len(names), figsize=(6.4, 4), sharey=True, squeeze=False)
    lines = {WINDOW: (GREEN, "--"), LAW: (PURPLE, ":"), IDEAL: (BLACK, "-.")}
    for ax, level in zip(axes[0], names, strict=True):
        own = table[table["level"] == level]
        for reader, colour, marker in ((TRAINED, BLUE, "o"), (RANDOM, VERMILION, "D")):
            curve = own[own["reader"] == reader]
            bars = [curve["accuracy"] - curve["low"], curve["high"] - curve["accuracy"]]
            ax.errorbar(curve["layer"], curve["accuracy"], bars, color=colour, marker=marker, label=f"states, {reader}")
        for reader, (colour, line) in lines.items():
            ax.axhline(own[own["reader"] == reader]["accuracy"].iloc[0], color=colour, ls=line, label=reader)
        ax.set(title=level, xlabel="layer", xticks=sorted(own["layer"].dropna().unique()))
    axes[0, 0].set_ylabel("symbols named, %")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def after_errors(table: pd.DataFrame) -> Axes:
    """Continuations that add no error against temperature, after clean and spoilt beginnings.

    Args:
        table: of `generation.after_errors`.
    """
    ax = plt.subplots()[1]
    for (name, own), colour, marker in zip(table.groupby("beginning"), (BLUE, VERMILION), "oD", strict=True):
        bars = [own["sound"] - own["low"], own["high"] - own["sound"]]
        ax.errorbar(own["temperature"], own["sound"], bars, color=colour, marker=marker, label=f"{name} beginning")
    ax.set(xlabel="temperature of the sampling", ylabel="sound continuations, %", ylim=(0, 102))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def heat(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Energy and heat capacity of the next word against temperature.

    Args:
        tables: name -> `heated`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.6))
    looks = ((BLACK, "-"), (BLUE, "--"), (VERMILION, ":"), (GREEN, "-."))
    for (name, table), (colour, line) in zip(tables.items(), looks, strict=False):
        label = {"none": "no positions"}.get(name, name)
        for ax, column in zip(axes, ("U", "C"), strict=True):
            ax.plot(table.index, table[column], line, color=colour, label=label)
    for ax, label in zip(axes, ("energy $U$, nats", "heat capacity $C$, $k_B$"), strict=True):
        ax.axvline(1, color="#999999", lw=0.8)
        ax.set(xlabel="temperature $T$", ylabel=label, xscale="log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def _of_tokens(ax: Axes) -> None:
    ax.set(xscale="log", yscale="log", xlabel="tokens read", ylabel="excess, nats per token")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
