"""Figures of the page `fitting`."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, VERMILION


def draw_leaks(table: pd.DataFrame) -> Figure:
    """Variance of the next state explained against K for each kind of weights, a panel for each corpus.

    Args:
        table: of `leak_table`.
    """
    corpora = table.assign(weights=table.weights.str.replace("_", " ")).groupby("corpus", sort=False)
    figure, axes = plt.subplots(1, len(corpora), sharey=True, figsize=(9, 3.6), layout="constrained")
    for ax, (name, part) in zip(axes, corpora, strict=True):
        sns.lineplot(part, x="n_regimes", y="r2_h", hue="weights", style="weights", markers=True, ax=ax)
        ax.set(title=name, xlabel="number of regimes K", ylabel="variance explained, $R^2(h)$")
        ax.axhline(0, color="#222222", linewidth=0.9)
        handles, labels = ax.get_legend_handles_labels()
        ax.get_legend().remove()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def draw_choice(table: pd.DataFrame) -> Figure:
    """Held-out density over one regime, and the honest forecast, against K.

    Args:
        table: of `choose_regimes`.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    left.plot(table.index, table.gain, marker="o", color=BLUE)
    left.fill_between(table.index, table.gain_low, table.gain_high, alpha=0.25, color=BLUE)
    left.set(xlabel="number of regimes K", ylabel="gain, nats per step")
    right.plot(table.index, table.r2_h, marker="s", color=VERMILION)
    right.set(xlabel="number of regimes K", ylabel="$R^2(h)$, predictive", ylim=(0, 1))
    return figure


def draw_recovery(table: pd.DataFrame) -> Figure:
    """Agreement of regimes with the truth against their separation: of the fit, and of the true parameters.

    Args:
        table: of `recovery_curve`.
    """
    names = {"ari_best": "true parameters", "ari": "fit"}
    long = table.rename(columns=names).melt("separation", list(names.values()), "by", "agreement")
    figure, ax = plt.subplots(figsize=(6, 3.4))
    sns.lineplot(
        long, x="separation", y="agreement", hue="by", style="by", markers=True, errorbar=("pi", 100), ax=ax
    )  # fmt: skip
    ax.set(xlabel="separation of the regimes, sd of the noise", ylabel="adjusted Rand index")
    ax.legend(title=None)
    return figure
