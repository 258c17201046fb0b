"""Written solutions: the needed quantities in an order in which they can be computed, with or without retries.

A retry, after "Physics of Language Models: Part 2.2" (2408.16293), is the name of a quantity that does not come next,
and the word that takes it back. What a solution leaves open is drawn evenly, so its exact law is known: a sentence
costs the logarithm of the number of quantities that may come, and nothing else.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.problems.arithmetic.words import BACK, ArithmeticWords
from lmphys.problems.documents import Dice

# Which quantities a retry may name: one that cannot be computed yet; one that is needed; any. None is known already.
RETRIES = ("unready", "needed", "any")


@dataclass(frozen=True)
class Retries:
    """How often a solution takes something back.

    Attributes:
        rate: probability of a mistaken name before each name, mistaken or not; the mean number before a sentence is
            rate / (1 - rate).
        kind: one of `RETRIES`.

    Raises:
        LmphysError: a rate out of range, or an unknown kind.
    """

    rate: float = 0.0
    kind: str = "unready"

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise LmphysError(f"a retry rate of {self.rate:g} ends no solution; take at least 0 and less than 1")
        if self.kind not in RETRIES:
            raise LmphysError(f"unknown kind of retries {self.kind!r}; there are {', '.join(RETRIES)}")

    def candidates(self, problem: ArithmeticProblem, known: list[int]) -> list[int]:
        """Quantities that a mistake may name."""
        open_ = range(len(problem.formulas)) if self.kind != "needed" else problem.necessary
        ready = problem.computable(known) if self.kind == "unready" else []
        return [i for i in open_ if i not in known and i not in ready]


@dataclass(frozen=True)
class Sentence:
    """A sentence of a solution.

    Attributes:
        quantity: what it names.
        mistaken: whether it is taken back.
        start: index of its name among the words of the solution.
    """

    quantity: int
    mistaken: bool
    start: int


@dataclass(frozen=True)
class Solution:
    """A right solution, with its retries.

    Attributes:
        problem: what it solves.
        words: of all sentences.
        sentences: in their order.
        loss: (words,) nats that each word costs whoever knows the law of solutions; the floor of a model's loss.
    """

    problem: ArithmeticProblem
    words: list[str]
    sentences: list[Sentence]
    loss: np.ndarray

    @property
    def mistaken(self) -> np.ndarray:
        """(words,) bool: whether a word is a mistake, the word that takes it back left out."""
        found = np.zeros(len(self.words), dtype=bool)
        found[[sentence.start for sentence in self.sentences if sentence.mistaken]] = True
        return found

    def computable(self) -> np.ndarray:
        """(sentences, quantities) bool: whether a quantity can be computed next, just before each sentence."""
        found = np.zeros((len(self.sentences), len(self.problem.formulas)), dtype=bool)
        known: list[int] = []
        for row, sentence in zip(found, self.sentences, strict=True):
            row[self.problem.computable(known)] = True
            known += [sentence.quantity] * (not sentence.mistaken)
        return found


def write_solution(problem: ArithmeticProblem, retries: Retries, words: ArithmeticWords, dice: Dice) -> Solution:
    """A solution in random order.

    The next quantity is drawn evenly from those that are needed and can be computed, a mistake evenly from the
    candidates of its kind, whatever comes next.
    """
    said: list[str] = []
    loss: list[float] = []
    sentences: list[Sentence] = []
    known: list[int] = []
    needed = set(problem.necessary)
    while len(known) < len(needed):
        ready = [i for i in problem.computable(known) if i in needed]
        wrong = retries.candidates(problem, known) if retries.rate else []
        rate = retries.rate if wrong else 0.0
        mistaken = dice.random() < rate
        quantity = dice.pick(wrong if mistaken else ready)
        # The same name may be a mistake or not; the word after it tells.
        chances = ((quantity in ready) * (1 - rate) / len(ready), (quantity in wrong) * rate / max(1, len(wrong)))
        sentences.append(Sentence(quantity, mistaken, len(said)))
        name = words.names[problem.names[quantity]]
        if mistaken:
            sentence = [name, BACK]
        else:
            steps = [" = ".join(" ".join(part) for part in step).split() for step in words.step(problem, quantity)]
            sentence = [name, "="]
            for i, step in enumerate(steps):
                sentence += [";"] * (i > 0) + step
            sentence.append(".")
            known.append(quantity)
        said += sentence
        loss += [-log(sum(chances)), log(sum(chances) / chances[mistaken]), *([0.0] * (len(sentence) - 2))]
    return Solution(problem, said, sentences, np.array(loss))
