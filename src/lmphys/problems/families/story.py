"""Arithmetic in words."""

from typing import ClassVar

import numpy as np

from lmphys.problems.families.family import Family, finished
from lmphys.problems.phrases import NUMBER
from lmphys.problems.problem import Problem, Step, pick
from lmphys.problems.vocabulary import Vocabulary


class Story(Family):
    """Someone's things become more and fewer: arithmetic in words.

    A half is rounded down, which only a chain that went wrong can need.
    """

    name = "story"
    types: ClassVar = {"before": NUMBER, "after": NUMBER, "start": NUMBER}
    facts: ClassVar = (
        "{name} begins with {start} {things}.", "We know that {name} has {start} {things} at first.",
        "At the start there are {start} {things}.", "{name} owns {start} {things} to begin with.",
        "It all begins with {start} {things} that belong to {name}.",
    )  # fmt: skip
    goals: ClassVar = (
        "The question is how many {things} {name} has in the end.", "We need the number of {things} left at the end.",
        "How many {things} does {name} end up with?", "What is wanted is the last count of {things}.",
    )  # fmt: skip
    plans: ClassVar = (
        "There are {d} changes to work through.", "I will follow the {d} changes one by one.",
        "The count changes {d} times, so I split this into {d} parts.",
        "First I note the {d} changes, then I apply each.",
        "The plan is to update the count {d} times.",
    )  # fmt: skip
    clauses: ClassVar = {
        "gain": (
            "{before} plus {n} is {after}", "adding {n} to {before} gives {after}", "{before} + {n} = {after}",
            "with {n} more on top of {before}, {name} has {after}", "{before} {things} and {n} more make {after}",
        ),
        "lose": (
            "{before} minus {n} is {after}", "taking {n} from {before} leaves {after}", "{before} - {n} = {after}",
            "with {n} fewer than {before}, {name} has {after}", "{before} {things} without {n} make {after}",
        ),
        "double": (
            "{before} doubled is {after}", "two times {before} is {after}", "{before} * 2 = {after}",
            "twice {before} {things} makes {after}",
        ),
        "halve": (
            "half of {before} is {after}", "{before} halved is {after}", "{before} / 2 = {after}",
            "one half of {before} {things} makes {after}",
        ),
    }  # fmt: skip
    _begun: ClassVar = ("{name} has {start} {things}.", "There are {start} {things} in a box of {name}.")
    _asked: ClassVar = ("How many {things} does {name} have now?", "How many {things} are there in the end?")
    _told: ClassVar = {
        "gain": ("{name} buys {n} more.", "{name} finds {n} more.", "A friend gives {name} {n} more.",
        "Then {n} more arrive."),
        "lose": ("{name} loses {n} of them.", "{name} sells {n}.", "Then {n} are given away.", "{n} of them break."),
        "double": ("Then the number doubles.", "{name} doubles the collection."),
        "halve": ("Half of them are sold.", "Then {name} gives away half."),
    }  # fmt: skip

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        value = start = int(rng.integers(4, 31))
        steps = []
        for _ in range(difficulty):
            kinds = (
                ["gain"] * 3
                + ["lose"] * 3 * (value > 4)
                + ["double"] * (2 <= value <= 40)
                + ["halve"] * (value % 2 == 0 and value > 7)
            )
            kind = pick(rng, tuple(kinds))
            n = (
                int(rng.integers(2, min(value - 1, 19) + 1 if kind == "lose" else 20))
                if kind in ("gain", "lose")
                else 0
            )
            steps.append(Step(kind, {"n": str(n)} if n else {}))
            value = _arithmetic(kind, value, n)
        said = {
            "name": pick(rng, words.names),
            "things": pick(rng, words.things),
            "start": str(start),
            "d": str(difficulty),
        }
        told = [pick(rng, self._told[step.kind]).format(**said, **step.fields) for step in steps]
        text = " ".join([
            pick(rng, self._begun).format(**said),
            *told,
            pick(rng, self._asked).format(**said),
        ])  # fmt: skip
        problem = Problem(self.name, text, "", (), str(start), tuple(steps), said)
        return (self.name, start, *((s.kind, s.fields.get("n")) for s in steps)), finished(self, problem)

    def apply(self, problem: Problem, index: int, value: str) -> str:
        step = problem.steps[index]
        return str(_arithmetic(step.kind, int(value), int(step.fields.get("n", 0))))

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        kind, after = problem.steps[index].kind, int(self.apply(problem, index, value))
        wrong = [(kind, str(after + shift)) for shift in (-10, -2, -1, 1, 2, 10) if after + shift > 0]
        other = {"gain": "lose", "lose": "gain", "double": "halve", "halve": "double"}[kind]
        flipped = _arithmetic(other, int(value), int(problem.steps[index].fields.get("n", 0)))
        return [*wrong, *([(other, str(flipped))] if flipped > 0 and flipped != after else [])]


def _arithmetic(kind: str, value: int, n: int) -> int:
    return {"gain": value + n, "lose": value - n, "double": 2 * value, "halve": value // 2}[kind]
