"""Figures of the page on the Mpemba effect."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.pages.mpemba import bath
from lmphys.pages.mpemba.comparisons import over_seeds
from lmphys.pages.mpemba.quenches import HELD_OUT, INTEGRAL, TOKENS, TWIN, Quenches
from lmphys.pages.mpemba.relaxation import Quench, single_well_entropy
from lmphys.pages.mpemba.river import River
from lmphys.pages.mpemba.subspace import Run
from lmphys.pages.mpemba.walkers import Ensemble
from lmphys.stats.mean import mean_interval

GREY = "#555555"
_COOL_TO_HOT = ((BLUE, "o"), (GREEN, "s"), (ORANGE, "^"), (VERMILION, "D"))
_SEEDS = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (PURPLE, "D"), (SKY, "v"))


def river(where: River, temperatures: Sequence[float]) -> Figure:
    """Bottom and free energy of a river, and the densities along it at rest.

    Args:
        where: the river.
        temperatures: two or three, from cold to hot.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    y = np.linspace(where.low, where.high, 300)
    spread = np.exp(-where.log_sharpness(y) / 2)
    height = where.height(y)
    ax.fill_between(y, height - 0.35 * spread, height + 0.35 * spread, color=SKY, alpha=0.35, lw=0, label="width")
    ax.plot(y, height, color=BLACK, label="bottom c(y)")
    hot = where.free_energy(y, temperatures[-1]) - where.free_energy(np.array([-1.0]), temperatures[-1])
    ax.plot(y, hot, "--", color=VERMILION, label=f"F at T = {temperatures[-1]:.2g}")
    ax.set(xlabel="place y along the river", ylabel="loss", ylim=(-1.6, 2.0))
    ax.legend(fontsize=10)
    for temperature, (colour, _), line in zip(temperatures, (_COOL_TO_HOT[i] for i in (0, 2, 3)), "-:-", strict=False):
        at = where.relaxation(temperature)
        beside.plot(at.centres, at.density, line, color=colour, label=f"T = {temperature:.2g}")
    beside.set(xlabel="place y along the river", ylabel="density at rest", ylim=(0, None))
    beside.legend()
    return figure


def amplitudes(rivers: Mapping[str, Quench], temperatures: np.ndarray, strong: float) -> Figure:
    """Amplitude of the slowest mode against the initial temperature.

    Args:
        rivers: at most three, by name.
        temperatures: of the starts.
        strong: where the first of them has none.
    """
    figure, ax = plt.subplots(figsize=(6.8, 3.8), layout="constrained")
    marks = (("-", BLUE), ("--", ORANGE), (":", VERMILION))
    for (name, quench), (line, colour) in zip(rivers.items(), marks, strict=False):
        found = quench.amplitudes(temperatures)[:, 1]
        first = found[np.abs(found).argmax()] if np.abs(found).max() > 1e-9 else 1.0
        sign = np.sign(found[1]) or np.sign(first)
        ax.plot(temperatures / quench.final, sign * found, line, color=colour, lw=2, label=name)
    quench = next(iter(rivers.values()))
    ax.plot(strong / quench.final, 0, "o", color=BLACK, mfc="white", ms=9, label="strong point")
    ax.axhline(0, color=BLACK, lw=0.8)
    ax.set(xscale="log", xlabel="initial over final temperature", ylabel="amplitude $a_2$")
    ax.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    ax.minorticks_off()
    ax.legend()
    return figure


