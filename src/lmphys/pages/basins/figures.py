"""Figures of the page on basins."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, GREEN, VERMILION
from lmphys.pages.basins import hopfield_capacity, mean_field
from lmphys.pages.basins.hopfield import Basins, DenseHopfield
from lmphys.pages.basins.returns import KINDS

_GREY = "#555555"


def order_parameters(sizes: Sequence[int] = (3, 8)) -> Figure:
    """Order parameters against β: two opposite memories, and N at right angles with hysteresis.

    Lines are closed forms, marks the network itself.

    Args:
        sizes: two numbers of memories N, each at least 3.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained", width_ratios=[2, 3])
    m = np.linspace(0.02, 0.995, 200)
    ax.plot(np.r_[0.4, 1, np.arctanh(m) / m], np.r_[0, 0, m], color=BLUE)
    for beta in (0.5, 0.8, 1.2, 1.6, 2.2, 2.8):
        pair = DenseHopfield(np.array([[1.0], [-1.0]]), beta)
        ax.plot(beta, pair.relax(np.array([[0.9]]))[0], "o", color=BLUE, mfc="white")
    ax.set(xlabel="β", ylabel="m", title="two opposite patterns", xlim=(0.4, 3))
    s = np.linspace(0.005, 0.999, 600)
    for n, colour in zip(sizes, (BLUE, VERMILION), strict=True):
        curve = mean_field.branch(s, n)
        stable = s >= s[curve.argmin()]
        beside.plot(curve[stable], s[stable], color=colour)
        beside.plot(curve[~stable], s[~stable], "--", color=colour)
        betas = np.linspace(mean_field.limits(n)[0] - 0.5, n + 0.6, 15)
        beside.plot(betas, mean_field.sweep(betas, n), "^", color=colour, label=f"N = {n}")
        beside.plot(betas, mean_field.sweep(betas[::-1], n)[::-1], "v", color=colour, mfc="white")
        beside.axvline(mean_field.transition(n)[0], color=colour, linestyle=":")
    beside.set(xlabel="β", ylabel="s", title="patterns at right angles", xlim=(2, max(sizes) + 1))
    beside.legend(loc="center right")
    return figure


def capacity(
    beta: float, rng: np.random.Generator, *, dimensions: Sequence[int] = (12, 48, 200, 1500), largest: float = 0.4
) -> Figure:
    """Weight of a memory at its own place against the load, in closed form and, for few enough memories, drawn.

    Args:
        beta: inverse temperature per component.
        rng: of the memories.
        dimensions: four d.
        largest: load on the right.
    """
    figure, ax = plt.subplots(figsize=(6.8, 3.7))
    load = np.linspace(0.01, largest, 300)
    for d, colour in zip(dimensions, (BLUE, VERMILION, GREEN, _GREY), strict=True):
        ax.plot(load, hopfield_capacity.expected_weight(load, beta, d), color=colour, label=f"d = {d}")
        for alpha in np.arange(0.05, largest, 0.05):
            if alpha * d < 13:  # hundreds of thousands of memories
                drawn = hopfield_capacity.sampled_weight(alpha, beta, d, n_draws=40, rng=rng)
                ax.plot(alpha, np.median(drawn), "o", color=colour, mfc="white")
    ax.axvline(hopfield_capacity.critical_load(beta), color="black", linestyle="--", label=r"$\alpha_c$")
    ax.set(xlabel="load α = ln(N) / d", ylabel="weight of the pattern")
    ax.legend()
    return figure


def depth_and_width(found: Mapping[str, Basins]) -> Figure:
    """Width of every basin against its depth, a panel a network.

    Args:
        found: by network, two of them.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 3.4), layout="constrained")
    for ax, (name, basins), mark in zip(axes, found.items(), "os", strict=True):
        ax.plot(-basins.energy, basins.width, mark, color=BLUE, ms=7)
        ax.set(xlabel="depth −E", ylabel="width", title=name, ylim=(0, None))
    return figure


def returns_by_mistake(table: pd.DataFrame) -> Figure:
    """Share of the chains that come back, by whether they were astray when they were cut.

    Args:
        table: of the function of this name; perhaps empty.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.6))
    marks = dict(zip(KINDS, (("o-", BLUE), ("s:", _GREY), ("x--", VERMILION)), strict=True))
    for shift, (kind, part) in zip((-0.01, 0, 0.01), table.groupby("kind", sort=False), strict=False):
        y, (mark, colour) = part["comes back"], marks[str(kind)]
        ends = [y - part["low"], part["high"] - y]
        ax.errorbar(part["cut"] + shift, y, ends, fmt=mark, color=colour, capsize=4, label=kind)
    ax.set(xlabel="share of the sentences kept", ylabel="comes back", ylim=(-0.03, 1.04))
    if len(table):
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


def curvatures(shape: Mapping[float, pd.DataFrame], used: float, gaps: np.ndarray, row: pd.Series) -> Figure:
    """Curvature of some chains against the size of the displacement, and the differences of all pairs in order.

    Args:
        shape: size to curvatures (chains, directions).
        used: the size that the differences are of.
        gaps: (n,) right less wrong.
        row: of `compare_pairs`, their mean with its interval.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    means = pd.DataFrame({size: table.mean(axis=1) for size, table in shape.items()})
    for (_, curve), mark in zip(means.iterrows(), "osD^", strict=False):
        ax.plot(curve.index, curve, f"{mark}-")
    ax.axvline(used, color=_GREY, linestyle="--")
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xscale="log", xlabel="size s of the displacement", ylabel="curvature c(s)", xticks=list(means))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    beside.plot(np.sort(gaps), "o", color=BLUE)
    beside.axhline(0, color="black", linewidth=0.8)
    beside.axhline(row["difference"], color=GREEN)
    beside.axhspan(row["low"], row["high"], color=GREEN, alpha=0.2)
    beside.set(xlabel="question, in order", ylabel="c, right less wrong", xticks=[])
    return figure


def right_and_wrong(
    where: np.ndarray, table: pd.DataFrame, *, xlabel: str, ylabel: str, share: float | None = None
) -> Figure:
    """Right and wrong chains on the left, their difference with its interval on the right.

    Args:
        where: (n,) abscissae.
        table: n rows of `compare_pairs`, means as shares.
        xlabel: what the abscissa is.
        ylabel: what is shared.
        share: a difference of shares to compare with.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    if table["difference"].notna().any():
        for column, mark, colour in (("right", "o-", BLUE), ("wrong", "x--", VERMILION)):
            ax.plot(where, table[column], mark, color=colour, label=column)
        y, known = table["difference"], table["predicted"]
        ends = np.nan_to_num([y - table["low"], table["high"] - y])
        beside.errorbar(where, y, ends, fmt="ok", capsize=4, label="right less wrong")
        beside.plot(where + 0.025 * np.ptp(where), known, "D", color=GREEN, label="predicted by share and energy")
        if share is not None:
            beside.axhline(share, color=_GREY, linestyle="--", label="shares of the votes")
        ax.legend()
        beside.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    else:
        ax.text(0.5, 0.5, "no pairs", transform=ax.transAxes, ha="center")
    beside.axhline(0, color=_GREY, linewidth=0.8)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 1.04))
    beside.set(xlabel=xlabel, ylabel="difference")
    return figure
