"""Figures of the page on diffusion."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MultipleLocator, NullFormatter

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.pages.diffusion.continuations import HIGH, LOW
from lmphys.pages.diffusion.peaks import Likelihoods
from lmphys.stats.interval import Interval

GREY = "#555555"
_ROUNDS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY)


def _steps_axis(ax: plt.Axes, label: str = "steps T") -> None:
    ax.set(xscale="log", xlabel=label)
    ax.xaxis.set_major_locator(LogLocator(base=10))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter(NullFormatter())


def heartbeats(table: pd.DataFrame, reported: float) -> Figure:
    """K against the number of steps, with the last step learned and set; table of `heartbeat.bounds`."""
    figure, ax = plt.subplots(figsize=(6.6, 4.0))
    mine = table[table["noise"] == 0.2]
    for column, mark, colour, label in (
        ("learned", "o", BLUE, "last step learned"),
        ("set", "s", VERMILION, "last step set"),
    ):
        ends = np.abs(mine[[f"{column}_low", f"{column}_high"]].to_numpy() - mine[[column]].to_numpy()).T
        ax.errorbar(mine["steps"], mine[column], ends, fmt=mark, color=colour, mfc="white", capsize=4, label=label)
    ax.plot(mine["steps"], mine["-H(X1)"], color=VERMILION, linestyle="--", label="$-H(X_1)$, exact")
    ax.axhline(-np.log2(5), color=GREY, linestyle=":", label=r"truth, $-\log_2 5$")
    ax.plot([2000], [reported], "*", color=BLACK, ms=13, label="paper, Table 1")
    _steps_axis(ax)
    ax.set(ylabel="K, bits a sequence", ylim=(-7.6, -1.9))
    ax.legend(loc="lower right")
    return figure


def swiss_roll(data: np.ndarray, drawn: np.ndarray, given: np.ndarray, value: float) -> Figure:
    """Points, points that the chain draws, and those that it draws given the first coordinate; (n, 2) each."""
    figure, axes = plt.subplots(1, 3, figsize=(8.6, 3.3), sharex=True, sharey=True, layout="constrained")
    for ax, x, title in zip(
        axes, (data, drawn, given), ("data", "learned chain", f"times r, $x_1 ≈ {value:g}$"), strict=True
    ):
        ax.plot(x[:, 0], x[:, 1], ".", ms=3, color=BLUE, alpha=0.5)
        ax.set(title=title, xlabel="$x_1$", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), aspect="equal")
    axes[2].plot(data[:, 0], data[:, 1], ".", ms=1, color=GREY, alpha=0.3, zorder=0)
    axes[0].set_ylabel("$x_2$")
    return figure


def entropies(holds: pd.DataFrame, wide: pd.DataFrame) -> Figure:
    """Entropy of the reverse step less that of the forward step, which is its upper bound, a panel a variance."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.5), layout="constrained", sharey=True)
    for ax, table, title in zip(axes, (holds, wide), ("data of variance 1", "data of variance 9.1"), strict=True):
        low, exact = (table[name] - table["upper"] for name in ("lower", "exact"))
        ax.fill_between(table["step"], low, 0, color=SKY, alpha=0.35, label="between the bounds")
        ax.plot(table["step"], exact, color=BLUE, label="exact")
        out = ~table["holds"]
        ax.plot(table["step"][out], exact[out], "x", color=VERMILION, ms=8, label="outside")
        ax.set(xlabel="step t", title=f"{title}: {table['holds'].sum()} of {len(table)}")
        ax.xaxis.set_major_locator(MultipleLocator(5))
    axes[0].set_ylabel("less the upper bound, bits")
    axes[0].legend(loc="lower right")
    return figure


