"""Tiny transformers that were trained once and come with the book, each with the record of its training."""

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import listed
from lmphys.core.paths import project_root
from lmphys.training.checkpoint import step_folder, whole_folder
from lmphys.training.tiny.recipe import TinyRecipe

_RECORD = ("recipe.json", "training.json", "loss.csv")


@dataclass(frozen=True)
class Trained:
    """A tiny transformer at the end of its training.

    Attributes:
        name: of its recipe.
        seed: of its documents and first weights.
        folder: weights in float16, tokenizer and record; itself a model spec.
    """

    name: str
    seed: int
    folder: Path

    @property
    def spec(self) -> str:
        """What `--model` and `LanguageModel` take."""
        return str(self.folder)

    @cached_property
    def training(self) -> dict[str, Any]:
        """Tokens, seconds, machine, versions, commit and last loss of the training.

        Raises:
            LmphysError: the file is damaged.
        """
        return training_record(self.folder)

    @cached_property
    def recipe(self) -> TinyRecipe:
        """How it was trained."""
        return TinyRecipe.from_json(self.training["recipe"])

    @cached_property
    def losses(self) -> pd.DataFrame:
        """The loss curve, a row each ten updates: `step`, `tokens`, `loss` (nats a target, mean since the row before).

        Raises:
            LmphysError: the file is damaged.
        """
        with given(self.folder / "loss.csv", "restore it: git checkout data", "is damaged"):
            return pd.read_csv(self.folder / "loss.csv")


def training_record(folder: Path) -> dict[str, Any]:
    """`training.json` of a training that comes with the book.

    Raises:
        LmphysError: the file is damaged.
    """
    with given(folder / "training.json", "restore it: git checkout data", "is damaged"):
        return dict(json.loads((folder / "training.json").read_text(encoding="utf-8")))


def trained_folder() -> Path:
    """Where the book keeps them: `data/trained`.

    Raises:
        LmphysError: the working folder is not inside a checkout of the book.
    """
    return project_root() / "data" / "trained"


def trained(name: str) -> list[Trained]:
    """The transformers of a recipe that come with the book, one a seed, in the order of the seeds.

    Raises:
        LmphysError: none does.
    """
    found = [Trained(name, int(path.name[5:]), path) for path in listed(trained_folder() / name, "seed-*")]
    if not found:
        raise LmphysError(
            f"no transformer of the recipe {name!r} comes with the book; train one: lmphys train {name}, and then "
            "lmphys train ship FOLDER"
        )
    return sorted(found, key=lambda one: one.seed)


def ship(name: str, folder: Path) -> Trained:
    """Put a transformer whose training is done among those of the book.

    Args:
        name: of its recipe.
        folder: of the training, as `lmphys train` leaves it.

    Raises:
        LmphysError: the training is not done, or not one of this recipe.
    """
    from lmphys.training.recipes import RECIPES

    if not (folder / "training.json").is_file():
        raise LmphysError(f"{folder} holds no training that is done; run lmphys train {name} --into {folder}")
    source = Trained(name, 0, folder)
    recipe = source.recipe
    if name not in RECIPES or (recipe.world, recipe.shape) != (RECIPES[name].world, RECIPES[name].shape):
        raise LmphysError(f"{folder} is no training of the recipe {name!r}; name the recipe that it was made by")
    shipped = Trained(name, recipe.seed, trained_folder() / name / f"seed-{recipe.seed}")
    with whole_folder(shipped.folder) as part:
        for file in listed(step_folder(folder, recipe.steps), "*"):
            shutil.copy(file, part)
        for file_name in _RECORD:
            shutil.copy(folder / file_name, part)
    return shipped
