"""The transformers of the page: those that come with the book, and trainings of the reader's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.training.checkpoint import step_folder
from lmphys.training.tiny.recipe import TinyRecipe
from lmphys.training.tiny.trained import Trained, trained

# Kind of the recipe `grammar-KIND`, in words.
KINDS = {
    "rotary": "rotary",
    "relative": "learned distances",
    "uniform": "uniform spans",
    "absolute": "absolute",
    "none": "none",
    "canon": "none, Canon layers",
}


@dataclass(frozen=True, eq=False)
class Model:
    """A trained transformer.

    Attributes:
        kind: of its positions, a key of `KINDS`; the path of a training of the reader's own.
        seed: of its documents and first weights.
        spec: what `LanguageModel` takes.
        recipe: how it was trained.
        losses: its loss curve, see `Trained.losses`.
    """

    kind: str
    seed: int
    spec: str
    recipe: TinyRecipe
    losses: pd.DataFrame

    def load(self) -> LanguageModel:
        """The transformer, in float32 on the CPU."""
        return LanguageModel(self.spec, dtype="float32", device="cpu")

    def untrained(self) -> LanguageModel:
        """The same architecture with weights as they are before a training."""
        return LanguageModel(f"random:{self.spec}#{self.seed}", dtype="float32", device="cpu")


def of_the_book(n_seeds: int | None = None) -> list[Model]:
    """The transformers of all kinds that come with the book.

    Args:
        n_seeds: how many of each kind; None: all.
    """
    found = [(kind, one) for kind in KINDS for one in trained(f"grammar-{kind}")[:n_seeds]]
    return [Model(kind, one.seed, one.spec, one.recipe, one.losses) for kind, one in found]


def of_the_reader(folders: Sequence[str], like: TinyRecipe) -> list[Model]:
    """Trainings in folders, as `lmphys train` leaves them.

    Args:
        folders: of the trainings.
        like: a recipe on the same grammar.

    Raises:
        LmphysError: a training is of another grammar.
    """
    found = []
    for folder in map(Path, folders):
        one = Trained(str(folder), 0, folder)
        recipe = one.recipe
        if recipe.world != like.world or any(recipe.options.get(x) != like.options.get(x) for x in ("sizes", "law")):
            raise LmphysError(
                f"{folder} was trained on another world than this page; give one of lmphys train grammar-…"
            )
        spec = str(step_folder(folder, recipe.steps))
        found.append(Model(str(folder), recipe.seed, spec, recipe, one.losses))
    return found
