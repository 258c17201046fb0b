"""The figure of the page: what labels add to one linear map."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.style import BLACK

_KINDS = {"known": "known (leaks)", "by label": "by label", "by state": "by state"}


def draw_label_gains(gains: pd.DataFrame) -> Figure:
    """Gains in R^2 over one map, a panel a kind of forecast, a row a kind of label, beside both nulls.

    Args:
        gains: table of `label_gains`.
    """
    figure, axes = plt.subplots(1, 3, sharex=True, sharey=True, figsize=(9, 3), layout="constrained")
    for ax, (way, title) in zip(axes, _KINDS.items(), strict=True):
        table = gains.xs(way, level="forecast")
        height = np.arange(len(table))
        ax.axvline(0, color=BLACK, linewidth=0.9)
        ax.hlines(height, table["low"], table["high"], linewidth=2)
        ax.plot(table["gain"], height, "o", label="true labels")
        ax.plot(table["place_high"], height, "k|", ms=14, mew=2, label="place kept")
        ax.plot(table["random_high"], height, "kx", label="at random")
        ax.set_yticks(height, table.index)
        ax.set(title=title)
    axes[0].set_ylim(len(table) - 0.5, -0.5)
    figure.supxlabel("gain in R² over one linear map")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
