"""Figures of the page `severity`."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

_INK = "#222222"
_COLUMNS = {"mean": "mean severity", "above": "P(x > 1/2)", "relaxation": "relaxation time"}


def severity_figure(sweep: pd.DataFrame) -> Figure:
    """Mean, probability above one half and relaxation time against alpha, a line a noise, as `severity_sweep` says."""
    figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.6))
    for (sigma, rows), line in zip(sweep.groupby("sigma0"), cycle(("-", "--", "-.", ":")), strict=False):
        for ax, (column, label) in zip(axes, _COLUMNS.items(), strict=True):
            ax.plot(rows["alpha"], rows[column], line, label=f"σ₀ = {sigma:g}")
            ax.set(xlabel="α / β", ylabel=label)
    alphas = np.unique(sweep["alpha"])
    axes[2].plot(alphas, 1 / alphas, ":", color=_INK, linewidth=1, label="1 / α")
    axes[2].set_ylim(0, 1.2 * sweep["relaxation"].max())
    for ax in axes:
        ax.axvline(1, color="#888888", linewidth=0.8)
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure
