"""Which learning rate a recipe takes: short trainings side by side, judged by documents that were not seen before."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lmphys.training.tiny.learner import train
from lmphys.training.tiny.recipe import TinyRecipe

FACTORS = (0.5, 1.0, 2.0)


def compare_rates(
    recipe: TinyRecipe,
    folder: Path,
    *,
    factors: Sequence[float] = FACTORS,
    share: float = 0.25,
    device: str = "auto",
    progress: bool | None = None,
) -> pd.DataFrame:
    """Train a share of a recipe at several learning rates.

    Where no document comes twice, the loss of an update is one on fresh documents, so the last ones judge.

    Args:
        recipe: whose learning rate is looked for.
        folder: for the trainings, one folder a rate; those that are done are not done again.
        factors: multiples of the recipe's learning rate.
        share: of the recipe's updates.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        progress: whether to show a bar; None shows it on a terminal.

    Returns:
        A row a rate: `learning_rate`, `steps`, `loss` (nats a target, mean over the last twentieth of the updates) and
        `seconds`, the lowest loss first.

    Raises:
        LmphysError: as `lmphys.training.tiny.learner.train`.
    """
    rows = []
    for factor in factors:
        rate = recipe.learning_rate * factor
        short = replace(recipe, learning_rate=rate, steps=max(1, round(recipe.steps * share)), n_kept=1)
        into = folder / f"{rate:g}"
        train(short, into, device=device, progress=progress)
        done = json.loads((into / "training.json").read_text(encoding="utf-8"))
        rows.append((rate, short.steps, done["final_loss"], done["seconds"]))
    return pd.DataFrame(rows, columns=["learning_rate", "steps", "loss", "seconds"]).sort_values("loss")
