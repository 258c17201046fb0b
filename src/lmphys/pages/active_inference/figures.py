"""Figures of the page on active inference."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys import agents
from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.pages.active_inference import contest, halves
from lmphys.pages.active_inference.paper_agent import POLICIES, Replay
from lmphys.pages.active_inference.prompts import DESIGN
from lmphys.pages.active_inference.table import Table

GREY = "#555555"
_LOOKS = {
    contest.EXACT: (BLUE, "-"),
    contest.LIBRARY: (SKY, "--"),
    contest.GREEDY: (ORANGE, "-."),
    contest.UCB: (VERMILION, "--"),
    contest.THOMPSON: (GREEN, "-"),
    contest.HALVING: (PURPLE, ":"),
    contest.RANDOM: (BLACK, ":"),
}


def rasters(runs: Mapping[str, Replay]) -> Figure:
    """Actions step by step, a panel a replay: prompts below, searches above, marked apart."""
    n = len(runs)
    figure, axes = plt.subplots(n, 1, figsize=(6.6, 1.25 * n + 0.6), layout="constrained", sharex=True)
    for ax, (name, run) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        step, prompt = np.arange(1, len(run.actions) + 1), POLICIES[run.actions, 0]
        at = np.where(run.searching, len(DESIGN) + 2 + POLICIES[run.actions, 1], prompt)
        tries, searches = ~run.searching & (prompt < len(DESIGN)), run.searching
        ax.plot(step[searches], at[searches], "^", color=VERMILION, ms=5, label="a search")
        ax.plot(step[tries], at[tries], "o", color=BLUE, ms=4, label="a prompt")
        ax.set_title(name, fontsize=11)
        ax.set_yticks([15, 38], ["prompts", "searches"])
        ax.grid(visible=False)
    np.atleast_1d(axes)[-1].set_xlabel("action")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def novelties(n_levels: int = 11) -> Figure:
    """Exact novelty and that of libraries against the number of observations of an even column of counts."""
    figure, ax = plt.subplots(figsize=(6.4, 3.3))
    n = np.geomspace(0.5, 100, 60)
    counts = np.ones(n_levels) + n[:, None] / n_levels
    ax.plot(n, agents.novelty(counts), color=BLUE, label="exact")
    ax.plot(n, agents.library_novelty(counts), "--", color=VERMILION, label="library")
    ax.set(xscale="log", yscale="log", xlabel="observations so far", ylabel="novelty, nats")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend()
    return figure


def prompts(table: Table, *, seed: int = 0) -> Figure:
    """Each prompt on two halves of the questions, as it is and dealt anew, and the effect of each choice of wording."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained", width_ratios=(1, 1.15))
    one, other = halves.halves(table, 1, seed)[0]
    anew = halves.dealt_anew(table, np.random.default_rng(seed))
    for which, colour, mark, label in ((anew, GREY, "x", "dealt anew"), (table, BLUE, "o", "prompts")):
        grade = which.levels() / 10
        x, y = (grade[:, part].mean(axis=1) for part in (one, other))
        axes[0].plot(x, y, mark, color=colour, mfc="white", label=label)
    axes[0].set(xlabel="mean pay, one half", ylabel="mean pay, other half")
    axes[0].legend()
    found = halves.effects(table, seed=seed)
    at = np.arange(len(found))[::-1]
    bars = np.abs(found[["low", "high"]].to_numpy().T - found["pay"].to_numpy())
    axes[1].errorbar(found["pay"], at, xerr=bars, fmt="o", color=BLUE, mfc="white", capsize=4)
    axes[1].axvline(0, color=GREY, linewidth=1)
    axes[1].set_yticks(at, found.index)
    axes[1].set_xlabel("effect on the mean pay")
    return figure


def regrets(contests: Mapping[str, contest.Contest], *, seed: int = 0) -> Figure:
    """Regret against pulls, a panel a contest; the shade is the 95 % interval of the mean over runs."""
    figure, axes = plt.subplots(1, len(contests), figsize=(7.6, 4.3), layout="constrained")
    for ax, (title, found) in zip(np.atleast_1d(axes), contests.items(), strict=True):
        for name, (colour, line) in _LOOKS.items():
            if name in found.plays:
                curves = found.regret(name)
                mean, half = curves.mean(axis=0), 1.96 * curves.std(axis=0) / len(curves) ** 0.5
                t = np.arange(1, len(mean) + 1)
                ax.plot(t, mean, line, color=colour, label=name)
                ax.fill_between(t, mean - half, mean + half, color=colour, alpha=0.15, linewidth=0)
        ax.set(xlabel="pulls", ylabel="regret", title=title)
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def finals(contests: Mapping[str, pd.DataFrame]) -> Figure:
    """Regret at the last pull of every policy, a panel a contest, with 95 % intervals over runs.

    Args:
        contests: rows of `Contest.rows` by title.
    """
    figure, axes = plt.subplots(1, len(contests), figsize=(8.6, 4.0), layout="constrained", sharey=True)
    names: Sequence[str] = list(next(iter(contests.values())).index)
    for ax, (title, rows) in zip(np.atleast_1d(axes), contests.items(), strict=True):
        at = np.arange(len(names))[::-1]
        bars = np.abs(rows[["low", "high"]].to_numpy(float).T - rows["regret"].to_numpy(float))
        ax.errorbar(rows["regret"].to_numpy(float), at, xerr=bars, fmt="o", color=BLUE, mfc="white", capsize=4)
        ax.set(xlabel="regret", title=title)
        ax.set_yticks(at, names)
    return figure
