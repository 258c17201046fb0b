"""The trainings behind the page: `python -m lmphys.pages.energy_transformer.campaign NAME... [seed=0,1,2]`."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.files import listed, write_atomically
from lmphys.core.paths import project_root
from lmphys.pages.energy_transformer.scores import guesses, predictions, surprisals
from lmphys.pages.energy_transformer.shelf import CURVES, FOLDER, load_transformer
from lmphys.pages.energy_transformer.texts import held_out
from lmphys.training.checkpoint import step_folder, whole_folder
from lmphys.training.energy_transformer.learner import train
from lmphys.training.energy_transformer.model import EnergyTransformer
from lmphys.training.energy_transformer.recipe import EnergyRecipe
from lmphys.training.energy_transformer.recipes import ENERGIES, TRANSFORMERS
from lmphys.training.recipe import kept_steps
from lmphys.training.tiny.recipe import TinyRecipe

RUNS = Path("runs", "energy_transformer")
N_TEXTS = 400  # windows on which the curves are taken: 12,800 characters
_RECORD = ("training.json", "loss.csv")


def loss_of(folder: Path, recipe: TinyRecipe, n_texts: int | None = None) -> float:
    """Loss of kept weights on held-out text, nats a character; of energies, after as many steps as in training at most.

    Args:
        folder: of the weights.
        recipe: by which they were trained.
        n_texts: windows; None: those of the curves.
    """
    ids = held_out(n_texts or N_TEXTS)
    if isinstance(recipe, EnergyRecipe):
        found = guesses(EnergyTransformer.load(folder), ids, steps=recipe.most, begin=recipe.begin)
        return float(found.surprisals[-1].mean())
    return float(surprisals(predictions(load_transformer(folder), ids), ids[:, 1:]).mean())


def run_all(names: Sequence[str], seeds: Sequence[int], shelf: Path, runs: Path) -> pd.DataFrame:
    """Train what the table of curves lacks, put the last weights on the shelf, and return the table.

    Whoever is stopped goes on with the same call.

    Args:
        names: of recipes.
        seeds: of documents, first weights and noise.
        shelf: folder of the table and of the models.
        runs: folder for the trainings.

    Raises:
        LmphysError: a recipe is unknown.
    """
    recipes: dict[str, TinyRecipe] = {**ENERGIES, **TRANSFORMERS}
    unknown = [name for name in names if name not in recipes]
    if unknown:
        raise LmphysError(f"unknown recipe {unknown[0]!r}; use {', '.join(recipes)}")
    for seed in seeds:
        for name in names:
            if _has(_table(shelf), name, seed):
                continue
            recipe = replace(recipes[name], seed=seed)
            folder = runs / f"{name}-{seed}"
            last = train(recipe, folder, device="cpu")
            with whole_folder(shelf / name / f"seed-{seed}") as part:
                for file in [*listed(last, "*"), *(folder / record for record in _RECORD)]:
                    shutil.copy(file, part)
            tokens = recipe.batch_size * (recipe.context - 1)
            rows = [
                (name, seed, step, step * tokens, round(loss_of(step_folder(folder, step), recipe), 5))
                for step in kept_steps(recipe.steps, recipe.n_kept)
            ]
            added = pd.DataFrame(rows, columns=["name", "seed", "step", "tokens", "loss"])
            table = _table(shelf)  # other seeds may have been added meanwhile, by another process
            table = (pd.concat([table, added]) if len(table) else added).sort_values(["name", "seed", "step"])
            write_atomically(shelf / CURVES, table.to_csv(index=False, lineterminator="\n"))
    return pd.read_csv(shelf / CURVES)


def _table(shelf: Path) -> pd.DataFrame:
    return pd.read_csv(shelf / CURVES) if (shelf / CURVES).is_file() else pd.DataFrame()


def _has(table: pd.DataFrame, name: str, seed: int) -> bool:
    return bool(len(table) and ((table["name"] == name) & (table["seed"] == seed)).any())


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("seed=")]
    given_seeds = [argument[5:] for argument in sys.argv[1:] if argument.startswith("seed=")]
    root = project_root()
    numbers = [int(number) for text in given_seeds or ["0,1,2"] for number in text.split(",")]
    print(run_all(wanted, numbers, root / FOLDER, root / RUNS).to_string())
