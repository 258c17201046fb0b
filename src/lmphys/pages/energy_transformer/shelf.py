"""The trained models that come with the page, and their curves."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import listed
from lmphys.core.paths import project_root
from lmphys.lm.tiny import TinyForCausalLM
from lmphys.training.energy_transformer.model import EnergyTransformer
from lmphys.training.energy_transformer.recipe import EnergyRecipe
from lmphys.training.tiny.trained import training_record

FOLDER = Path("data", "reference", "energy_transformer")
CURVES = "curves.csv"


@dataclass(frozen=True)
class Shipped:
    """A model at the end of its training.

    Attributes:
        name: of its recipe.
        seed: of its documents, its first weights and its noise.
        folder: weights in float16, `training.json` and `loss.csv`.
    """

    name: str
    seed: int
    folder: Path

    @cached_property
    def training(self) -> dict[str, Any]:
        """Recipe, tokens, seconds, machine, versions and commit of the training.

        Raises:
            LmphysError: the file is damaged.
        """
        return training_record(self.folder)

    @cached_property
    def recipe(self) -> EnergyRecipe:
        """How energies were trained."""
        return EnergyRecipe.from_json(self.training["recipe"])

    def energies(self) -> EnergyTransformer:
        """The model, where it is one of energies."""
        return EnergyTransformer.load(self.folder)

    def transformer(self) -> TinyForCausalLM:
        """The model, where it is a transformer."""
        return load_transformer(self.folder)


def load_transformer(folder: Path) -> TinyForCausalLM:
    """A tiny transformer in float32.

    Raises:
        LmphysError: a file is missing or damaged.
    """
    with given(folder, "restore it: git checkout data, or train it anew", "is damaged"):
        model = TinyForCausalLM.from_pretrained(folder).float().eval()
    assert isinstance(model, TinyForCausalLM)
    return model


def shipped(name: str) -> list[Shipped]:
    """Models of a recipe that come with the book, one a seed.

    Raises:
        LmphysError: none does.
    """
    found = [Shipped(name, int(path.name[5:]), path) for path in listed(project_root() / FOLDER / name, "seed-*")]
    if not found:
        raise LmphysError(
            f"no model of the recipe {name!r} comes with the book; train one: "
            f"python -m lmphys.pages.energy_transformer.campaign {name}"
        )
    return sorted(found, key=lambda one: one.seed)


def curves() -> pd.DataFrame:
    """Losses on held-out text: `name`, `seed`, `step`, `tokens`, `loss` (nats a character).

    Raises:
        LmphysError: the file is missing or damaged.
    """
    file = project_root() / FOLDER / CURVES
    with given(file, "restore it: git checkout data", "is damaged"):
        return pd.read_csv(file)
