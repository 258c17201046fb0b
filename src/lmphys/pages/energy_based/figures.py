"""Figures of the page on energies: heaps, weights, words, the next token, and whole texts."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, GREEN, ORANGE, PURPLE, VERMILION
from lmphys.generative import Annealed, EnergyModel
from lmphys.pages.energy_based import mixture, next_token, spins
from lmphys.pages.energy_based.residual import DEALT, LOGP, STATES, Residual
from lmphys.stats.interval import Interval

GREY = "#555555"
LINES = {
    mixture.JARZYNSKI: (BLUE, "-", "o"),
    mixture.PERSISTENT: (VERMILION, "--", "s"),
    mixture.CONTRASTIVE: (ORANGE, ":", "^"),
    mixture.OFF: (PURPLE, "-.", "v"),
    mixture.DEALT: (GREEN, (0, (5, 1, 1, 1, 1, 1)), "x"),
}


def masses(models: Mapping[tuple[int, str, int], EnergyModel], d: int) -> Figure:
    """Mass of the lighter heap while it is learned, a line a training."""
    figure, ax = plt.subplots(figsize=(6.6, 4.2))
    for (own, name, seed), model in models.items():
        if own == d:
            colour, line, _ = LINES[name]
            steps = list(model.path_)
            y = [mixture.lighter(theta) for theta in model.path_.values()]
            ax.plot(steps, y, color=colour, linestyle=line, label=name if seed == 0 else None)
    ax.axhline(mixture.MASS, color=GREY, linewidth=1)
    ax.text(0, mixture.MASS + 0.01, "true", color=GREY, fontsize=11)
    ax.set(xlabel="steps of training", ylabel="mass of the lighter heap", ylim=(-0.03, 0.85))
    ax.legend(loc="upper left", ncols=2, fontsize=10)
    return figure


def weights(models: Sequence[EnergyModel]) -> Figure:
    """Error of ln Z by the weights of walkers that steer and of walkers that watch; and how unequal they are."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
    for i, model in enumerate(models):
        steps = [step for step in model.path_ if step]
        exact = np.array([model.family.log_partition(model.path_[step]) for step in steps])
        seen = model.history_.loc[steps]
        names = ("steer", "expected", "watch") if i == 0 else (None, None, None)
        ax.plot(steps, seen["log_z"] - exact, color=BLUE, label=names[0])
        ax.plot(steps, seen["bias"], "--", color=VERMILION, label=names[1])
        ax.plot(steps, seen["observed"] - exact, ":", color=GREEN, label=names[2])
        beside.plot(model.history_["variation"], color=BLUE, linewidth=1)
        beside.plot(model.history_["observed_variation"], ":", color=GREEN, linewidth=1)
    ax.set(xlabel="steps of training", ylabel="error of ln Z, nats")
    ax.legend(loc="lower left")
    beside.axhline(spins.THRESHOLD, color=GREY, linewidth=1)
    beside.set(xlabel="steps of training", ylabel="squared variation of weights", ylim=(0, None))
    return figure


def likelihoods(models: spins.Trainings, words: spins.Words) -> Figure:
    """Negative log-likelihood above that of the exact gradient at the same step, a panel a kernel; first seeds."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained", sharey=True)
    exact = next(model for (_, name, _), model in models.items() if name == spins.EXACT)
    steps = [step for step in exact.path_ if step][1::2]
    best = np.array([spins.likelihood(exact.path_[step], words) for step in steps])
    first = min(seed for _, _, seed in models)
    titles = {spins.GIBBS: "fast: Gibbs sweeps", spins.FLIP: "slow: one flip"}
    for ax, (kernel, title) in zip(axes, titles.items(), strict=True):
        for name in mixture.METHODS:
            path = models[kernel, name, first].path_
            colour, line, mark = LINES[name]
            y = np.array([spins.likelihood(path[step], words) for step in steps]) - best
            ax.plot(steps, y, color=colour, linestyle=line, marker=mark, mfc="white", label=name)
        ax.set(xlabel="steps of training", title=title)
        ax.set_yscale("symlog", linthresh=0.01)
        ax.axhline(0, color=GREY, linewidth=1)
    axes[0].set_ylabel("nats per word above exact")
    axes[0].legend(fontsize=10)
    return figure


def work(ends: Mapping[tuple[int, int], Annealed], table: pd.DataFrame, *, seed: int = 0) -> Figure:
    """Work on the next token of the first text, by speed; and the error of ln Z over all texts."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
    exact = float(table.loc[table["text"] == 0, "exact"].iloc[0])
    speeds = sorted({n for _, n in ends})
    for n, colour, style in zip(speeds, (ORANGE, BLUE, VERMILION), ("-", "--", ":"), strict=False):
        apart = ends[0, n].work + exact
        low, high = np.quantile(apart, [0.001, 0.999])
        ax.hist(apart, bins=np.linspace(low, high, 40), density=True, histtype="step",
                color=colour, linestyle=style, linewidth=1.8, label=f"{n:,} steps")  # fmt: skip
    ax.axvline(0, color=GREY, linewidth=1)
    ax.set(xlabel="W − ΔF, nats", ylabel="density", yscale="log")
    ax.legend(loc="upper left", fontsize=10)
    for column, label, colour, mark in (("error", "Jarzynski", BLUE, "o"), ("mean work", "mean work", VERMILION, "s")):
        _bars(beside, next_token.over_texts(table, column, seed=seed), label, colour, mark)
    beside.axhline(0, color=GREY, linewidth=1)
    beside.set(xscale="log", xlabel="steps", ylabel="error of ln Z, nats")
    beside.legend()
    return figure


def _bars(ax: Axes, found: Mapping[int, Interval], label: str, colour: str, mark: str) -> None:
    x, y = list(found), np.array([each.value for each in found.values()])
    ends = np.abs(np.array([[each.low, each.high] for each in found.values()]) - y[:, None]).T
    ax.errorbar(x, y, ends, fmt=mark + "-", color=colour, mfc="white", capsize=4, label=label)


def residuals(heads: Mapping[str, Residual], *, seed: int = 0) -> Figure:
    """Energies of real and drawn ends, and the bits that each head is worth."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    states = heads[STATES]
    bins = np.linspace(min(states.real.min(), states.drawn.min()), max(states.real.max(), states.drawn.max()), 30)
    for x, label, colour, style in ((states.real, "real", BLUE, "-"), (states.drawn, "drawn", VERMILION, "--")):
        ax.hist(x, bins=bins, histtype="step", color=colour, linestyle=style, linewidth=1.8, label=label)
    ax.set(xlabel="f − ln Z, nats", ylabel="windows")
    ax.legend()
    names = (STATES, LOGP, DEALT)
    for y, (name, colour, mark) in enumerate(zip(names, (BLUE, ORANGE, GREEN), "os^", strict=True)):
        found = heads[name].bits(seed=seed)
        ends = [[found.value - found.low], [found.high - found.value]]
        beside.errorbar([found.value], [-y], xerr=ends, fmt=mark, color=colour, capsize=4)
    beside.axvline(0, color=GREY, linewidth=1)
    beside.set_yticks([0, -1, -2], ["states", "log p", "dealt"])
    beside.set(xlabel="bits per token gained", ylim=(-2.5, 0.5))
    return figure
