"""Figures of the page on near-zeros of the entropy."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, VERMILION
from lmphys.pages.entropy_zeros.approximation import NEAR_ZERO, by_entropy
from lmphys.stats.interval import Interval

# Entropies below are drawn here: rounding has the last word on them.
_LEAST = 1e-6
# Column of a table of divergences to marker, colour and name.
_MEASURES = {"kl": ("o", BLUE, "divergence"), "variation": ("s", VERMILION, "total variation")}


def entropies(samples: Mapping[str, np.ndarray], n_tokens: int) -> Figure:
    """Distribution functions of the entropy over places, nats, a line a model; grey: near zero."""
    figure, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.axvspan(_LEAST, NEAR_ZERO, color="#dddddd")
    for (name, values), style in zip(samples.items(), ("-", "-.", "--"), strict=True):
        sns.ecdfplot(x=np.clip(values, _LEAST, None), log_scale=True, linestyle=style, label=name, ax=ax)
    ax.axvline(np.log(n_tokens), color="#888888", linestyle=":", label="ln V")
    ax.set(xlim=(_LEAST, 20), xlabel="entropy of the next token, nats", ylabel="share of places")
    ax.legend()
    return figure


def shares(distances: Mapping[str, pd.DataFrame]) -> Figure:
    """Shares of divergence and total variation in bins of the target's entropy, a panel for each imitator.

    Args:
        distances: imitator to `divergences`.
    """
    figure, axes = plt.subplots(1, len(distances), sharey=True, figsize=(9, 3.6), layout="constrained")
    for ax, (name, table) in zip(np.atleast_1d(axes), distances.items(), strict=True):
        bins = by_entropy(table)
        place = np.arange(len(bins))
        ax.bar(place, bins["share"], color="#cccccc", label="places")
        for column, (mark, colour, label) in _MEASURES.items():
            ax.plot(place, bins[f"{column}_share"], mark, color=colour, label=label)
        names = [f"{b.left:g}–{b.right:g}" if np.isfinite(b.right) else f"≥ {b.left:g}" for b in bins.index]
        ax.set_xticks(place, names, rotation=30)
        ax.set(title=name, xlabel="entropy of the target, nats")
    figure.axes[0].set_ylabel("share")
    figure.axes[0].legend()
    return figure


def excess(found: Mapping[str, Mapping[str, Interval]]) -> Figure:
    """Excess shares of near-zero places with their intervals, a row for each imitator.

    Args:
        found: `kl` and `variation` to imitator to `excess_share`.
    """
    names = list(found["kl"])
    figure, ax = plt.subplots(figsize=(6.6, 0.6 + 0.45 * len(names)))
    for shift, (column, (mark, colour, label)) in zip((-0.14, 0.14), _MEASURES.items(), strict=True):
        rows = np.arange(len(names)) + shift
        value, low, high = np.array([found[column][name] for name in names], dtype=float).T
        ax.hlines(rows, low, high, color=colour)
        ax.plot(value, rows, mark, color=colour, label=label)
    ax.axvline(0, color="#222222", linewidth=0.9)
    ax.set_yticks(np.arange(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel("share of the distance minus share of the places")
    ax.legend()
    return figure


def learning(means: pd.DataFrame, families: Mapping[str, Sequence[str]]) -> Figure:
    """Mean divergence near zero and elsewhere along each family, relative to its coarsest member.

    Args:
        means: of `mean_distances`.
        families: family to its members, from coarse to fine.
    """
    n = len(families)
    figure, axes = plt.subplots(1, n, sharey=True, figsize=(4.5 * n, 3.4), squeeze=False, layout="constrained")
    for ax, (family, members) in zip(axes[0], families.items(), strict=True):
        for column, mark in (("near zero", "o-"), ("elsewhere", "s--")):
            kl = means.loc[list(members), column]
            ax.plot(range(len(members)), kl / kl.iloc[0], mark, label=column)
        ax.set_xticks(range(len(members)), members, rotation=20)
        ax.set(title=family, yscale="log")
    axes[0, 0].set_ylabel("divergence, relative")
    axes[0, 0].legend()
    return figure
