"""What models answered that went on with questions: the answers that come with the book, word by word."""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.files import write_atomically
from lmphys.core.paths import project_root

LIVES = ("biographies-single", "biographies-many")
ASKED = ("ask-single", "ask-many", "remainder", "remainder-steps", "inverse")


@dataclass
class AnswerShelf:
    """Two files: answers, an array for each model and half of the people, and a table of the trainings.

    Attributes:
        folder: where they lie.
    """

    folder: Path

    @classmethod
    def of_book(cls) -> "AnswerShelf":
        """The one that comes with the book."""
        return cls(project_root() / "data" / "reference" / "knowledge")

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """(people, attributes, tokens) answers by `<recipe>/<seed>/<half>`; empty where there are none.

        Raises:
            LmphysError: the file is damaged.
        """
        file = self.folder / "answers.npz"
        if not file.is_file():
            return {}
        with given(file, "restore it: git checkout data", "is damaged"), np.load(file) as stored:
            return {name: stored[name] for name in stored.files}

    @cached_property
    def trainings(self) -> pd.DataFrame:
        """A row a training: recipe, seed, updates, tokens, losses, seconds and commit.

        Raises:
            LmphysError: the file is damaged.
        """
        file = self.folder / "trainings.csv"
        if not file.is_file():
            return pd.DataFrame(columns=["recipe", "seed"])
        with given(file, "restore it: git checkout data", "is damaged"):
            return pd.read_csv(file)

    def has(self, name: str, seed: int) -> bool:
        """Whether the answers of a training are here."""
        return f"{name}/{seed}/test" in self.arrays

    def seeds(self, name: str) -> list[int]:
        """Seeds of a recipe whose answers are here, in order."""
        split = [key.split("/") for key in self.arrays]
        return sorted(int(seed) for recipe, seed, half in split if (recipe, half) == (name, "test"))

    def get(self, name: str, seed: int, half: str) -> np.ndarray:
        """Answers of one training."""
        return self.arrays[f"{name}/{seed}/{half}"]

    def put(self, name: str, seed: int, found: dict[str, np.ndarray], row: pd.DataFrame) -> None:
        """Add the answers of a training, and its row."""
        self.arrays.update({f"{name}/{seed}/{half}": array for half, array in found.items()})
        self.trainings = row if self.trainings.empty else pd.concat([self.trainings, row], ignore_index=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        packed = io.BytesIO()
        np.savez_compressed(packed, **dict(sorted(self.arrays.items())))  # type: ignore[arg-type]
        write_atomically(self.folder / "answers.npz", packed.getvalue())
        write_atomically(self.folder / "trainings.csv", self.trainings.to_csv(index=False, lineterminator="\n"))
