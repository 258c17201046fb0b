"""A training on the page: bits learned, step by step, and the model at its end."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.pages.capacity.bits import learned
from lmphys.pages.capacity.points import Trial
from lmphys.training.checkpoint import step_folder
from lmphys.training.recipe import kept_steps
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import Tiny, train
from lmphys.training.tiny.recipe import TinyRecipe

N_KEPT = 12


def live_recipe(name: str, exposures: int, *, batches: int = 1, seed: int = 0) -> TinyRecipe:
    """A recipe of the book with other numbers of updates and documents.

    Args:
        name: of the recipe.
        exposures: how often each person is met.
        batches: of the recipe that are put together into one update.
        seed: of people, documents and first weights.

    Raises:
        LmphysError: there is no such recipe of records.
    """
    if name not in RECIPES or RECIPES[name].world != "records":
        known = ", ".join(known for known, recipe in RECIPES.items() if recipe.world == "records")
        raise LmphysError(f"no recipe {name!r} of records; use {known}")
    recipe = RECIPES[name]
    size = batches * recipe.batch_size
    n_records = recipe.options["n_people"] * (1 + recipe.options.get("strangers", 0))
    return replace(recipe, batch_size=size, steps=round(exposures * n_records / size), n_kept=N_KEPT, seed=seed)


def learning_curve(recipe: TinyRecipe, folder: Path) -> tuple[pd.DataFrame, Trial]:
    """Train on the CPU, and count bits before the first update and after some others.

    Returns:
        Rows `exposures`, `names`, `values` and `R`, all three in bits learned a parameter; and the training.
    """
    train(recipe, folder, device="cpu", progress=False)
    trial = Trial.of_folder(folder)
    models = {0: Tiny(recipe, "cpu", trial.world).model}
    for step in kept_steps(recipe.steps, recipe.n_kept):
        models[step] = LanguageModel(str(step_folder(folder, step)), dtype="float32", device="cpu")
    rows = []
    for step, model in models.items():
        bits, n = learned(model, trial.world), model.n_parameters
        exposures = trial.exposures * step / recipe.steps
        rows.append({"exposures": exposures, "names": bits.names / n, "values": bits.values / n, "R": bits.total / n})
    return pd.DataFrame(rows), trial
