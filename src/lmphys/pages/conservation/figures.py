"""Figures of the page on conservation."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, VERMILION
from lmphys.mechanics.balance import ratio_by_offset
from lmphys.mechanics.energies import C1
from lmphys.mechanics.paths import Paths
from lmphys.pages.conservation.initial import Surprisal
from lmphys.pages.conservation.tables import surprisals

# Marker and colour of each reader.
_LOOKS = {"model": ("o", BLUE), "model, prose": ("D", GREEN), "random weights": ("s", VERMILION)}
_SITES = {"final_norm": "after the final normalisation", "resid_post": "before it"}


def trace(paths: Mapping[str, Paths], *, places: int = 60) -> Figure:
    """Energy C1 and its terms along the first text, a panel a reader.

    Args:
        paths: by reader, two of them.
        places: of the text, the first ones.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
    for ax, (name, read) in zip(axes, paths.items(), strict=True):
        motion = read.motion()
        first = motion.chain == 0
        kinetic, potential = (term[first][:places] for term in C1.terms(motion))
        ax.plot(kinetic + potential, "-", color=BLACK, label="$K + U$")
        ax.plot(potential, "--", color=BLUE, label=r"$U = \log\,\mathrm{PP}$")
        ax.plot(kinetic, ":", lw=2, color=VERMILION, label="$K$")
        ax.set(title=name, xlabel="token", ylim=(0, None))
    axes[0].set_ylabel("nats; $K$ per dimension")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def potentials(own: Paths, random: Mapping[str, Paths], predicted: Surprisal | None) -> Figure:
    """Distribution of log PP over the tokens, of the model and of all random weights together.

    Args:
        own: of the model.
        random: of random weights.
        predicted: the closed form for these; None where there is none.
    """
    x, values = surprisals(own), np.concatenate([surprisals(paths) for paths in random.values()])
    figure, ax = plt.subplots(figsize=(6.6, 3.2))
    bins = np.linspace(0, max(15, np.quantile(x, 0.999)), 61)
    look = {"bins": bins, "stat": "density", "alpha": 0.6, "ax": ax}
    sns.histplot(x, color=BLUE, label="model", **look)
    sns.histplot(values, color=ORANGE, hatch="//", label="random weights", **look)
    if predicted is not None:
        fine = np.linspace(bins[0], bins[-1], 400)
        bell = np.exp(-((fine - predicted.mean) ** 2) / 2 / predicted.sd**2) / predicted.sd / np.sqrt(2 * np.pi)
        ax.plot(fine, bell, color=BLACK, label="closed form")
    ax.set(xlabel=r"$\log\,\mathrm{PP}$, nats", ylabel="density", ylim=(0, 1.1))
    ax.legend()
    return figure


def scatter(paths: Mapping[str, Paths]) -> Figure:
    """Both terms of C1 at every token, a panel a reader, with means over tenths of the kinetic energy.

    Args:
        paths: by reader, two of them.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
    for ax, (name, read) in zip(axes, paths.items(), strict=True):
        k, u = C1.terms(read.motion())
        ax.plot(k, u, ".", ms=3, alpha=0.35, color=BLUE)
        tenth = pd.qcut(k, 10, labels=False, duplicates="drop")
        means = pd.DataFrame({"k": k, "u": u}).groupby(tenth).mean()
        ax.plot(means["k"], means["u"], "s-", color=VERMILION, label="mean")
        ax.axline((k.mean(), u.mean()), slope=-1, color="#444444", ls="--", lw=1, label="C1 constant")
        low, high = np.quantile(k, [0, 0.99])
        ax.set(title=name, xlabel="$K/D$", xlim=(low - 0.05 * high, 1.1 * high), ylim=(-0.3, u.max() + 0.5))
    axes[0].set_ylabel(r"$\log\,\mathrm{PP}$, nats")
    axes[0].legend()
    return figure


def ties(trade: Mapping[str, pd.DataFrame]) -> Figure:
    """Correlation of the two terms of every candidate, a panel a site, with the null of the model.

    Args:
        trade: by reader, of `trade_offs`.
    """
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(8.6, 3.6), layout="constrained")
    for ax, (site, title) in zip(axes, _SITES.items(), strict=True):
        for shift, (name, (mark, colour)) in zip((-0.22, 0, 0.22), _LOOKS.items(), strict=True):
            values = trade[name].loc[site]
            rows = np.arange(len(values))
            if name == "model":
                width = values["null_high"] - values["null_low"]
                ax.barh(rows, width, 0.8, values["null_low"], color="#dddddd")
            ax.hlines(rows + shift, values["low"], values["high"], color=colour)
            ax.plot(values["r"], rows + shift, mark, color=colour, label=name)
        ax.axvline(0, color="#222222", lw=0.9)
        ax.set(title=title, xlabel="correlation of the terms", xlim=(-1, 1))
    axes[0].set_yticks(rows, values.index)
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def offsets(paths: Mapping[str, Paths], *, most: int = 6, seed: int = 0) -> Figure:
    """Q of C1 where a step is paired with the potential of another place.

    Args:
        paths: by reader, the three of the page.
        most: places before and after.
        seed: of the intervals.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3.2))
    for name, (mark, colour) in _LOOKS.items():
        motion = paths[name].motion()
        curve = ratio_by_offset(*C1.terms(motion), motion.chain, range(-most, most + 1), seed=seed)
        ax.fill_between(curve.index, curve["low"], curve["high"], alpha=0.15, color=colour)
        ax.plot(curve.index, curve["value"], f"{mark}-", color=colour, label=name)
    ax.axhline(1, color="#222222", lw=0.9)
    ax.set(xlabel="place of the potential minus place of the step", ylabel="$Q$")
    ax.legend()
    return figure


def alarms(table: pd.DataFrame) -> Figure:
    """How well each score tells damaged stretches from natural ones.

    Args:
        table: of `detection`, under two names of a damage.
    """
    figure, ax = plt.subplots(figsize=(6.6, 3))
    kinds = table.index.unique(0)
    for shift, mark, colour, kind in zip((-0.12, 0.12), "os", (BLUE, VERMILION), kinds, strict=True):
        part = table.loc[kind]
        rows = np.arange(len(part)) + shift
        ax.hlines(rows, part["low"], part["high"], color=colour)
        ax.plot(part["value"], rows, mark, color=colour, label=kind)
    ax.axvline(0.5, color="#222222", lw=0.9)
    ax.set_yticks(range(len(part)), part.index)
    ax.invert_yaxis()
    ax.set(xlabel="area under the ROC curve", xlim=(0, 1.02))
    ax.legend(loc="lower left")
    return figure
