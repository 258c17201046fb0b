"""Figures of the page on symmetry breaking: a few points, clones, and late starts."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lmphys.book.style import BLUE, GREEN, ORANGE, VERMILION
from lmphys.generative import Views
from lmphys.generative.classes import expected_class_purity
from lmphys.pages.symmetry_breaking import points
from lmphys.pages.symmetry_breaking.clones import Clones
from lmphys.pages.symmetry_breaking.late_start import GAUSSIAN, POINT, STARTS, TRUE, Ends

GREY = "#555555"


def log_noise(ax: Axes, label: str) -> None:
    """A logarithmic axis of the noise, which falls to the right as generation runs."""
    ax.set(xscale="log", xlabel=label)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.invert_xaxis()


def landscapes(weights: Sequence[float], noises: Sequence[Sequence[float]]) -> Figure:
    """Free energy along the line for a few noises, a panel a weight of the point at 0.

    Args:
        weights: two of them.
        noises: three for each weight, from large to small.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
    x = np.linspace(-1.35, 1.35, 301)
    for ax, weight, those in zip(axes, weights, noises, strict=True):
        for s, colour, line in zip(those, (BLUE, ORANGE, VERMILION), ("-", "--", ":"), strict=True):
            height = points.landscape(points.points_on_a_line(weight), s, x)
            ax.plot(x, height, line, color=colour, label=f"s = {s:.3g}")
        title = "two points" if weight == 0 else f"a third point, weight {weight:g}"
        ax.set(xlabel="place x", ylabel="free energy", title=title)
        ax.legend(loc="upper center")
    return figure


def exponents(order: points.Exponent, response: points.Exponent, isotherm: points.Exponent) -> Figure:
    """Order parameter, susceptibility and steps to relax against the distance from the critical noise; the isotherm."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    ax.plot(order.x, order.y, "o", color=BLUE, mfc="white", label="order parameter")
    ax.plot(order.x, np.sqrt(3 * order.x), color=BLUE)
    ax.plot(response.x, response.y, "s", color=VERMILION, mfc="white", label="susceptibility")
    ax.plot(response.x, 1 / response.x, color=VERMILION)
    distance = np.geomspace(1e-3, 1e-2, 5)
    ax.plot(distance, points.relaxation_steps(1 + distance), "x", color=GREEN, ms=8, label="steps to relax")
    ax.set(xscale="log", yscale="log", xlabel=r"distance $|s / s_c - 1|$", ylim=(1e-3, 1e6))
    ax.legend(loc="upper center", ncols=2, fontsize=10)
    beside.plot(isotherm.x, isotherm.y, "o", color=BLUE, mfc="white", label="exact score")
    beside.plot(isotherm.x, isotherm.x**3 / 3, color=BLUE, label=r"$x^3 / 3$")
    beside.set(xscale="log", yscale="log", xlabel="place x", ylabel="field h", title=r"at $s = s_c$")
    beside.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    beside.xaxis.set_major_formatter("{x:g}")
    beside.xaxis.set_minor_formatter(NullFormatter())
    beside.legend()
    return figure


def orders(weights: Sequence[float], noises: np.ndarray) -> Figure:
    """Order parameter as the noise slowly falls (▼) and rises (▲), a panel a weight of the point at 0."""
    figure, axes = plt.subplots(1, len(weights), figsize=(8.6, 3.4), layout="constrained", sharey=True)
    x = np.linspace(0.01, 0.999, 160)
    for ax, weight in zip(axes, weights, strict=True):
        data = points.points_on_a_line(weight)
        ax.plot([points.branch(data, each) for each in x], x, color=GREY, linewidth=1)
        ax.plot(noises, points.sweep(data, noises[::-1], 0.0)[::-1], "v", color=BLUE, mfc="white", label="falling")
        ax.plot(noises, points.sweep(data, noises, 1.0), "^", color=VERMILION, ms=4, label="rising")
        ax.set(xlabel="noise s", title=f"weight of 0: {weight:.3g}", ylim=(-0.03, 1.05))
    axes[0].set_ylabel("order parameter x")
    axes[-1].legend(loc="upper right")
    return figure


def clones(found: Clones, variance: float, *, seed: int = 0) -> Figure:
    """Share of clones that end in one class against the noise at which they part."""
    figure, ax = plt.subplots(figsize=(6.6, 3.6))
    s = np.geomspace(found.noises.min(), found.noises.max(), 100)
    theory = [expected_class_purity(4 / (each + variance)) for each in s]
    ax.plot(s, theory, color=GREY, label=r"exact, $\mathrm{E}\,\sum_c P(c \mid x)^2$")
    shares = [found.share(i, seed=seed) for i in range(len(found.noises))]
    y = np.array([share.value for share in shares])
    ends = np.abs(np.array([(share.low, share.high) for share in shares]).T - y)
    ax.errorbar(found.noises, y, ends, fmt="o", color=BLUE, mfc="white", capsize=4, label="clones, run back")
    ax.axvline(1 + variance, color=VERMILION, linestyle="--", label=r"$s = \Lambda$")
    log_noise(ax, "noise s at which they part")
    ax.set(ylabel="end in one class")
    ax.legend()
    return figure


def four_points(seen: Views, critical: Sequence[float]) -> Figure:
    """What is left of the entropy of the pair and of the point, against the noise.

    Args:
        seen: views of the four points, with the labelling `pair`.
        critical: noise at which each should be decided.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.5))
    pair = seen.class_entropy("pair").mean(axis=1)
    within = seen.entropy.mean(axis=1) - pair
    curves = (("which pair", pair, "-", BLUE), ("which point of the pair", within, "--", VERMILION))
    for (label, y, line, colour), s in zip(curves, critical, strict=True):
        ax.plot(seen.noises, y, line, color=colour, label=label)
        ax.axvline(s, color=colour, linestyle=":")
    log_noise(ax, "noise s")
    ax.set(ylabel="entropy left, nats", ylim=(0, None))
    ax.legend()
    return figure


