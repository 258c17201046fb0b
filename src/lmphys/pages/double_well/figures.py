"""Figures of the page `double_well`."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.style import BLUE
from lmphys.pages.double_well.densities import Spreading, reach
from lmphys.pages.double_well.escapes import KRAMERS, MEAN_TIME, SLOWEST, WALKERS

_INK = "#222222"


def spreading_figure(found: Spreading) -> Figure:
    """Histogram of the walkers, the Fokker-Planck equation and the closed form, a panel a time."""
    figure, axes = plt.subplots(1, len(found.evolved), sharey=True, figsize=(8, 3.4))
    well, x = found.well, np.linspace(-reach(found.well), reach(found.well), 2001)
    for ax, (t, p) in zip(axes, found.evolved.items(), strict=True):
        ax.hist(found.walkers[t], bins=60, density=True, color=BLUE, alpha=0.35, label="walkers")
        ax.plot(found.solver.centres, p / found.solver.width, color=BLUE, label="Fokker–Planck")
        ax.plot(x, well.density(x, found.D), "--", color=_INK, label=r"$e^{-U/D}/Z$")
        ax.set(title=f"time {t} / b", xlabel="x", xlim=(-2 * well.well, 2 * well.well))
    axes[0].set_ylabel("density")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def escape_figure(escapes: pd.DataFrame) -> Figure:
    """Rates against the height of the barrier, as `escape_rates` returns them, and each over the Kramers rate."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.5))
    heights, middle = escapes.index, escapes[WALKERS]
    bars = np.stack([middle - escapes["low"], escapes["high"] - middle])
    for ax, scale in ((left, 1.0), (right, escapes[KRAMERS].to_numpy())):
        for name, line in ((KRAMERS, "--"), (SLOWEST, "-"), (MEAN_TIME, "-.")):
            ax.plot(heights, escapes[name] / scale, line, label=name)
        ax.errorbar(heights, middle / scale, bars / scale, fmt="o", color=_INK, label=WALKERS)
        ax.set_xlabel("height of the barrier, ΔU / D")
    left.set(yscale="log", ylabel="rate")
    right.set_ylabel("rate / Kramers rate")
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure
