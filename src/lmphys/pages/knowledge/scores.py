"""How many answers of the book's models are right, beside answers that know nothing of the person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from lmphys.pages.knowledge.asking import right, truths
from lmphys.pages.knowledge.shelf import AnswerShelf
from lmphys.problems.people.questions import Questions
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.recipe import TinyRecipe

MODULUS = 5


def over_trainings(values: np.ndarray, *, bounds: tuple[float, float] | None = None, seed: int = 0) -> Interval:
    """Mean over trainings and people, with a 95 % interval that holds the scatter of both.

    Args:
        values: (trainings, people). One training has the scatter of its people alone.
        bounds: smallest and largest value.
        seed: of the resampling of people.
    """
    return pooled([mean_interval(row, groups=None, bounds=bounds, seed=seed) for row in values])


def with_seed(name: str, seed: int) -> TinyRecipe:
    """A recipe of the book with the people of a seed."""
    return replace(RECIPES[name], seed=seed)


@dataclass(frozen=True)
class Answered:
    """What the models of one recipe answered about one half of the people.

    Attributes:
        shelf: where the answers are.
        recipe: of questions.
        half: `train`, whose questions the model was trained on, `test`, or `test, at once`.
    """

    shelf: AnswerShelf
    recipe: str
    half: str

    @property
    def seeds(self) -> list[int]:
        """Seeds of the trainings."""
        return self.shelf.seeds(self.recipe)

    def _questions(self, seed: int) -> Questions:
        questions: Questions = with_seed(self.recipe, seed).source()
        return questions

    def _each(self, seed: int) -> tuple[Questions, np.ndarray, list[list[tuple[int, ...]]]]:
        questions = self._questions(seed)
        people = questions.world.half("test" if self.half.startswith("test") else self.half)
        return questions, self.shelf.get(self.recipe, seed, self.half), truths(questions, people)

    def right(self, part: slice = slice(None), *, first: bool = True) -> np.ndarray:
        """(trainings, people) share of right answers, %.

        Args:
            part: of the words of an answer; all by default.
            first: whether the attribute of the first sentence of a plain biography is counted.
        """
        return np.stack([100 * self._right(seed, part, first).mean(axis=1) for seed in self.seeds])

    def _right(self, seed: int, part: slice, first: bool) -> np.ndarray:
        questions, found, wanted = self._each(seed)
        keep = [i for i, name in enumerate(questions.attributes) if first or name != questions.world.attributes[0]]
        columns = keep if found.shape[1] == len(questions.attributes) else [0]
        wanted = [[row[i][part] for i in columns] for row in wanted]
        return right(found[:, columns][..., part], wanted)

    def of_others(self) -> np.ndarray:
        """(trainings, people) chance, %, that an answer fits another person of the half, attributes but the first."""
        shares = []
        for seed in self.seeds:
            questions, found, wanted = self._each(seed)
            each = []
            for i, attribute in enumerate(questions.attributes):
                if attribute != questions.world.attributes[0]:
                    own = np.array([row[i][0] for row in wanted])
                    answer = found[:, i, 0]
                    # How many have what is answered, the person left out.
                    counts = (answer[:, None] == own[None]).sum(axis=1) - (answer == own)
                    each.append(100 * counts / (len(own) - 1))
            shares.append(np.mean(each, axis=0))
        return np.stack(shares)

    def by_attribute(self) -> pd.DataFrame:
        """A row an attribute: `accuracy`, %, `low`, `high`, over people and trainings."""
        rows = {}
        for i, attribute in enumerate(self._questions(self.seeds[0]).attributes):
            values = np.stack([100.0 * self._right(seed, slice(None), True)[:, i] for seed in self.seeds])
            rows[attribute] = over_trainings(values, bounds=(0, 100))._asdict()
        return pd.DataFrame.from_dict(rows, orient="index").rename(columns={"value": "accuracy"})

    @cached_property
    def guess(self) -> float:
        """Share, %, of right answers of who gives the most frequent answer to each attribute but the first."""
        shares = []
        for seed in self.seeds:
            questions, _, wanted = self._each(seed)
            for i, attribute in enumerate(questions.attributes):
                if attribute != questions.world.attributes[0]:
                    own = [row[i][-1] for row in wanted]
                    shares.append(np.unique(own, return_counts=True)[1].max() / len(own))
        return float(100 * np.mean(shares))


def gain(one: np.ndarray, other: np.ndarray, *, seed: int = 0) -> Interval:
    """What one kind of training answers better than another, points, paired by training and person.

    Args:
        one: (trainings, people) %, the trainings in the order of their seeds.
        other: the same people.
        seed: of the resampling.
    """
    n = min(len(one), len(other))
    return over_trainings(one[:n] - other[:n], bounds=(-100, 100), seed=seed)


def formula(right_values: np.ndarray) -> np.ndarray:
    """Right remainders, %, of who has so many values right, %, and guesses where not: a + (100 - a) / m."""
    return right_values + (100 - right_values) / MODULUS


def share(values: Sequence[float] | np.ndarray, *, seed: int = 0) -> Interval:
    """Mean of shares in % over trainings and people; argument as in `over_trainings`."""
    return over_trainings(np.asarray(values), bounds=(0, 100), seed=seed)
