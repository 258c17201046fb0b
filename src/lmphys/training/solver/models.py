"""Transformers that were trained on arithmetic: those of the book, and trainings of the reader's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.training.checkpoint import step_folder
from lmphys.training.tiny.recipe import TinyRecipe
from lmphys.training.tiny.trained import Trained, trained


class Solver(NamedTuple):
    """A trained transformer.

    Attributes:
        name: of its recipe; the folder of a training of the reader's own.
        training: its record.
        spec: what `LanguageModel` takes.
        model: in float32 on the CPU.
    """

    name: str
    training: Trained
    spec: str
    model: LanguageModel

    @property
    def recipe(self) -> TinyRecipe:
        """How it was trained."""
        return self.training.recipe

    def untrained(self) -> LanguageModel:
        """The same architecture with weights as they are before a training."""
        return loaded(f"random:{self.spec}#{self.recipe.seed}")


def loaded(spec: str) -> LanguageModel:
    """A tiny transformer in float32 on the CPU."""
    return LanguageModel(spec, dtype="float32", device="cpu")


def of_the_book(name: str, n_seeds: int | None = None) -> list[Solver]:
    """The transformers of a recipe that come with the book.

    Args:
        name: of the recipe.
        n_seeds: how many; None: all.
    """
    return [Solver(name, one, one.spec, loaded(one.spec)) for one in trained(name)[:n_seeds]]


def of_the_reader(folders: Sequence[str], like: TinyRecipe) -> list[Solver]:
    """Trainings in folders, as `lmphys train` leaves them.

    Args:
        folders: of the trainings.
        like: a recipe with the same words.

    Raises:
        LmphysError: a training has other words.
    """
    found = []
    for folder in map(Path, folders):
        one = Trained(str(folder), 0, folder)
        if one.recipe.world != like.world or one.recipe.source().vocabulary != like.source().vocabulary:
            raise LmphysError(f"{folder} was trained on other words than this page; train a recipe arithmetic-small-…")
        spec = str(step_folder(folder, one.recipe.steps))
        found.append(Solver(str(folder), one, spec, loaded(spec)))
    return found
