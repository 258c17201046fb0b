"""Figures of the page: the loss, accuracy by difficulty, and training as a path."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lmphys.book.style import BLUE
from lmphys.training.reasoner import outcomes
from lmphys.training.reasoner.reference import Reference, chance

_GREY = "#444444"
# What is drawn of the table of `held_out_nll`: name -> kind of chain and part.
_CURVES = {
    "flawless chains": ("flawless", "all"),
    "chains with a slip": ("slipped", "all"),
    "their right steps": ("slipped", "compute"),
    "their wrong steps": ("slipped", "slip"),
}


def draw_loss(record: Reference) -> Axes:
    """Loss against updates, with the steps whose adapters are kept."""
    ax = plt.subplots(figsize=(6.4, 3.4))[1]
    ax.plot(record.loss["step"], record.loss["loss"], marker="o", markersize=3)
    for kept in record.training["kept_steps"]:
        ax.axvline(kept, color=_GREY, linestyle="--", linewidth=0.9)
    ax.set(xscale="log", xlabel="update", ylabel="loss, nats per token", ylim=(0, None))
    ax.xaxis.set_major_formatter("{x:g}")
    return ax


def draw_accuracy(found: pd.DataFrame, unseen: Sequence[int], *, seed: int = 0) -> Figure:
    """Accuracy against the number of steps, a panel a family, with the level of a blind guess.

    Args:
        found: of `chain_outcomes`, of at most six families.
        unseen: difficulties that training never saw, drawn as open circles.
        seed: of the resampling.
    """
    curves = outcomes.rates(found, ["correct"], by=("family", "difficulty"), seed=seed)
    guess = chance(found)
    figure, axes = plt.subplots(2, 3, figsize=(8.4, 4.8), sharex=True, sharey=True, layout="constrained")
    for ax, (family, curve) in zip(axes.flat, curves.groupby("family"), strict=False):
        ax.fill_between(curve["difficulty"], curve["low"], curve["high"], alpha=0.25)
        ax.plot(curve["difficulty"], curve["value"], marker="o")
        new = curve[curve["difficulty"].isin(unseen)]
        ax.plot(new["difficulty"], new["value"], "o", mfc="white", color=BLUE)
        ax.axhline(guess[family], color=_GREY, linestyle="--", linewidth=1)
        ax.set(title=family, ylim=(-0.02, 1.05))
    figure.supxlabel("number of steps")
    figure.supylabel("accuracy")
    return figure


def draw_path(surprise: pd.DataFrame, by_step: pd.DataFrame | None, *, seed: int = 0) -> Figure:
    """Along training: how surprising held-out chains are, and how often sampled ones are right.

    Args:
        surprise: of `held_out_nll`, with a column `step`.
        by_step: `chain_outcomes` at each kept step, with a column `step`; None where there are none.
        seed: of the resampling.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
    steps = sorted(surprise["step"].unique())
    for mark, (name, (kind, part)) in zip("osD^", _CURVES.items(), strict=True):
        curve = surprise[(surprise["kind"] == kind) & (surprise["part"] == part)]
        places = [steps.index(step) for step in curve["step"]]
        left.errorbar(places, curve["nll"], _bars(curve, "nll"), marker=mark, capsize=3, label=name)
    left.set_xticks(range(len(steps)), [f"{step:,}" for step in steps])
    left.set(xlabel="update", ylabel="nats per token", ylim=(0, None))
    left.legend(fontsize=9)
    if by_step is None:
        right.text(0.5, 0.5, "no accuracy by step\nin the reference", ha="center")
        right.set_axis_off()
        return figure
    curve = outcomes.rates(by_step, ["correct"], by=("step",), seed=seed).sort_values("step")
    right.errorbar(range(len(curve)), curve["value"], _bars(curve, "value"), marker="o", capsize=3)
    right.set_xticks(range(len(curve)), [f"{step:,}" for step in curve["step"]])
    asked_at = ", ".join(map(str, sorted(by_step["difficulty"].unique())))
    right.set(xlabel="update", ylabel=f"accuracy at {asked_at} steps", ylim=(0, 1))
    return figure


def _bars(curve: pd.DataFrame, column: str) -> list[pd.Series]:
    """Lengths of the bars below and above."""
    return [curve[column] - curve["low"], curve["high"] - curve[column]]
