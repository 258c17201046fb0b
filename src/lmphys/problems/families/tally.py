"""Counting in a list."""

from typing import ClassVar

import numpy as np

from lmphys.problems.families.family import Family, finished
from lmphys.problems.phrases import NUMBER, WORD
from lmphys.problems.problem import Problem, Step, pick
from lmphys.problems.vocabulary import Vocabulary


class Tally(Family):
    """Counting along a list what has the right colour."""

    name = "tally"
    types: ClassVar = {"before": NUMBER, "after": NUMBER, "wanted": WORD}
    facts: ClassVar = (
        "The list has {d} entries.", "There are {d} groups in the list.", "We are given {d} groups of things.",
        "The things come in {d} groups of some colour.",
    )  # fmt: skip
    goals: ClassVar = (
        "Only the {wanted} ones matter.", "We want the number of {wanted} things.", "How many of them are {wanted}?",
        "The question is how many things are {wanted}.",
    )  # fmt: skip
    plans: ClassVar = (
        "I go through the {d} entries in order.", "The tally begins at 0 and runs over {d} groups.",
        "Each of the {d} groups either counts or does not.", "Let me take the {d} groups one after the other.",
    )  # fmt: skip
    clauses: ClassVar = {
        "count": (
            "the {n} {colour} {things} count, so {before} becomes {after}",
            "the {n} {colour} {things} take the tally from {before} to {after}",
            "{n} {colour} {things} belong, and {before} plus {n} is {after}",
            "with the {n} {colour} {things} the tally moves on from {before} to {after}",
        ),
        "skip": (
            "the {n} {colour} {things} do not count, so {before} stays {after}",
            "the {n} {colour} {things} leave the tally of {before} at {after}",
            "{n} {colour} {things} do not belong, and {before} remains {after}",
            "with the {n} {colour} {things} nothing is added to {before}, still {after}",
        ),
    }  # fmt: skip

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        wanted = pick(rng, words.colours)
        others = tuple(colour for colour in words.colours if colour != wanted)
        counts = rng.random(difficulty) < 0.55
        counts[int(rng.integers(difficulty))] = True
        things = pick(rng, words.things, difficulty)
        steps = [
            Step(
                "count" if hit else "skip",
                {"n": str(rng.integers(1, 10)), "colour": wanted if hit else pick(rng, others), "things": thing},
            )
            for hit, thing in zip(counts, things, strict=True)
        ]  # fmt: skip
        said = {"wanted": wanted, "d": str(difficulty)}
        listed = ", ".join("{n} {colour} {things}".format(**step.fields) for step in steps)
        text = pick(rng, (
            "A shelf holds {listed}. How many {wanted} things are there in all?",
            "Here is a list: {listed}. How many of these things are {wanted}?",
            "In a room there are {listed}. Count the {wanted} things.",
        )).format(listed=listed, **said)  # fmt: skip
        problem = Problem(self.name, text, "", (), "0", tuple(steps), said)
        return (self.name, *((s.kind, s.fields["n"]) for s in steps)), finished(self, problem)

    def apply(self, problem: Problem, index: int, value: str) -> str:
        step = problem.steps[index]
        return str(int(value) + int(step.fields["n"]) * (step.kind == "count"))

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        n, before = int(problem.steps[index].fields["n"]), int(value)
        if problem.steps[index].kind == "skip":
            return [("count", str(before + n))]
        wrong = [before + n + shift for shift in (-1, 1, 2)]
        return [("skip", value), *(("count", str(after)) for after in wrong if after >= 0)]
