"""A family of problems: what it asks, how a step changes the value, and how either is said.

Every family has the same shape, so that one writer and one parser serve all: `apply` takes a value through a step, also
a wrong value, so that a mistake can be carried on; `slips` lists wrong results that a hasty reasoner might come to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lmphys.problems.phrases import NAME, NUMBER, WORD, Phrase
from lmphys.problems.problem import Problem, split_of
from lmphys.problems.vocabulary import VOCABULARIES, Vocabulary


@dataclass(frozen=True)
class Claim:
    """What a sentence says of a step: its kind and fields, among them `before` and `after` where they are said."""

    kind: str
    fields: Mapping[str, str]


class Family:
    """A family of problems.

    Attributes:
        name: as in a task, `story:4`.
        types: regular expressions of the fields in its phrases.
        facts, goals, plans: sentences that restate the facts, the question, and the way to go.
        clauses: kind of step -> ways to say it, in the middle of a sentence.
    """

    name: ClassVar[str]
    types: ClassVar[dict[str, str]] = {}
    facts: ClassVar[tuple[str, ...]]
    goals: ClassVar[tuple[str, ...]]
    plans: ClassVar[tuple[str, ...]]
    clauses: ClassVar[dict[str, tuple[str, ...]]]

    def make(self, rng: np.random.Generator, difficulty: int, split: str) -> Problem:
        """A problem with `difficulty` steps from the words and numbers of a split."""
        while True:
            content, problem = self._draw(rng, difficulty, VOCABULARIES[split])
            if split_of(content) == split:
                return problem

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        """A problem, and its content without names, by which it belongs to a split."""
        raise NotImplementedError

    def apply(self, problem: Problem, index: int, value: str) -> str:
        """Value after step `index` from any value before."""
        raise NotImplementedError

    def kind(self, problem: Problem, index: int, value: str) -> str:
        """How step `index` is rightly described from this value."""
        return problem.steps[index].kind

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        """Wrong (kind, value after) of step `index`."""
        raise NotImplementedError

    def says(self, problem: Problem, index: int, value: str) -> dict[str, str]:
        """Fields of a phrase about step `index` from `value`, without `after`."""
        return {**problem.words, **problem.steps[index].fields, "before": value}

    def about(self, problem: Problem, index: int, claim: Claim) -> bool:
        """Whether a claim speaks of step `index`, right or wrong."""
        fields = problem.steps[index].fields
        shared = [claim.fields[name] == value for name, value in fields.items() if name in claim.fields]
        return all(shared) if shared else claim.kind == problem.steps[index].kind

    def answer(self, problem: Problem, value: str) -> str:
        """What is answered with this value at the end."""
        return value

    def phrases(self, kind: str) -> list[Phrase]:
        """Clauses of a kind of step as phrases."""
        return [self.phrase(text) for text in self.clauses[kind]]

    def phrase(self, template: str) -> Phrase:
        """A phrase with the types of this family."""
        return Phrase(template, (*self.types.items(), *_COMMON.items()))


_COMMON = {"d": NUMBER, "n": NUMBER, "name": NAME, "things": WORD, "colour": WORD}


def walk(family: Family, problem: Problem) -> list[str]:
    """The d + 1 true values of a problem: before the first step, and after each."""
    values = [problem.start]
    for index in range(problem.difficulty):
        values.append(family.apply(problem, index, values[-1]))
    return values


def finished(family: Family, problem: Problem) -> Problem:
    """The problem with the answer that its steps lead to."""
    answer = family.answer(problem, walk(family, problem)[-1])
    return Problem(**{**vars(problem), "answer": answer})
