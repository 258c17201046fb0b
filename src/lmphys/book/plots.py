"""Figures that several chapters share."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter

from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.core.errors import LmphysError

_MARKERS = "osD^vPX"
_SIZES = {"N": "transitions $N$", "K": "regimes $K$", "k": "dimension $k$"}
_TIMES = {
    "ours_s": ("this package", BLUE, "o-"),
    "floor_s": ("bare matrix products", BLACK, "^--"),
    "dynamax_s": ("dynamax", VERMILION, "s-."),
    "ssm_s": ("ssm", GREEN, "D:"),
}


def scores(table: pd.DataFrame, *, floor: float = -0.25, ax: Axes | None = None) -> Axes:
    """Variance explained by several forecasts: of the next state, and of the increment.

    Args:
        table: One row for each forecast (index: its name), columns `r2_h` and `r2_dh`, both in (-inf, 1], and their
            intervals `r2_h_low`, `r2_h_high`, `r2_dh_low`, `r2_dh_high` where there are some.
        floor: Bars that reach below are cut there, with an arrow and the number.
        ax: Axes to draw on; new ones by default.

    Raises:
        LmphysError: a column is missing.
    """
    missing = [name for name in ("r2_h", "r2_dh") if name not in table]
    if missing:
        raise LmphysError(f"the table of scores has no column {', '.join(missing)}; give what one_step_scores returns")
    if ax is None:
        ax = plt.subplots(figsize=(6.4, 0.9 + 0.55 * len(table)))[1]
    height = 0.36
    targets = (("r2_h", BLUE, "next state $h_{t+1}$"), ("r2_dh", VERMILION, r"increment $\Delta h_t$"))
    for place, (column, colour, label) in enumerate(targets):
        values = table[column].to_numpy(float)
        rows = np.arange(len(table)) + (place - 0.5) * height
        shown = np.maximum(values, floor)
        ax.barh(rows, shown, height, color=colour, label=label)
        if f"{column}_low" in table:
            low, high = (np.maximum(table[f"{column}_{end}"].to_numpy(float), floor) for end in ("low", "high"))
            inside = values > floor
            ax.hlines(rows[inside], low[inside], high[inside], color="#222222", linewidth=1.3)
        for row, value in zip(rows[values < floor], values[values < floor], strict=True):
            ax.annotate(f"◀ {value:.2g}", (floor, row), xytext=(3, 0), textcoords="offset points", va="center",
                        color="white", fontsize=10)  # fmt: skip
    ax.axvline(0, color="#222222", linewidth=0.9)
    ax.set_yticks(np.arange(len(table)), [str(name) for name in table.index])
    ax.invert_yaxis()
    reached = np.nanmin(table.filter(regex=r"^r2_d?h(_low)?$").to_numpy(float))
    ax.set_xlim(min(floor, 0) if reached < 0 else 0, 1)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("variance explained, $R^2$")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def ecdf(samples: Mapping[str, np.ndarray], *, log: bool = True, xlabel: str = "", ax: Axes | None = None) -> Axes:
    """Empirical distribution functions F(x) = (number of values ≤ x) / n, one step curve for each sample.

    Args:
        samples: Name to values (n,), any n ≥ 1; positive where `log` is set.
        log: Logarithmic abscissa.
        xlabel: Quantity and unit.
        ax: Axes to draw on; new ones by default.

    Raises:
        LmphysError: a sample is empty, not finite, or not positive on a logarithmic axis.
    """
    ax = ax or plt.subplots()[1]
    for name, values in samples.items():
        x = np.sort(np.asarray(values, float).ravel())
        if not len(x) or not np.isfinite(x).all() or (log and x[0] <= 0):
            raise LmphysError(
                f"sample {name!r} is empty, not finite or not positive; filter it, or draw with log=False"
            )
        ax.step(
            np.concatenate([x[:1], x]), np.arange(len(x) + 1) / len(x), where="post", label=f"{name} (n = {len(x):,})"
        )
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_ylim(0, 1)
    ax.set_xlabel(xlabel)
    ax.set_ylabel("fraction of values ≤ x")
    ax.legend()
    return ax


def spectrum(curves: Mapping[str, np.ndarray], *, rank: int | None = None, ax: Axes | None = None) -> Axes:
    """Cumulative share of variance against rank.

    Args:
        curves: Name to cumulative shares (r,), entry i the share of the first i + 1 components, in [0, 1].
        rank: A rank to mark with a line.
        ax: Axes to draw on; new ones by default.

    Raises:
        LmphysError: a curve falls or leaves [0, 1]: it is not cumulative.
    """
    ax = ax or plt.subplots()[1]
    for number, (name, curve) in enumerate(curves.items()):
        y = np.asarray(curve, float)
        if (np.diff(y) < -1e-9).any() or y.min() < -1e-9 or y.max() > 1 + 1e-6:
            raise LmphysError(f"curve {name!r} is not a cumulative share of variance; give numpy.cumsum of the shares")
        marks = np.unique(np.round(np.geomspace(1, len(y), 8)).astype(int)) - 1
        ax.plot(np.arange(1, len(y) + 1), y, marker=_MARKERS[number % len(_MARKERS)], markevery=list(marks), label=name)
    if rank is not None:
        ax.axvline(rank, color="#444444", linestyle="--", linewidth=1)
        ax.annotate(f"rank {rank}", (rank, 0), xytext=(4, 6), textcoords="offset points", fontsize=11)
    ax.set_xscale("log")
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("rank")
    ax.set_ylabel("cumulative share of variance")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax


def growth(table: pd.DataFrame) -> Figure:
    """Seconds of an EM iteration against the size of the problem, a panel for each size that varies, log-log.

    A time that is missing or not positive is left out: it is the difference of two, and noise may exceed it.

    Args:
        table: `Benchmarks.growth`.

    Returns:
        A figure outside pyplot, with at most 3 panels, in the order N, K, k.

    Raises:
        LmphysError: a column is missing, or there is nothing to draw.
    """
    missing = [name for name in ("along", "value", *_TIMES) if name not in table]
    if missing:
        raise LmphysError(f"the table of growth has no column {', '.join(missing)}; give Benchmarks.growth")
    measured = table[(table[list(_TIMES)] > 0).any(axis=1)]
    sizes = [name for name in _SIZES if (measured["along"] == name).any()]
    if not sizes or set(measured["along"]) - set(sizes):
        raise LmphysError(f"the table of growth has no times along {', '.join(_SIZES)} alone; measure them: make bench")
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    curves = {}
    for ax, size in zip(axes, sizes, strict=True):
        rows = measured[measured["along"] == size].sort_values("value")
        for column, (label, colour, line) in _TIMES.items():
            points = rows[rows[column] > 0]
            if len(points):
                (curves[label],) = ax.plot(points["value"], points[column], line, color=colour, label=label)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1,) if rows["value"].max() >= 1000 else (1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel(_SIZES[size])
    axes[0].set_ylabel("seconds per EM iteration")
    figure.legend(curves.values(), curves.keys(), loc="outside upper center", ncols=2)
    return figure