def likelihood(found: Likelihoods) -> Figure:
    """Left: three numbers for the likelihood of each place. Right: histogram of the work at one of them."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    order = np.argsort(found.exact)
    y = np.arange(len(order))
    ax.plot(found.exact[order], y, "o", color=BLUE, mfc="white", ms=9, label="chain, on a grid")
    ax.errorbar(
        found.from_paths[order], y, xerr=1.96 * found.error[order], fmt="x", color=VERMILION, capsize=3,
        label="exponential mean",
    )  # fmt: skip
    ax.plot(found.mean_work[order], y, "<", color=GREEN, label="minus mean work, K")
    ax.set(xlabel=r"$\ln p(x_0)$, nats", yticks=[], ylabel="places", ylim=(-0.7, len(y) + 2.2))
    ax.legend(loc="upper left", fontsize=9)
    place = int(order[len(order) // 2])
    low, high = np.quantile(found.work[place], (0.002, 0.998))
    beside.hist(found.work[place], np.linspace(low, high, 60), density=True, color=SKY, label="work of paths")
    beside.axvline(found.work[place].mean(), color=GREEN, linestyle="--", label="mean")
    beside.axvline(-found.exact[place], color=BLUE, label=r"$-\ln p(x_0)$")
    beside.set(xlabel="work w, nats", ylabel="density", title="at one place")
    beside.legend(fontsize=9)
    return figure


def dissipation(curves: Mapping[str, Mapping[int, Interval]], total: float) -> Figure:
    """Dissipated bits a character against the number of steps, one curve a way of masking."""
    figure, ax = plt.subplots(figsize=(6.6, 3.9))
    for (name, curve), colour, mark in zip(curves.items(), (BLUE, VERMILION, GREEN), "os^", strict=False):
        T = np.array(list(curve))
        y, low, high = np.array([tuple(each) for each in curve.values()]).T
        shown = y > 1e-6
        bars = np.maximum(0, [(y - low)[shown], (high - y)[shown]])
        ax.errorbar(T[shown], y[shown], bars, fmt=mark, color=colour, mfc="white", capsize=3, label=name)
    T = np.array([1, 2000])
    ax.plot(T, total / T, color=GREY, linestyle="--", label="total correlation / T")
    _steps_axis(ax)
    ax.set(yscale="log", ylabel="dissipation, bits a character", ylim=(1e-4, 2))
    ax.legend(loc="lower left")
    return figure


def works(found: Mapping[int, np.ndarray], steps: Sequence[int]) -> Figure:
    """Histograms of the dissipated work of strings, with its mean and its exponential mean."""
    figure, axes = plt.subplots(1, len(steps), figsize=(8.6, 3.4), layout="constrained", sharey=True)
    for ax, T in zip(axes, steps, strict=True):
        w = found[T]
        ax.hist(w, np.linspace(-8, 24, 50), density=True, color=SKY)
        ax.axvline(w.mean(), color=BLUE, linestyle="--", label=f"mean {w.mean():.2f}")
        log = -np.log2(np.mean(2.0**-w))
        ax.axvline(log, color=VERMILION, label=f"exponential mean {log:.2f}".replace("-", "−"))
        ax.set(xlabel="work w, bits", title=f"T = {T}")
        ax.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.08))
    axes[0].set_ylabel("density")
    return figure


def shares(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Total correlation over joint entropy, a line a context, from the estimate below to the one above."""
    figure, ax = plt.subplots(figsize=(6.6, 3.2))
    for row, table in enumerate(tables.values()):
        y = row + np.linspace(-0.25, 0.25, len(table))
        ax.hlines(
            y, table[f"share {LOW}"], table[f"share {HIGH}"], color=(BLUE, VERMILION, GREEN)[row % 3], linewidth=3
        )
        ax.plot(table[f"share {LOW}"], y, "|", color=BLACK)
        ax.plot(table[f"share {HIGH}"], y, "|", color=BLACK)
    ax.axvline(0.5, color=GREY, linestyle=":")
    ax.set_yticks(range(len(tables)), list(tables))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set(xlabel="total correlation / joint entropy", xlim=(-0.05, None))
    return figure


def written(
    bounds: Mapping[str, Mapping[int | None, Interval]], following: Interval, counted: Sequence[float]
) -> Figure:
    """Bits a character against the number of steps: masked models, their twins, and n-grams as lines.

    Args:
        bounds: what a model is called, to its bound at each number of steps; None is one character a step.
        following: of the twins.
        counted: of n-grams of order 1, 2, ...
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.9))
    for (name, curve), colour, mark in zip(bounds.items(), (BLUE, PURPLE), "os", strict=False):
        T = np.array([128 if steps is None else steps for steps in curve])
        y, low, high = np.array([tuple(each) for each in curve.values()]).T
        ax.errorbar(
            T, y, np.maximum(0, [y - low, high - y]), fmt=f"{mark}-", color=colour, mfc="white", capsize=4, label=name
        )
    ax.axhspan(following.low, following.high, color=VERMILION, alpha=0.2)
    ax.axhline(following.value, color=VERMILION, label="next character")
    for order, bits in enumerate(counted, start=1):
        if order in (1, 2, 3, len(counted)):
            ax.axhline(bits, color=GREY, linestyle=":", linewidth=1)
            ax.annotate(f"{order}-gram", (1, bits), xytext=(2, 2), textcoords="offset points", fontsize=9, color=GREY)
    ax.set_xscale("log", base=2)
    ax.set_xticks([1, 2, 4, 8, 16, 32, 128], ["1", "2", "4", "8", "16", "32", "one a step"])
    ax.set(xlabel="steps T", ylabel="bits a character")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def rounds(texts: Mapping[int, tuple[str, np.ndarray]]) -> Figure:
    """Texts that a masked model writes in a few rounds, the characters of one round in one colour.

    Args:
        texts: number of rounds to the text and the round of each character.
    """
    width, lines = 32, 0
    figure, ax = plt.subplots(figsize=(8.6, 3.8))
    for T, (text, when) in texts.items():
        ax.text(0, -lines, f"T = {T}", fontsize=11, fontweight="bold", va="center")
        lines += 1
        for i, (character, step) in enumerate(zip(text.replace("\n", "⏎"), when, strict=True)):
            colour = _ROUNDS[(int(step) - 1) * len(_ROUNDS) // max(T, len(_ROUNDS))]
            at = (1 + i % width, -lines - i // width)
            ax.text(*at, character if character != " " else "·", color=colour, fontsize=11, family="monospace",
                    ha="center", va="center")  # fmt: skip
        lines += 1 + (len(text) - 1) // width
    ax.set(xlim=(-0.5, width + 1), ylim=(-lines, 1))
    ax.axis("off")
    return figure
