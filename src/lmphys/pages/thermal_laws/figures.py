"""Figures of the page."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from lmphys.book.style import BLACK, BLUE, PALETTE, VERMILION
from lmphys.pages.thermal_laws.cooling import GREEDY, best_rates, bound, cooled
from lmphys.pages.thermal_laws.walkers import sign_energy
from lmphys.stats.interval import Interval
from lmphys.training.thermal.schedules import shaped

_LINES = {"constant": ":", "linear": "--", "cosine": "-.", "1 - sqrt": (0, (1, 1)), GREEDY: "-"}


def _bar(ax: Axes, x: float, found: Interval, marker: str, color: str, label: str | None = None) -> None:
    ends = np.array([[found.value - found.low], [found.high - found.value]])
    ax.errorbar(x, found.value, ends, fmt=marker, color=color, capsize=2, label=label)


def equipartition(shares: pd.DataFrame, rate: float) -> Figure:
    """Thermal loss against the sharpness.

    Args:
        shares: of `walkers.equipartition`.
        rate: learning rate.
    """
    figure, ax = plt.subplots(figsize=(5, 3.2))
    for kind, law, marker, color, label in (
        ("sgd", rate / 4, "o", BLUE, "gradient"),
        ("sign", sign_energy(rate), "s", VERMILION, "sign of the gradient"),
    ):
        ax.axhline(law, color=color, lw=1, ls="--")
        for i, (a, (_, row)) in enumerate(zip(shares.index, shares.iterrows(), strict=True)):
            _bar(ax, a, row[kind].map(lambda x, law=law: x * law), marker, color, label if i == 0 else None)
    ax.plot(shares.index, shares["closed form"].astype(float) * rate / 4, color=BLUE, lw=1)
    ax.set(xscale="log", xlabel="sharpness a", ylabel="thermal loss", ylim=(0, None))
    ax.set_xticks(list(shares.index), [f"{a:g}" for a in shares.index])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return figure


def cooling(rate: float, a: float, n: int, many: pd.DataFrame) -> Figure:
    """Thermal loss while one direction is cooled, and at the end of decays of a whole spectrum.

    Args:
        rate: before the decay.
        a: the one sharpness.
        n: updates of the decays on the left.
        many: of `cooling.many_sharpnesses`.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.4))
    time = np.arange(n + 1)
    for number, shape in enumerate(_LINES):
        rates = best_rates(rate, a, n) if shape == GREEDY else shaped(shape, rate, n)
        color, line = PALETTE[number], _LINES[shape]
        left.plot(time[1:], cooled(rates, a, rate)[1:], ls=line, color=color, label=shape)
        right.plot(many.columns, many.loc[shape].astype(float), ls=line, color=color, marker="o", ms=3)
    left.plot(time[1:], [bound(rate, a, t) for t in time[1:]], color=BLACK, lw=0.8, label="bound")
    left.set(xscale="log", yscale="log", xlabel="updates", ylabel="thermal loss", title="one sharpness")
    right.set(xscale="log", yscale="log", xlabel="updates of the decay", title="64 sharpnesses, end")
    for ax in (left, right):
        ax.yaxis.set_minor_formatter(NullFormatter())
    right.set_xticks(list(many.columns), [f"{n:,}" for n in many.columns])
    right.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def heat(rates: pd.DataFrame, batches: pd.DataFrame) -> Figure:
    """What an anneal takes away, against the bound.

    Args:
        rates: of `drops.heat` for learning rates.
        batches: for sizes of batches.
    """
    figure, ax = plt.subplots(figsize=(5, 3.8))
    for table, marker, color, label in (
        (rates, "o", BLUE, "learning rates"),
        (batches, "s", VERMILION, "sizes of batches"),
    ):
        for i, (name, row) in enumerate(table.iterrows()):
            _bar(ax, row["bound"], row["drop"], marker, color, label if i == 0 else None)
            place: dict[str, Any] = {"xytext": (-6, 6), "ha": "right"} if marker == "o" else {"xytext": (5, -14)}
            text = f"{1000 * float(str(name)):g}e-3" if marker == "o" else f"B {name}"
            ax.annotate(text, (row["bound"], row["drop"].value), textcoords="offset points", color=color, **place)
    ends = np.array([0, 1.15 * rates["bound"].max()])
    for share, line in ((1, "-"), (0.25, ":")):
        ax.plot(ends, share * ends, line, color=BLACK, lw=1, label="bound" if share == 1 else "a quarter of it")
    ax.set(
        xlim=(-0.08 * ends[1], ends[1]), ylim=(0, 0.65 * ends[1]), xlabel="(η/4) Σ √v, nats", ylabel="taken away, nats"
    )
    ax.legend(loc="upper left")
    return figure


def shapes(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Loss at the end of each decay above that of linear, a mark a kind of texts.

    Args:
        tables: name of the texts to `drops.shape_losses`.
    """
    names = [name for name in next(iter(tables.values())).index if name != "constant"]
    figure, ax = plt.subplots(figsize=(5.2, 1.2 + 0.34 * len(names)))
    for number, (kind, table) in enumerate(tables.items()):
        for row, name in enumerate(names):
            found = table.loc[name, "above linear"]
            y = row + 0.3 * (number - 0.5)
            ax.hlines(y, found.low, found.high, color=PALETTE[number])
            ax.plot(found.value, y, "os"[number % 2], color=PALETTE[number], label=kind if row == 0 else None)
    ax.axvline(0, color=BLACK, lw=1, ls=":")
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.5, -0.5), xlabel="loss above the linear decay, nats")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def fall(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Loss above the twin after a sudden fall of the rate.

    Args:
        tables: name of the texts to `drops.fall`.
    """
    figure, ax = plt.subplots(figsize=(5, 3.2))
    for number, (kind, table) in enumerate(tables.items()):
        values, low, high = (np.array(list(x)) for x in zip(*table["above the twin"], strict=True))
        ax.fill_between(table.index, low, high, color=PALETTE[number], alpha=0.2, lw=0)
        ax.plot(table.index, values, "os"[number % 2] + "-", color=PALETTE[number], label=kind)
    ax.axhline(0, color=BLACK, lw=1, ls=":")
    ax.set(xlabel="updates after the fall", ylabel="loss above the twin, nats")
    ax.legend()
    return figure


def river(table: pd.DataFrame) -> Figure:
    """Share of the squared movement along the sharpest directions, against the updates between two moments.

    Args:
        table: `seed`, `lag`, `sharp`, `random`: mean shares for each direction, over what each of all directions has.
    """
    figure, ax = plt.subplots(figsize=(5, 3.2))
    for name, color, marker, label in (
        ("sharp", BLUE, "o", "ten sharpest directions"),
        ("random", VERMILION, "s", "random directions"),
    ):
        by_lag = table.groupby("lag")[name]
        ax.fill_between(by_lag.min().index, by_lag.min(), by_lag.max(), color=color, alpha=0.2, lw=0)
        ax.plot(by_lag.mean().index, by_lag.mean(), marker + "-", color=color, label=label)
    ax.set(xscale="log", yscale="log", xlabel="updates between", ylabel="share, over an even one")
    ax.legend()
    return figure