def late_start(found: Sequence[Ends], critical: float, *, seed: int = 0) -> Figure:
    """Error of the shares, and patterns that are met, against the noise at which the process starts."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    marks = dict(zip(STARTS, (("o-", GREEN), ("s--", BLUE), ("x:", VERMILION)), strict=True))
    for start in (TRUE, GAUSSIAN, POINT):
        ends, (mark, colour) = [each for each in found if each.start == start], marks[start]
        s = np.array([each.noise for each in ends]) / critical
        for ax, numbers in zip(
            axes, ([e.error(seed=seed) for e in ends], [e.diversity(seed=seed) for e in ends]), strict=True
        ):
            y = np.array([number.value for number in numbers])
            bars = np.abs([[n.low, n.high] for n in numbers] - y[:, None]).T
            ax.errorbar(s, y, bars, fmt=mark, color=colour, mfc="white", capsize=3, label=start)
    for ax, label in zip(axes, ("error of the shares", "patterns that are met"), strict=True):
        ax.axvline(1, color=GREY, linestyle=":")
        log_noise(ax, "start, in units of the critical noise")
        ax.set_ylabel(label)
    axes[0].legend()
    return figure


def sizes(table: pd.DataFrame) -> Figure:
    """Posterior probability of the true one of many random patterns, against the noise over the predicted one."""
    figure, ax = plt.subplots(figsize=(6.6, 3.6))
    for (d, part), colour, mark in zip(table.groupby("d"), (ORANGE, BLUE, VERMILION, GREEN), "^os*", strict=False):
        n = int(part["N"].iloc[0])
        ax.plot(part["ratio"], part["measured"], mark, color=colour, mfc="white", label=f"d = {d}, N = {n:,}")
        ax.plot(part["ratio"], part["expected"], color=colour)
    ax.axvline(1, color=GREY, linestyle=":")
    log_noise(ax, "noise over the predicted one")
    ax.set(ylabel="p(true pattern)", ylim=(-0.03, 1.03))
    ax.legend(loc="lower right")
    return figure
