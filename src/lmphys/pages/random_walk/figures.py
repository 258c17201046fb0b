"""Figures of the page on random walks."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, SKY, VERMILION
from lmphys.pages.random_walk.cooccurrence import Expected, expected_pmi
from lmphys.pages.random_walk.counted import binned_pmi

_GREY = "#555555"


def laws(
    expected: Expected,
    words: np.ndarray,
    inner: np.ndarray,
    slopes: pd.DataFrame,
    same: float,
    *,
    seed: int = 0,
) -> Figure:
    """PMI of pairs against the law, expected and sampled; the slope of the law against the distance of two words.

    Args:
        expected: of the first P words.
        words: (K, T) sampled along K walks.
        inner: (n, n) what the law says of each pair.
        slopes: of `slopes_by_distance`, of neighbours and others.
        same: slope for two words of one context.
        seed: of the bootstrap.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
    i, j = np.triu_indices(expected.p.shape[1], 1)
    x, y = inner[i, j], expected_pmi(expected)[i, j]
    left.plot(x[:4_000], y[:4_000], ".", color=SKY, markersize=3, label="expected", rasterized=True)
    low, high = (float(end) for end in np.quantile(x, [0.005, 0.995]))
    edges = np.linspace(low, high, 9)
    counted = binned_pmi(words, inner, edges, seed=seed)
    middle = (edges[1:] + edges[:-1]) / 2
    left.plot(middle, counted.value, "s", color=VERMILION, label="sampled, pooled")
    left.vlines(middle, counted.low, counted.high, color=VERMILION)
    left.plot(edges[[0, -1]], edges[[0, -1]], "--k", label="law, slope 1")
    left.set(xlabel="⟨v, v'⟩ / d", ylabel="PMI, nats")
    left.legend()
    rho = float(slopes["correlation of the contexts"].loc[1])
    right.plot(slopes.index, slopes["slope"], "s", color=VERMILION, label="sampled")
    right.vlines(slopes.index, slopes["low"], slopes["high"], color=VERMILION)
    far = np.linspace(0, float(slopes.index.max()), 100)
    right.plot(far, rho**far, "--k", label="correlation of contexts")
    right.plot(far, same * rho**far, ":", color="#666666", label="times slope in one context")
    right.set(xlabel="words apart", ylabel="slope of the PMI law", ylim=(0, None))
    right.legend()
    return figure


def finite_sizes(found: pd.DataFrame) -> Figure:
    """Spread of Z against the number of words, and error of the PMI law against the dimension.

    Args:
        found: of `finite_size`.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
    _by_size(found, left, "n", "d", "spread")
    _by_size(found, right, "d", "n", "error")
    left.plot(found.groupby("n")["expected"].mean(), "--k", label="leading order")
    left.set(xlabel="number of words n", ylabel="spread of Z / mean")
    smallest = found["d"].min()
    start = found.loc[found["d"] == smallest, "error"].mean()
    dimensions = np.sort(found["d"].unique())
    right.plot(dimensions, start * smallest / dimensions, ":k", label="as 1/d")
    right.set(xlabel="dimension d", ylabel="error of the PMI law, nats")
    for ax in (left, right):
        ax.legend(fontsize=9)
    return figure


def _by_size(found: pd.DataFrame, ax: Axes, along: str, apart: str, column: str) -> None:
    """A column against one size, a line for each value of the other, on logarithmic axes."""
    shown = found.assign(**{apart: [f"{apart} = {size:,}" for size in found[apart]]})
    markers = list("osD^")[: shown[apart].nunique()]
    how: dict[str, Any] = {"data": shown, "x": along, "y": column, "hue": apart, "style": apart, "ax": ax}
    sns.lineplot(**how, markers=markers, dashes=False, errorbar=None)
    sns.scatterplot(**how, markers=markers, alpha=0.35, legend=False)
    ax.set(xscale="log", yscale="log")
    ax.xaxis.set_minor_locator(plt.NullLocator())
    ax.set_xticks(sorted(found[along].unique()), [f"{size:,}" for size in sorted(found[along].unique())])
    ax.yaxis.set_minor_formatter(lambda v, _: f"{v:.2g}" if f"{v:e}"[0] in "25" else "")
    ax.yaxis.set_major_formatter("{x:g}")


def broken_isotropy(found: pd.DataFrame, spread: float) -> Figure:
    """Spread of ln Z and error of the PMI law when isotropy is broken in two ways, as they are and centred.

    Args:
        found: of `break_isotropy`.
        spread: of the law in the isotropic language, nats.
    """
    kinds = {"mean": "spread of ⟨m, c⟩, nats", "stretch": "factor of one direction"}
    quantities = {"spread": "spread of ln Z, nats", "error": "error of the law, nats"}
    shown = found.assign(centred=np.where(found["centred"], "centred", "as they are"))
    figure, axes = plt.subplots(2, 2, figsize=(8, 5.2), sharex="col", sharey="row", layout="constrained")
    for column, (kind, xlabel) in enumerate(kinds.items()):
        for row, (quantity, ylabel) in enumerate(quantities.items()):
            sns.lineplot(
                data=shown[shown["kind"] == kind],
                x="strength",
                y=quantity,
                hue="centred",
                style="centred",
                markers=["o", "s"],
                errorbar=None,
                legend=row == column == 0,
                ax=axes[row, column],
            )
            axes[row, column].set(yscale="log", xlabel=xlabel, ylabel=ylabel)
        axes[1, column].axhline(spread, color="#888888", linestyle=":")
    axes[0, 0].legend()
    return figure


def partition(log_Z: Mapping[str, np.ndarray]) -> Figure:
    """Spread of ln Z around its median: half of the contexts in the boxes, nine in ten between the whiskers.

    Args:
        log_Z: name to (N,) nats; those of the trained head begin with "trained" or "…" and have a colour of their own.
    """
    parts = [
        pd.DataFrame({"of": name, "trained": name.startswith(("trained", "…")), "ln Z": values - np.median(values)})
        for name, values in log_Z.items()
    ]
    figure, ax = plt.subplots(figsize=(7.4, 3.6), layout="constrained")
    sns.boxplot(
        data=pd.concat(parts),
        x="ln Z",
        y="of",
        hue="trained",
        palette={True: VERMILION, False: BLUE},
        whis=(5, 95),
        showfliers=False,
        dodge=False,
        width=0.5,
        legend=False,
        ax=ax,
    )
    ax.set(xlabel="ln Z − median, nats", ylabel="")
    return figure


def tables(known: pd.DataFrame) -> Figure:
    """Correlations of a table with the text, with intervals and nulls, a panel for each law.

    Args:
        known: of `compare_tables`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.8, 0.9 + 0.42 * len(known) / 2), sharey=True, layout="constrained")
    for ax, law in zip(axes, ("PMI", "frequency"), strict=True):
        part = known.xs(law, level=1)[::-1]
        place = np.arange(len(part))
        ax.hlines(place, part.null_low, part.null_high, color="#bbbbbb", linewidth=9)
        ax.hlines(place, part.low, part.high, color=BLUE)
        ax.plot(part.r, place, "o", color=BLUE)
        ax.axvline(0, color=_GREY, linewidth=0.8)
        ax.set(yticks=place, yticklabels=part.index, xlabel=f"correlation, {law}")
    return figure