def distances(quench: Quench, temperatures: Sequence[float], final_well: float, well: Sequence[float]) -> Figure:
    """Relative entropies after a quench: of a river, and of the single well in closed form.

    Args:
        quench: of the river.
        temperatures: three of it, from cold to hot.
        final_well: final temperature of the single well.
        well: three of its temperatures.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.8), layout="constrained", sharey=True)
    times = quench.times()
    flat = np.geomspace(0.02, 6, 80)
    marks = [_COOL_TO_HOT[i] for i in (0, 2, 3)]
    for (t, other), (colour, mark), line in zip(
        zip(temperatures, well, strict=True), marks, ("-", "--", ":"), strict=True
    ):
        axes[0].plot(
            times, quench.relative_entropy(t, times), line + mark, color=colour, markevery=12, mfc="white",
            label=f"{t / quench.final:.2g} $T_f$",
        )  # fmt: skip
        axes[1].plot(
            flat, single_well_entropy(other, final_well, flat), line + mark, color=colour, markevery=8, mfc="white",
            label=f"{other / final_well:.2g} $T_f$",
        )  # fmt: skip
    for ax, name in zip(axes, (quench.river.name, "single well"), strict=True):
        ax.set(xscale="log", yscale="log", xlabel="time after the quench", title=name, ylim=(1e-6, 10))
        ax.legend(title="start at")
    axes[0].set_ylabel("nats from equilibrium")
    return figure


def walkers(quench: Quench, found: Mapping[float, Ensemble], *, seed: int = 0) -> Figure:
    """Mean height of SGD walkers after a quench, with the exact one of the river alone.

    Args:
        quench: of which river.
        found: by initial temperature, the cooler first.
        seed: of intervals.
    """
    figure, ax = plt.subplots(figsize=(6.8, 3.9), layout="constrained")
    for (temperature, each), (colour, mark), line in zip(
        found.items(), (_COOL_TO_HOT[0], _COOL_TO_HOT[3]), ("-", "--"), strict=True
    ):
        means = [mean_interval(row, groups=None, n_bootstrap=200, seed=seed) for row in each.river]
        y = np.array([mean.value for mean in means])
        ends = np.abs(np.array([(mean.low, mean.high) for mean in means]).T - y)
        label = f"start at {temperature / quench.final:.2g} $T_f$"
        ax.errorbar(each.times, y, ends, fmt=mark, color=colour, mfc="white", capsize=3, label=label)
        fine = np.linspace(0, each.times[-1], 200)
        ax.plot(fine, quench.loss(temperature, fine), line, color=colour)
    rest = float(quench.modes.right[0] @ quench.river.height(quench.places))
    ax.axhline(rest, color=GREY, lw=1, ls=":", label="at rest")
    ax.set(xlabel="time after the quench, rate × updates", ylabel="mean height c(y)", ylim=(rest - 0.01, rest + 0.1))
    ax.legend()
    return figure


def quenches(found: Sequence[Quenches], *, seed: int = 0) -> Figure:
    """Held-out loss after the quench, a panel a comparison; in the last one the plateaus go on.

    Args:
        found: a seed each.
        seed: of intervals.
    """
    kinds = (TOKENS, INTEGRAL, TWIN)
    figure, axes = plt.subplots(1, 3, figsize=(10.2, 3.9), layout="constrained", sharey=True)
    marks = _COOL_TO_HOT if len(found[0].rates) == 4 else (_COOL_TO_HOT[0], _COOL_TO_HOT[3])
    for ax, kind in zip(axes, kinds, strict=True):
        for i, (rate, (colour, mark)) in enumerate(zip(found[0].rates, marks, strict=True)):
            _curve(ax, found, kind, i, colour, mark, f"{1e3 * rate:.3g}", seed)
        ax.set(xlabel="updates after the plateau", title=kind)
    axes[0].set_ylabel("loss, nats a character")
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, title="rate of the plateau, 10⁻³", loc="outside upper center", ncols=4)
    return figure


def _curve(
    ax: Axes, found: Sequence[Quenches], kind: str, i: int, colour: str, mark: str, label: str, seed: int
) -> None:
    values = np.stack([one.losses[kind, HELD_OUT][i] for one in found])
    steps, y = found[0].steps, values.mean(axis=(0, 2))
    ax.plot(steps, y, mark + "-", color=colour, mfc="white", ms=5, label=label)
    # Windows are common to all curves: their scatter, which is large, moves all alike, so that it is taken out.
    common = np.stack([one.losses[kind, HELD_OUT] for one in found]).mean(axis=(0, 1, 2))
    ends = [over_seeds(values[:, e] - common, seed=seed) for e in range(len(steps))]
    low, high = (np.array([getattr(end, side) for end in ends]) + common.mean() for side in ("low", "high"))
    ax.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)


def heat(runs: Sequence[Run]) -> Figure:
    """Measured variances against those of the Lyapunov equation, and effective temperatures against curvature.

    Args:
        runs: along the eigenvectors of their curvature, a seed each.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 4.0), layout="constrained")
    ends = []
    for number, (run, (colour, mark)) in enumerate(zip(runs, _SEEDS, strict=False)):
        expected = np.diag(bath.stationary_covariance(run.hessian, run.noise, run.rate))
        flat = bath.equal_noise(run)
        same = np.diag(bath.stationary_covariance(flat.hessian, flat.noise, flat.rate))
        measured = run.z.var(axis=0)
        ax.plot(expected, measured, mark, color=colour, mfc="white", label=f"seed {number}")
        ax.plot(same, measured, mark, color=GREY, ms=3, alpha=0.6, label=None if number else "if all were equally hot")
        ends += [*expected, *same, *measured]
        curvature = np.diag(run.hessian)
        beside.plot(curvature, bath.measured_temperatures(run), mark, color=colour, mfc="white")
        order = np.argsort(curvature)
        beside.plot(curvature[order], run.rate * np.diag(run.noise)[order] / 2, "-", color=colour, lw=1)
    line = np.array([min(ends), max(ends)])
    ax.plot(line, line, color=BLACK, lw=1)
    ax.set(xscale="log", yscale="log", xlabel="expected variance", ylabel="measured variance")
    beside.set(xscale="log", yscale="log", xlabel="curvature", ylabel="effective temperature")
    beside.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    beside.xaxis.set_major_formatter("{x:g}")
    for axis in (ax.xaxis, ax.yaxis, beside.xaxis, beside.yaxis):
        axis.set_minor_formatter(NullFormatter())
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=10)
    return figure


def currents(runs: Sequence[Run], lag: int, *, seed: int = 0) -> Figure:
    """Areas of pairs of directions in the two halves of a run, beside those of a bath with detailed balance.

    Args:
        runs: a seed each.
        lag: updates between the two moments of an area.
        seed: of the bath.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 4.0), layout="constrained", sharex=True, sharey=True)
    for number, (run, (colour, mark)) in enumerate(zip(runs, _SEEDS, strict=False)):
        still = bath.imitated(bath.balanced(run), seed=seed + number)
        for ax, z in zip(axes, (run.z, still.z), strict=True):
            half = len(z) // 2
            first, second = bath.areas(z[:half], lag), bath.areas(z[half:], lag)
            ax.plot(first, second, mark, color=colour, mfc="none", ms=5, label=f"seed {number}")
    for ax, title in zip(axes, ("the network under SGD", "a reversible bath"), strict=True):
        ax.axhline(0, color=GREY, lw=0.8)
        ax.axvline(0, color=GREY, lw=0.8)
        ax.set(xlabel="area in the first half", title=title)
    axes[0].set_ylabel("area in the second half")
    axes[0].legend()
    return figure
