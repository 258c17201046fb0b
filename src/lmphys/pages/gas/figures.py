"""Figures of the page: the likelihood of temperatures, and a mixture of two sources."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE
from lmphys.pages.gas.truth import HUMAN, NUCLEUS, PURE, Truth
from lmphys.thermo.thermogram import BETAS

_LOOKS = {
    PURE[0.7]: (BLUE, "o-"),
    PURE[1.0]: (GREEN, "s-"),
    PURE[1.3]: (ORANGE, "^-"),
    NUCLEUS: (PURPLE, "D--"),
    HUMAN: (BLACK, "x:"),
}


def likelihoods(truth: Truth) -> Figure:
    """What the tokens of each set cost under the tempered laws, above the least of the set, against the temperature."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.8, 3.9), layout="constrained")
    fine = np.linspace(BETAS[1], BETAS[-2], 120)
    for name, own in truth.sets.items():
        colour, mark = _LOOKS[name]
        sums = own.laws.summed(np.zeros(len(own.laws), int), 1)
        copies = sums.rows(np.zeros(len(fine), int))
        cost = (copies.at(fine)[0] - fine * copies.taken) / copies.n_tokens
        every = slice(None, None, 17)
        ax.plot(1 / fine, cost - cost.min(), mark, color=colour, mfc="white", ms=5, markevery=every, label=name)
        texts = own.laws.summed(own.of_token, len(own))
        warm = np.sort(texts.temperature())
        beside.step(warm, (np.arange(len(warm)) + 1) / len(warm), mark[1:], where="post", color=colour)
    for temperature in PURE:
        colour = _LOOKS[PURE[temperature]][0]
        for each in (ax, beside):
            each.axvline(temperature, color=colour, linewidth=1, alpha=0.6)
    ax.set(xlabel="temperature T of the thermometer", ylabel="cost above the least, nats", ylim=(0, 0.35))
    ax.set_xlim(0.45, 2.1)
    beside.set(xlabel="temperature of single texts", ylabel="share of texts", xlim=(0.45, 2.1))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def mixture(along: np.ndarray, of_second: np.ndarray, names: tuple[str, str], *, ax: Axes | None = None) -> Axes:
    """Mean place along the direction that parts two sources, against the log odds of the second one.

    Args:
        along: (W,) place of each window along the direction.
        of_second: (W,) whether it is of the second source.
        names: of the sources.
        ax: to draw on; new ones by default.
    """
    ax = ax or plt.subplots(figsize=(6.2, 3.4), layout="constrained")[1]
    theta = np.linspace(-4, 4, 41)
    share = 1 / (1 + np.exp(-theta))
    first, second = along[~of_second].mean(), along[of_second].mean()
    mean = (1 - share) * first + share * second
    near = np.abs(theta) <= 1.6
    ax.plot(theta, mean, "o-", color=BLUE, ms=4, mfc="white", label="mean of the mixture")
    middle, slope = (first + second) / 2, 0.25 * (second - first)
    ax.plot(theta[near], middle + slope * theta[near], "--", color=ORANGE, lw=2.5, label="slope = covariance")
    ax.set(xlabel=f"log odds of {names[1]} against {names[0]}", ylabel="mean state along the direction")
    ax.legend(loc="upper left")
    return ax
