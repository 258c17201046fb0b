"""The transformers that learned biographies by heart, as they come with the book, with their worlds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.problems.people.biographies import Biographies
from lmphys.problems.people.world import World
from lmphys.training.tiny.trained import Trained, trained

ONE, FIVE = "one text", "five texts, any order"
ARMS: Mapping[str, str] = {ONE: "biographies-single", FIVE: "biographies-many"}


@dataclass(frozen=True)
class Knower:
    """A transformer and the people it knows.

    Attributes:
        one: the training.
    """

    one: Trained

    @cached_property
    def model(self) -> LanguageModel:
        """The model, float32, on the CPU."""
        return LanguageModel(self.one.spec, dtype="float32", device="cpu")

    @cached_property
    def blank(self) -> LanguageModel:
        """The same with random weights."""
        return LanguageModel(f"random:{self.one.spec}", dtype="float32", device="cpu")

    @cached_property
    def texts(self) -> Biographies:
        """What it was trained on."""
        source: Biographies = self.one.recipe.source()
        return source

    @property
    def world(self) -> World:
        """The people."""
        return self.texts.world

    def fresh(self, *, permuted: bool) -> Biographies:
        """Texts about the same people with phrases drawn anew.

        Args:
            permuted: whether in random order; else in the order of a plain biography.
        """
        return Biographies(self.world, "test", permuted=permuted)


def knowers(n_seeds: int | None = None) -> dict[str, list[Knower]]:
    """Kind of training to its transformers, in the order of their seeds: those seeds that all kinds have.

    Args:
        n_seeds: at most so many.

    Raises:
        LmphysError: the book has none of a kind, or no seed that all kinds have.
    """
    found = {arm: {one.seed: Knower(one) for one in trained(name)} for arm, name in ARMS.items()}
    shared = sorted(set.intersection(*(set(each) for each in found.values())))[:n_seeds]
    if not shared:
        raise LmphysError("no seed has models of both kinds; train them: python -m lmphys.pages.knowledge.campaign")
    return {arm: [each[seed] for seed in shared] for arm, each in found.items()}
