"""Figures of the page on Gibbs weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, GREEN, SKY, VERMILION
from lmphys.pages.gibbs.paper import Paper
from lmphys.pages.gibbs.ties import Gain
from lmphys.retrieval.gains import mean_over_questions
from lmphys.retrieval.pool import Pool

_GREY = "#555555"


def paper_beside_itself(paper: Paper) -> Figure:
    """Accuracy against the number of chains by the paper's figure, its table, and a logarithm."""
    shown, table = paper.figure, paper.table
    a, b = paper.logarithm()
    figure, ax = plt.subplots(figsize=(6.6, 3.8))
    ax.plot(shown.index, shown.gibbs, "o-", color=VERMILION, label="weights 1/E², figure")
    ax.plot(shown.index, shown.majority, "s", color=BLUE, label="majority, figure")
    ax.plot(shown.index, a + b * np.log(shown.index), "--", color=BLUE, label=f"{a:.2f} + {b:.3f} ln K")
    for name, colour in (("majority", BLUE), ("1/E²", VERMILION)):
        ax.plot(paper.n_chains, table.accuracy[name], "v", ms=10, mec="black", color=colour)
    ax.errorbar(1.15, 88, paper.standard_error, capsize=4, color=_GREY, label="one standard error")
    ax.plot([], [], "v", ms=9, color="white", mec="black", label="the same votes, table")
    ax.set(xlabel="chains K", ylabel="accuracy, %", xscale="log", xticks=shown.index)
    ax.set_ylim(84, 92.7)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.legend(fontsize=9, ncols=2, loc="upper left")
    return figure


def energies(pool: Pool) -> Figure:
    """Energies of all chains, a column a question in order of the column's mean; right and wrong ones apart."""
    figure, ax = plt.subplots(figsize=(8.4, 3.8))
    order = np.argsort(np.argsort(pool.energy.mean(axis=1)))
    place = np.repeat(order[:, None], pool.n_chains, axis=1).astype(float)
    right, wrong = pool.right, ~pool.right
    how: dict[str, Any] = {"s": 18, "linewidths": 1.2}
    ax.scatter(place[right] + 0.15, pool.energy[right], facecolors="none", edgecolors=BLUE, label="right", **how)
    ax.scatter(place[wrong] - 0.15, pool.energy[wrong], marker="x", color=VERMILION, label="wrong", **how)
    ax.set(xlabel="question", ylabel="energy E, nats per token", xticks=[])
    if not pool.has_energies:
        ax.text(0.5, 0.5, "no energies", transform=ax.transAxes, ha="center")
    ax.legend(ncols=2, loc="upper left")
    return figure


def powers(sweep: pd.DataFrame, n_chains: int) -> Figure:
    """Gain of weights 1/E^p over the majority vote against p, and how many equal votes they amount to.

    Args:
        sweep: of `sweep_powers`; may be empty.
        n_chains: K.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
    if len(sweep):
        finite = sweep[np.isfinite(sweep.index)]
        ax.fill_between(finite.index, 100 * finite.low, 100 * finite.high, alpha=0.25)
        ax.plot(finite.index, 100 * finite.gain, "o-")
        ax.axhline(100 * sweep.gain[np.inf], color=_GREY, linestyle="--", label="best of K")
        ax.legend()
        beside.plot(finite.index, finite.votes, "s-", color=GREEN)
    for side in (ax, beside):
        side.axvline(2, color="black", linestyle=":")
        side.set(xscale="log", xlabel="exponent p", xticks=[1, 10, 100, 1000])
        side.xaxis.set_major_formatter("{x:g}")
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set_ylabel("gain over majority, points")
    beside.set(ylabel="equal votes", ylim=(0, n_chains + 0.5))
    return figure


def discriminations(found: pd.DataFrame) -> Figure:
    """Share of the pairs in which the right chain scores higher, a row a score.

    Args:
        found: of `discrimination`.
    """
    figure, ax = plt.subplots(figsize=(6.6, 0.9 + 0.42 * len(found)))
    _rows_with_intervals(ax, found, "value")
    ax.axvline(0.5, color=_GREY, linestyle="--")
    ax.set_yticks(np.arange(len(found)), found.index)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="right chain scores higher")
    return figure


def gains(votes: pd.DataFrame, oracle: float) -> Figure:
    """Gain of each law over the majority vote of the same chains, and that of an oracle.

    Args:
        votes: of `compare_laws`, the majority among them.
        oracle: its accuracy, a share.
    """
    shown = 100 * votes.drop(index="majority")[["gain", "low", "high"]]
    figure, ax = plt.subplots(figsize=(6.8, 1.3 + 0.4 * len(shown)))
    _rows_with_intervals(ax, shown, "gain")
    ax.plot(100 * (oracle - votes.accuracy["majority"]), len(shown), "D", color=GREEN, ms=8)
    ax.axvline(0, color=_GREY, linestyle="--")
    ax.set_yticks(np.arange(len(shown) + 1), [*shown.index, "oracle"])
    ax.invert_yaxis()
    ax.set_xlabel("gain over the majority vote, points")
    return figure


def _rows_with_intervals(ax: Axes, table: pd.DataFrame, column: str) -> None:
    """A point a row with its interval in the columns `low` and `high`."""
    value = table[column]
    ends = [value - table["low"], table["high"] - value]
    ax.errorbar(value, np.arange(len(table)), xerr=ends, fmt="o", capsize=4)


def accuracy_by_chains(
    curve: Mapping[str, np.ndarray], sizes: Sequence[int], greedy: np.ndarray, *, seed: int = 0
) -> Figure:
    """Accuracy against the number of chains, with the interval of the majority vote.

    Args:
        curve: law to (sizes, Q), of `accuracy_curve`; `majority` and `oracle` among them.
        sizes: numbers of chains.
        greedy: (Q,) whether one greedy chain is right.
        seed: of the bootstrap over questions.
    """
    figure, ax = plt.subplots(figsize=(6.8, 4))
    for (name, values), mark in zip(curve.items(), ("s-", "o-", "^--", "v:", "D:"), strict=False):
        ax.plot(sizes, 100 * values.mean(axis=1), "D:" if name == "oracle" else mark, label=name)
    band = [mean_over_questions(row, bounds=(0, 1), seed=seed) for row in curve["majority"]]
    ax.fill_between(sizes, *(100 * np.array([(i.low, i.high) for i in band]).T), alpha=0.15)
    ax.axhline(100 * greedy.mean(), color=_GREY, linestyle="-.", label="greedy")
    ax.set(xlabel="chains K", ylabel="accuracy, %", xticks=sizes)
    ax.legend(fontsize=9)
    return figure


def ties(gain: Gain) -> Figure:
    """Gain of 1/E² over the majority vote against the number of chains, split into its two sources."""
    figure, ax = plt.subplots(figsize=(6.8, 3.6))
    if len(gain.by_size):
        shown = 100 * gain.by_size
        where = np.arange(len(shown))
        ax.bar(where - 0.2, shown["from ties"], 0.36, color=SKY, label="from ties")
        ax.bar(where + 0.2, shown["from overturned"], 0.36, color=VERMILION, hatch="//", label="from overturned")
        ends = [shown.gain - shown.low, shown.high - shown.gain]
        ax.errorbar(where, shown.gain, ends, fmt="ok", capsize=4, label="together")
        ax.set_xticks(where, shown.index)
        ax.legend(ncols=3)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xlabel="chains K", ylabel="gain over majority, points")
    return figure
