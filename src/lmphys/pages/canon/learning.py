"""Watching transformers learn: one that is trained here, and those that were trained long ago."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lmphys.pages.canon.comparisons import over_trainings
from lmphys.pages.canon.scores import accuracy
from lmphys.problems.documents import Document
from lmphys.training.checkpoint import step_folder
from lmphys.training.recipe import kept_steps
from lmphys.training.tiny.learner import train
from lmphys.training.tiny.recipe import TinyRecipe
from lmphys.training.tiny.trained import Trained, trained


def learn(recipe: TinyRecipe, documents: Sequence[Document], *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train in a folder that is then thrown away, and ask the weights that were kept on the way.

    Args:
        recipe: how to train.
        documents: what they are asked, of its world.
        seed: of the intervals.

    Returns:
        The loss curve, as `Trained.losses`; and a row a kept update: `step`, `accuracy` (%), `low`, `high`, over
        documents.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "training"
        train(recipe, folder, device="cpu", progress=False)
        kept = {step: [str(step_folder(folder, step))] for step in kept_steps(recipe.steps, recipe.n_kept)}
        (found,) = accuracy(kept, {"all": documents}).values()
        losses = Trained("live", recipe.seed, folder).losses
    rows = [(step, *over_trainings(found[step], bounds=(0, 100), seed=seed)) for step in kept]
    return losses, pd.DataFrame(rows, columns=["step", "accuracy", "low", "high"])


def shortened(recipe: TinyRecipe, steps: int, seed: int) -> TinyRecipe:
    """The recipe with fewer updates, over which its learning rate falls as far, and with documents of a seed."""
    return replace(recipe, steps=steps, seed=seed, n_kept=10)


def loss_curves(names: Mapping[str, str]) -> dict[str, list[pd.DataFrame]]:
    """Loss curves of the shipped trainings, by what a reader calls their recipe; arguments as `scores.specs`."""
    return {label: [one.losses for one in trained(name)] for label, name in names.items()}


def updates(names: Sequence[str]) -> int:
    """Fewest updates of any shipped training of these recipes."""
    return min(one.recipe.steps for name in names for one in trained(name))
