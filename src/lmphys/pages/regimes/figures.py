"""Figures of the page on the number of regimes."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from lmphys.book.style import BLUE, PALETTE
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.mixtures import COVARIANCES, STUDENT, Regimes

_MARKERS = "osD^"
_GREY, _DARK = "#bbbbbb", "#222222"


def criteria(table: pd.DataFrame, n_transitions: int) -> Figure:
    """BIC and held-out density of mixtures by number and shape of the components, beside one Student t.

    Args:
        table: as `choose_mixture` returns it, with all shapes.
        n_transitions: that it was computed on.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    student = table.xs(STUDENT)
    for shape, mark in zip(COVARIANCES, _MARKERS, strict=True):
        part = table.loc[shape]
        _curve(left, part["bic"] / n_transitions, mark, shape, int(part["bic"].argmin()))
        right.plot(part.index, part["held_out"], marker=mark)
        ends = [student["held_out"] + part[f"excess_{end}"] for end in ("low", "high")]
        right.fill_between(part.index, *ends, alpha=0.2)
    left.axhline(student["bic"] / n_transitions, color=_DARK, ls="--", lw=1)
    right.axhline(student["held_out"], color=_DARK, ls="--", lw=1, label="one Student t")
    left.set(xlabel="number of components K", ylabel="BIC per transition, nats")
    right.set(xlabel="number of components K", ylabel="held-out log density, nats")
    figure.legend(loc="outside upper center", ncols=5)
    return figure


def gains(choices: Mapping[str, pd.DataFrame], n_transitions: int, *, floor: float = -10) -> Figure:
    """Gain in BIC over one component by corpus, for matrices of full covariance and for diagonal ones.

    Args:
        choices: corpus to what `choose_mixture` returns.
        n_transitions: of each corpus.
        floor: losses beyond are cut off; they tell no more.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for ax, shape in zip(axes, ("full", "diag"), strict=True):
        for (name, table), mark in zip(choices.items(), _MARKERS, strict=False):
            bic = table.loc[shape]["bic"]
            gain = (bic.iloc[0] - bic) / n_transitions
            _curve(ax, gain, mark, name, int(gain.argmax()))
        ax.axhline(0, color=_DARK, linewidth=0.9)
        ax.set(title=f"covariance {shape}", xlabel="number of components K")
        ax.set_ylim(bottom=max(ax.get_ylim()[0], floor))
    axes[0].set_ylabel("gain in BIC, nats")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(choices))
    return figure


def _curve(ax: Axes, values: pd.Series, mark: str, label: str, best: int) -> None:
    """A curve with a ring around its choice, the row `best`."""
    (line,) = ax.plot(values.index, values, marker=mark, label=label)
    ax.plot(values.index[best], values.iloc[best], "o", ms=13, mfc="none", color=line.get_color())


def tails(contest: pd.DataFrame, names: Sequence[str]) -> Figure:
    """The best mixture minus one Student t by the number of dimensions, with intervals.

    Args:
        contest: as `contest_by_rank` returns it.
        names: corpora, in the order of the legend.
    """
    figure, ax = plt.subplots(figsize=(6.4, 3.4))
    for name, mark in zip(names, _MARKERS, strict=False):
        part = contest.loc[name]
        (line,) = ax.plot(part.index, part["excess"], marker=mark, label=name)
        ax.vlines(part.index, part["low"], part["high"], color=line.get_color(), linewidth=2)
    ax.axhline(0, color=_DARK, linewidth=0.9)
    ranks = contest.index.unique("dimensions")
    ax.set(xscale="log", xlabel="dimensions k", ylabel="nats per transition")
    ax.set_xticks(ranks, [str(rank) for rank in ranks])
    ax.minorticks_off()
    ax.legend()
    return figure


def planes(residuals: Mapping[str, np.ndarray], n_regimes: int, *, seed: int) -> Figure:
    """A mixture in the first two principal directions of the residuals, a panel for each corpus.

    Args:
        residuals: corpus to its residuals (m, k).
        n_regimes: number of Gaussians.
        seed: of their starts.
    """
    figure, axes = plt.subplots(1, len(residuals), figsize=(9, 3.5), layout="constrained")
    angle = np.linspace(0, 2 * np.pi, 100)
    for ax, (name, values) in zip(axes, residuals.items(), strict=True):
        plane = PCA(2).fit_transform(values)
        mixture = GaussianMixture(n_regimes, n_init=3, random_state=seed).fit(plane)
        label = mixture.predict(plane)
        for j, (mean, covariance) in enumerate(zip(mixture.means_, mixture.covariances_, strict=True)):
            colour = PALETTE[j % len(PALETTE)]
            ax.scatter(*plane[label == j].T, s=8, alpha=0.5, color=colour)
            ring = mean[:, None] + 2 * np.linalg.cholesky(covariance) @ [np.cos(angle), np.sin(angle)]
            ax.plot(*ring, color=colour)
            ax.annotate(chr(ord("a") + j), mean, weight="bold", ha="center")
        ax.set(title=name, xlabel="first direction")
    axes[0].set_ylabel("second direction")
    return figure


def places(regimes: Regimes, projected: Trajectories) -> Figure:
    """Where each regime begins and leads in the first two directions, and how long its residuals are.

    Args:
        regimes: of the steps of the chains.
        projected: the chains in k coordinates.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    here, steps = projected.states[projected.sources(), :2], projected.increments()[:, :2]
    colours = {j: PALETTE[j % len(PALETTE)] for j in np.unique(regimes.labels)}
    for j, colour in colours.items():
        left.scatter(*here[regimes.labels == j].T, s=7, alpha=0.35, color=colour)
    for j in colours:
        mine = regimes.labels == j
        start = here[mine].mean(axis=0)
        arrow = {"arrowstyle": "-|>", "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
        left.annotate("", start + steps[mine].mean(axis=0), start, arrowprops=arrow)
        left.annotate(str(j), start, (0, 9), textcoords="offset points", ha="center", weight="bold")
    left.set(xlabel="first direction", ylabel="second direction")
    shown = pd.DataFrame({"length": np.linalg.norm(regimes.residuals, axis=1), "regime": regimes.labels})
    outline = {"element": "step", "fill": False, "bins": 39, "binrange": (0, shown["length"].max())}
    sns.histplot(shown, x="length", hue="regime", palette=colours, ax=right, **outline)
    right.set(xlabel="length of the residual", ylabel="transitions")
    return figure


def alignments(aligned: pd.DataFrame) -> Figure:
    """How much each label tells of the regime, beside labels exchanged between chains at the same place.

    Args:
        aligned: as `LabelledSteps.align` returns it; labels that could not be measured are left out.
    """
    shown = aligned.dropna(subset="nmi").sort_values("nmi")
    rows = np.arange(len(shown))
    figure, ax = plt.subplots(figsize=(7, 1.6 + 0.36 * len(shown)))
    ax.barh(rows, shown["place"], color=_GREY, label="labels exchanged at the same place")
    ax.hlines(rows, shown["place"], shown["place_high"], color="#555555", lw=2)
    ax.plot(shown["nmi"], rows, "o", color=BLUE, ms=9, label="labels as they are")
    ax.set_yticks(rows, shown.index)
    ax.set_xlabel("normalised mutual information with the regime")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    return figure
