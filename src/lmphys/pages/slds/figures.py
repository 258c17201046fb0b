"""Figures of the page on the parts of the switching model."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLUE, PALETTE, VERMILION
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.slds.patterns import IN_ORDER
from lmphys.stats.interval import Interval

# What the weights of the regimes have seen, and whose variance is explained, in words that fit a figure.
SEEN = {"predictive": "honest", "filtered_after_update": "seen", "smoothed": "smooth", "oracle": "oracle"}
SPACE = {"k": "k coordinates", "D": "all D, completed", "Eq. 10": "all D as Eq. 10"}
_GAINS = {"honest": "honest", "equal": "honest, equal penalty", "leaking": "target seen"}
_MARKERS = "osD^vPX"
_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)))
_DARK = "#444444"
_REAL = 1e-9  # an imaginary part below is rounding


def ablation(table: pd.DataFrame, paper: Mapping[str, float], title: str) -> Figure:
    """R^2 of the models of the ablation against what the weights have seen, beside the paper's.

    A row of panels for each target, a column for each space; a line that does not rise is a model without regimes.

    Args:
        table: as `Ablation.scores` returns it.
        paper: R^2 of the rows that the paper has; the others are not drawn, but named with their number where they lie
            below the axis.
        title: whose chains.
    """
    columns = table["r2"].unstack(["space", "target", "weights"])
    models = list(dict.fromkeys(table.index.get_level_values("model")))
    targets = list(dict.fromkeys(table.index.get_level_values("target")))
    shape = (len(targets), len(SPACE))
    figure, axes = plt.subplots(*shape, figsize=(9, 5.8), sharex=True, sharey=True, layout="constrained")
    for line, target in zip(axes, targets, strict=True):
        for ax, (space, where) in zip(line, SPACE.items(), strict=True):
            for model, mark, style, colour in zip(models, _MARKERS, _LINES, PALETTE, strict=False):
                found = columns.loc[model, space][target][list(SEEN)].to_numpy(float)
                if model not in paper:
                    ax.text(0.98, 0.02, f"{model}: {found[0]:.2f}", transform=ax.transAxes, ha="right", fontsize=8)
                    continue
                ax.plot(np.arange(1, 5), found, linestyle=style, marker=mark, ms=5, color=colour, label=model)
                ax.plot(0, paper[model], mark, color=colour, mfc="white", ms=6)
            ax.axvline(0.5, color=_DARK, linewidth=0.8)
            ax.set(ylim=(-0.1, 0.8))
            ax.set_title(f"{target}, {where}", fontsize=11)
        line[0].set_ylabel("R²")
    for ax in axes[-1]:
        ax.set_xticks(range(5), ["paper", *SEEN.values()], rotation=45, ha="right")
    figure.suptitle(title, fontsize=12)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def patterns(pattern: pd.DataFrame) -> Figure:
    """Distance from the paper's table by definition, real chains and surrogates, a panel for each space.

    Args:
        pattern: as `compare_patterns` returns it.
    """
    figure, axes = plt.subplots(1, len(SPACE), sharey=True, figsize=(9, 4.6), layout="constrained")
    corpora = (("real chains", "", "o", BLUE, -0.15), ("surrogates of one map", "null_", "s", VERMILION, 0.15))
    for ax, (space, title) in zip(axes, SPACE.items(), strict=True):
        part = pattern.loc[space]
        rows = np.arange(len(part))
        for name, prefix, mark, colour, shift in corpora:
            high = part[f"{prefix}rms_high"]
            ax.hlines(rows + shift, part[f"{prefix}rms_low"], high, color=colour, linewidth=2)
            ax.plot(part[f"{prefix}rms"], rows + shift, mark, color=colour, label=name)
            for row in np.flatnonzero(part[f"{prefix}order"] >= IN_ORDER):
                ax.annotate("✓", (high.iloc[row], row + shift), (4, -4), textcoords="offset points")
        ax.set(title=title, xlim=(0, None), xlabel="rms distance")
        ax.set_yticks(rows, [f"{target}, {SEEN[weights]}" for target, weights in part.index])
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def gains(grids: Mapping[str, pd.DataFrame]) -> Figure:
    """Three gains over one map by K and k in percentage points, a row of panels for each corpus.

    Of the honest gains those are written whose interval does not hold 0; the leaking gain has no interval.

    Args:
        grids: corpus to what `score_grid` returns.
    """
    height = 2.8 * len(grids)
    figure, axes = plt.subplots(len(grids), len(_GAINS), figsize=(9, height), layout="constrained", squeeze=False)
    reach = 100 * max(grid["leaking"].max() for grid in grids.values())
    for line, (name, grid) in zip(axes, grids.items(), strict=True):
        for ax, (kind, title) in zip(line, _GAINS.items(), strict=True):
            values = 100 * grid[kind].unstack("rank").drop(index=1, errors="ignore")
            certain = None
            if kind != "leaking":
                outside = grid[f"{kind}_low"] * grid[f"{kind}_high"] > 0
                certain = outside.unstack("rank").loc[values.index].eq(True)
            heat_map(values, marked=certain, sparse=kind != "leaking", low=-reach, high=reach, centre=0.0, decimals=1,
                     ax=ax)  # fmt: skip
            ax.set(title=title, xlabel="directions k")
        line[0].set_ylabel(f"{name}\nregimes K")
    return figure


def densities(grids: Mapping[str, pd.DataFrame]) -> Figure:
    """Log density of the next state by K and k minus that of the best pair, nats, a panel for each corpus."""
    figure, axes = plt.subplots(1, len(grids), figsize=(9, 3.2), layout="constrained", squeeze=False)
    for ax, (name, grid) in zip(axes[0], grids.items(), strict=True):
        heat_map((grid["density"] - grid["density"].max()).unstack("rank"), decimals=0, ax=ax)
        best = grid.index[int(grid["density"].argmax())]
        ax.set(title=f"{name}: best K = {best[0]}, k = {best[1]}", xlabel="directions k")
    axes[0, 0].set_ylabel("regimes K")
    return figure


def eigenvalues(fits: Mapping[str, SLDS]) -> Figure:
    """Moduli of the eigenvalues of I + M_j in falling order, a panel a fit, a line a regime; circles turn."""
    figure, axes = plt.subplots(1, len(fits), sharey=True, figsize=(9, 3.5), layout="constrained", squeeze=False)
    for ax, (name, fit) in zip(axes[0], fits.items(), strict=True):
        for j, values in enumerate(fit.parameters_.eigenvalues()):
            values = values[np.argsort(-np.abs(values), kind="stable")]
            number, size = np.arange(1, len(values) + 1), np.abs(values)
            turns = np.abs(values.imag) > _REAL
            colour = PALETTE[j % len(PALETTE)]
            ax.plot(number, size, linestyle=_LINES[j % len(_LINES)], color=colour, label=f"regime {j}")
            ax.plot(number[turns], size[turns], "o", color=colour, mfc="white", ms=4)
        ax.axhline(1, color=_DARK, linewidth=1)
        ax.set(title=name, xlabel="number of the eigenvalue")
    axes[0, 0].set(ylabel="modulus", ylim=(0, None))
    most = max(range(len(fits)), key=lambda i: len(axes[0, i].lines))
    handles, labels = axes[0, most].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def visits(tables: Mapping[str, pd.DataFrame], lasting: pd.DataFrame, *, longest: int = 8) -> Figure:
    """Share of visits that last as many steps or more: counted, by the fitted law, and without memory.

    Args:
        tables: corpus to what `compare_visits` returns.
        lasting: a row a corpus, with the columns `value`, `low` and `high` of `persistence`.
        longest: steps shown.
    """
    figure, axes = plt.subplots(1, len(tables), sharey=True, figsize=(9, 3.3), layout="constrained", squeeze=False)
    for ax, (name, table) in zip(axes[0], tables.items(), strict=True):
        shown = table[:longest]
        counted = shown["counted"][shown["counted"] > 0]
        ax.plot(counted.index, counted, "o", color=BLUE, label="counted")
        ax.plot(shown.index, shown["fitted"], "-", color=VERMILION, label="fitted law")
        ax.plot(shown.index, shown["memoryless"], "--", color=_DARK, label="no memory")
        ratio = Interval.of_row(lasting.loc[name])
        ax.set(title=f"{name}\nratio {ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]", xlabel="steps")
        ax.set(yscale="log", ylim=(1e-3, 1.3))
    axes[0, 0].set_ylabel("share of visits")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
