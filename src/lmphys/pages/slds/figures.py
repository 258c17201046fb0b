"""Figures of the page on the parts of the switching model."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.heatmaps import heat_map
from lmphys.book.style import BLUE, VERMILION
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.slds.patterns import IN_ORDER
from lmphys.stats.interval import Interval

# What the weights of the regimes have seen, and whose variance is explained, in words that fit a figure.
SEEN = {"predictive": "honest", "filtered_after_update": "seen", "smoothed": "smooth", "oracle": "oracle"}
SPACE = {"k": "k coordinates", "D": "all D, completed", "Eq. 10": "all D as Eq. 10"}
_GAINS = {"honest": "honest", "equal": "honest, equal penalty", "leaking": "target seen"}
_MARKERS = "osD^vPX"
_DARK = "#444444"


def ablation(table: pd.DataFrame, paper: Mapping[str, float], title: str) -> Figure:
    """The table of ablations under every definition of R^2, a panel for each space, beside the paper's column.

    Args:
        table: as `Ablation.scores` returns it.
        paper: R^2 of the rows that the paper has.
        title: whose chains.
    """
    columns = table["r2"].unstack(["space", "target", "weights"])
    models = list(dict.fromkeys(table.index.get_level_values("model")))
    figure, axes = plt.subplots(len(SPACE), 1, figsize=(9, 7.4), layout="constrained")
    for ax, (space, where) in zip(axes, SPACE.items(), strict=True):
        part = columns[space].loc[models]
        targets = dict.fromkeys(part.columns.get_level_values("target"))
        shown = pd.DataFrame({f"{t}\n{label}": part[t, w] for t in targets for w, label in SEEN.items()})
        shown.insert(0, "paper", pd.Series(paper))
        heat_map(shown, low=0, high=0.8, ax=ax).set_title(f"{title}, {where}")
        for border in (0.5, 4.5):
            ax.axvline(border, color="white", linewidth=4)
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

    A star marks a gain whose interval does not hold 0; the leaking gain has no interval.

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
            heat_map(values, marked=certain, low=-reach, high=reach, centre=0.0, decimals=1, ax=ax)
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
    """Eigenvalues of I + M_j in the complex plane, with the unit circle; a panel a fit, a marker a regime."""
    figure, axes = plt.subplots(1, len(fits), sharey=True, figsize=(9, 3.5), layout="constrained", squeeze=False)
    angle = np.linspace(0, 2 * np.pi, 200)
    spectra = {name: fit.parameters_.eigenvalues() for name, fit in fits.items()}
    reach = max(1.1, *(1.05 * np.abs(values).max() for values in spectra.values()))
    for ax, (name, spectrum) in zip(axes[0], spectra.items(), strict=True):
        for j, values in enumerate(spectrum):
            mark = _MARKERS[j % len(_MARKERS)]
            ax.plot(values.real, values.imag, mark, ms=4, alpha=0.7, label=f"regime {j}")
        ax.plot(np.cos(angle), np.sin(angle), color=_DARK, linewidth=1)
        ax.set(title=name, xlabel="real part", aspect="equal", xlim=(-1.1, reach))
    axes[0, 0].set_ylabel("imaginary part")
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
