"""Chains of thought in plain words, every sentence with its phase, its truth, and whether the chain has gone astray."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.families import FAMILIES
from lmphys.problems.families.family import walk
from lmphys.problems.phrases import Phrase, capitalised
from lmphys.problems.problem import DIFFICULTIES, Problem, pick
from lmphys.problems.sentences import ANSWERS, FRAMES, REVIEWS, STRAYS

# Raise it with every change that alters the problem or the labels that a question's name stands for.
CHAINS_VERSION = 1

_TASK = re.compile(r"(?P<family>[a-z]+)(?::(?P<difficulty>\d+))?")
_QUESTION = re.compile(r"(?P<task>[a-z]+(?::\d+)?)/(?P<seed>\d+)-(?P<number>\d+)")


@dataclass(frozen=True)
class ErrorRates:
    """How often a chain goes wrong, and what becomes of it.

    Attributes:
        slip: share of steps with a wrong result.
        noticed: share of slips that are corrected later on; the others are carried to the end.
        late: share of the noticed slips that are noticed one step later only.
        derail: share of steps after which the chain loops or leaves its topic.
        returns: share of derailed chains that come back; the others answer with what they have.
        check: expected number of steps looked at again, in a chain.
    """

    slip: float = 0.06
    noticed: float = 0.5
    late: float = 0.35
    derail: float = 0.012
    returns: float = 0.4
    check: float = 1.0


@dataclass(frozen=True)
class Sentence:
    """A sentence with its labels.

    Attributes:
        text: the sentence.
        phase: one of `PHASES`; `stray` is what belongs to no phase: another topic, or the same words again.
        valid: whether what it claims follows from the question and from what the chain said before; None where it
            claims nothing.
        astray: whether the chain, after this sentence, stands elsewhere than a right one would.
    """

    text: str
    phase: str
    valid: bool | None
    astray: bool


@dataclass(frozen=True)
class LabelledChain:
    """A chain of thought about a problem."""

    problem: Problem
    sentences: tuple[Sentence, ...]
    separator: str = " "

    @cached_property
    def text(self) -> str:
        """The whole chain."""
        return self.separator.join(sentence.text for sentence in self.sentences)


def make_problem(family: str, difficulty: int, split: str, seed: Sequence[int]) -> Problem:
    """The problem of a family that belongs to a seed.

    Args:
        family: one of `FAMILIES`.
        difficulty: number of steps, 2 to 10.
        split: `train` or `test`: no name, and no sequence of numbers, is in both.
        seed: any integers.

    Raises:
        LmphysError: unknown family, or a difficulty out of range.
    """
    if family not in FAMILIES:
        raise LmphysError(f"unknown family {family!r}; there are {', '.join(FAMILIES)}")
    if difficulty not in DIFFICULTIES:
        raise LmphysError(
            f"difficulty {difficulty} is not in {DIFFICULTIES[0]} to {DIFFICULTIES[-1]}, the number of steps"
        )
    rng = np.random.default_rng([*seed, list(FAMILIES).index(family), difficulty])
    return FAMILIES[family].make(rng, difficulty, split)


def write_chain(problem: Problem, habits: ErrorRates, rng: np.random.Generator) -> LabelledChain:
    """A chain of thought about a problem, right or wrong as the habits have it."""
    return _Writer(problem, habits, rng).write()


class _Writer:
    def __init__(self, problem: Problem, habits: ErrorRates, rng: np.random.Generator) -> None:
        self.problem, self.habits, self.rng = problem, habits, rng
        self.family = FAMILIES[problem.family]
        self.truth = walk(self.family, problem)
        self.value = problem.start
        self.done: list[tuple[str, str, str]] = []  # (kind, before, after) of each step, as the chain stands by them
        self.sentences: list[Sentence] = []

    def write(self) -> LabelledChain:
        self.open()
        while len(self.done) < self.problem.difficulty:
            self.step()
            if self.rng.random() < self.habits.check / self.problem.difficulty:
                self.check()
            if self.rng.random() < self.habits.derail:
                self.derail()
                if self.rng.random() >= self.habits.returns:
                    break
        else:
            if self.rng.random() < (0.8 if self.problem.difficulty < 5 else 0.3):
                self.check() if self.rng.random() < 0.6 else self.review()
        answer = self.family.answer(self.problem, self.value)
        complete = len(self.done) == self.problem.difficulty
        said = pick(self.rng, ANSWERS).format(answer=answer)
        self.sentences.append(Sentence(said, "answer", complete, answer != self.problem.answer))
        return LabelledChain(self.problem, tuple(self.sentences), " " if self.rng.random() < 0.75 else "\n")

    def say(self, text: str, phase: str, valid: bool | None) -> None:
        stray = phase == "stray"
        self.sentences.append(Sentence(text, phase, valid, stray or self.value != self.truth[len(self.done)]))

    def open(self) -> None:
        openings = [("restate", self.family.facts), ("restate", self.family.goals), ("decompose", self.family.plans)]
        if self.problem.difficulty > 6 and self.rng.random() < 0.5:
            del openings[int(self.rng.integers(2))]
        for phase, texts in openings:
            self.say(pick(self.rng, texts).format(**self.problem.words), phase, True)

    def clause(self, index: int, kind: str, before: str, after: str) -> str:
        said = self.family.says(self.problem, index, before) | {"after": after}
        return pick(self.rng, self.family.clauses[kind]).format(**said)

    def framed(self, phase: str, clause: str, wrong: str = "") -> str:
        return Phrase(pick(self.rng, FRAMES[phase])).write({"c": clause, "C": capitalised(clause), "wrong": wrong})

    def compute(self, index: int, kind: str, after: str, *, valid: bool) -> None:
        text = self.framed("compute", self.clause(index, kind, self.value, after))
        self.done.append((kind, self.value, after))
        self.value = after
        self.say(text, "compute", valid)

    def right(self, index: int, value: str) -> tuple[str, str]:
        return self.family.kind(self.problem, index, value), self.family.apply(self.problem, index, value)

    def step(self) -> None:
        index = len(self.done)
        slips = self.family.slips(self.problem, index, self.value) if self.rng.random() < self.habits.slip else []
        if not slips:
            self.compute(index, *self.right(index, self.value), valid=True)
            return
        self.compute(index, *pick(self.rng, tuple(slips)), valid=False)
        if self.rng.random() < self.habits.noticed:
            if index + 1 < self.problem.difficulty and self.rng.random() < self.habits.late:
                self.compute(index + 1, *self.right(index + 1, self.value), valid=True)
            self.correct(index)

    def correct(self, index: int) -> None:
        _, before, wrong = self.done[index]
        kind, after = self.right(index, before)
        self.done[index:] = [(kind, before, after)]
        self.value = after
        self.say(self.framed("correct", self.clause(index, kind, before, after), wrong), "correct", True)

    def check(self) -> None:
        index = len(self.done) - 1
        kind, before, after = self.done[index]
        text = self.framed("check", self.clause(index, kind, before, after))
        self.look_back(text, (kind, after) == self.right(index, before))

    def review(self) -> None:
        self.look_back(pick(self.rng, REVIEWS), self.value == self.truth[len(self.done)])

    def look_back(self, text: str, valid: bool) -> None:
        if all(sentence.text != text for sentence in self.sentences):  # the same words again would be a loop
            self.say(text, "check", valid)

    def derail(self) -> None:
        if self.rng.random() < 0.5:
            again = [sentence.text for sentence in self.sentences[-int(self.rng.integers(1, 3)) :]]
            texts = again * int(self.rng.integers(2, 4))
        else:
            texts = pick(self.rng, STRAYS, int(self.rng.integers(2, 4)))
        for text in texts:
            self.say(text, "stray", None)


def training_example(index: int, seed: int, difficulties: tuple[int, ...], habits: ErrorRates) -> tuple[str, str]:
    """Question and chain number `index` of the training set of a seed."""
    family = list(FAMILIES)[index % len(FAMILIES)]
    rng = np.random.default_rng([seed, index])
    problem = make_problem(family, int(pick(rng, tuple(difficulties))), "train", (seed, index))
    return problem.text, write_chain(problem, habits, rng).text


def parse_task(task: str) -> tuple[str, int | None] | None:
    """Family and difficulty of a task such as `story:4`, `story` alone being a mixture; None for any other task.

    Raises:
        LmphysError: a difficulty out of range.
    """
    match = _TASK.fullmatch(task)
    if not match or match["family"] not in FAMILIES:
        return None
    difficulty = int(match["difficulty"]) if match["difficulty"] else None
    if difficulty is not None and difficulty not in DIFFICULTIES:
        raise LmphysError(
            f"task {task}: a difficulty is a number of steps from {DIFFICULTIES[0]} to {DIFFICULTIES[-1]}"
        )
    return match["family"], difficulty


def problem_of(question_id: str) -> Problem | None:
    """The problem that the question of this name asks, such as `story:4/0-17`; None for a question of another task.

    The name is made of task, seed and number. Without a difficulty in the task the numbers go through all in turn.
    """
    match = _QUESTION.fullmatch(question_id)
    task = parse_task(match["task"]) if match else None
    if match is None or task is None:
        return None
    family, difficulty = task
    number = int(match["number"])
    if difficulty is None:
        difficulty = DIFFICULTIES[number % len(DIFFICULTIES)]
    return make_problem(family, difficulty, "test", (int(match["seed"]), number))
