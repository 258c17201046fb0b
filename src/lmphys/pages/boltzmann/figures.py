"""Figures of the page on the Boltzmann distribution."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from torch import Tensor

from lmphys.book.style import VERMILION
from lmphys.pages.boltzmann.capacity import freezing_temperature, rem_capacity
from lmphys.thermo.ensemble import State, gauge, thermodynamics

_GREY = "#888888"
_FUNCTIONS = {
    "F": "free energy, nats",
    "U": "internal energy, nats",
    "S": "entropy, nats",
    "C": "heat capacity",
}


def levels(energies: Mapping[str, Tensor], rows: Mapping[str, int]) -> Figure:
    """Energies above the likeliest token in order, at some places; the median place also under random weights.

    Args:
        energies: `trained` and `random weights`, (N, V).
        rows: name to place, `median` among them.
    """
    n_tokens = energies["trained"].shape[1]
    figure, ax = plt.subplots(figsize=(6.6, 3.8))
    rank = np.arange(1, n_tokens + 1)
    for (name, row), line in zip(rows.items(), ("-", "--", "-."), strict=True):
        ax.plot(rank, np.sort(gauge(energies["trained"], "ground")[row]), line, label=name)
    control = gauge(energies["random weights"], "ground")[rows["median"]]
    ax.plot(rank, np.sort(control), ":", color="#444444", label="random weights")
    for t in (1, 2):
        ax.axhline(t * np.log(n_tokens), color="#999999", linestyle=(0, (1, 3)), linewidth=1)
        ax.annotate(f"T = {t}", (1, t * np.log(n_tokens)), (4, 0), va="center", color="#666666",
                    xycoords=("axes fraction", "data"), textcoords="offset points")  # fmt: skip
    ax.set(xscale="log", xlabel="rank of the token", ylabel="energy above the likeliest, nats")
    ax.legend()
    return figure


def functions_of_state(states: Mapping[str, State], sigma: float, n_tokens: int) -> Figure:
    """F, U, S and C against the temperature: median over the contexts, shading from the first to the third quartile.

    Args:
        states: by model, all at the same temperatures.
        sigma: spread of the levels of the random energy model beside them, nats.
        n_tokens: its number of levels.
    """
    figure, axes = plt.subplots(2, 2, figsize=(8, 5.4), sharex=True, layout="constrained")
    T = next(iter(states.values())).T[:, 0]
    for ax, (name, label) in zip(axes.flat, _FUNCTIONS.items(), strict=True):
        for (which, state), mark in zip(states.items(), "os", strict=True):
            low, middle, high = np.quantile(getattr(state, name), (0.25, 0.5, 0.75), axis=1)
            (line,) = ax.plot(T, middle, marker=mark, markersize=3, label=which)
            ax.fill_between(T, low, high, alpha=0.2, color=line.get_color())
        ax.axvline(1, color=_GREY, linewidth=0.8)
        ax.set(xscale="log", ylabel=label)
    fluid = T[freezing_temperature(sigma, n_tokens) < T]
    axes[1, 1].plot(fluid, rem_capacity(fluid, sigma, n_tokens), ":k", label="random energy model")
    figure.legend(*axes[1, 1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    axes[1, 0].axhline(np.log(n_tokens), color=_GREY, linestyle="--", linewidth=0.8)
    for ax in axes[1]:
        ax.set_xlabel("temperature T")
    return figure


def peaks(found: pd.DataFrame, estimates: Mapping[str, np.ndarray], entropy: np.ndarray) -> Figure:
    """Temperature of the peak of each context against estimates of it, a panel an estimate.

    Args:
        found: of `capacity_peaks`, N rows.
        estimates: by name, (N,).
        entropy: (N,) at T = 1, nats.
    """
    figure, axes = plt.subplots(1, len(estimates), sharey=True, figsize=(8.6, 3.9), layout="constrained")
    end = 1.1 * np.nanmax([*np.concatenate(list(estimates.values())), *found.T_peak.fillna(0), 1.0])
    for ax, (name, estimate) in zip(axes, estimates.items(), strict=True):
        points = ax.scatter(estimate, found.T_peak, c=entropy, s=14 + 14 * entropy, cmap="viridis", alpha=0.8)
        ax.plot([0, end], [0, end], "--", color="#555555", linewidth=1)
        ax.set(title=name, xlabel="temperature by the estimate", xlim=(0, end), ylim=(0, end))
    axes[0].set_ylabel("temperature of the peak")
    figure.colorbar(points, ax=axes, label="entropy at T = 1, nats")
    return figure


def heated_texts(written: pd.DataFrame, places: Mapping[str, Tensor]) -> Figure:
    """Surprisal of the tokens of heated texts, beside the internal energy of given places when one token is heated.

    Args:
        written: of `lmphys.thermo.sample_texts`.
        places: where from -> energies (N, V), two of them.
    """
    grid = np.linspace(0.1, written["temperature"].max(), 16)
    figure, ax = plt.subplots(figsize=(6.4, 3.6))
    for (name, energies), line in zip(places.items(), ("--", ":"), strict=True):
        fixed = thermodynamics(gauge(energies, "information"), grid).U
        ax.plot(grid, fixed.mean(axis=1), line, color="#444444", label=name)
    at = {"data": written, "x": "temperature", "y": "energy", "color": VERMILION, "ax": ax}
    sns.lineplot(**at, marker="o", markeredgecolor="none", errorbar=None, label="whole texts heated")
    sns.scatterplot(**at, s=14, alpha=0.5, linewidth=0)
    ax.axhline(np.log(energies.shape[1]), color=_GREY, linestyle="-.", label="ln V")
    ax.set(xlabel="sampling temperature", ylabel="surprisal, nats per token")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure
