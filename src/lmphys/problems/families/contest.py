"""Comparison and ordering."""

from typing import ClassVar

import numpy as np

from lmphys.problems.families.family import Claim, Family, finished
from lmphys.problems.phrases import NAME, NUMBER, WORD
from lmphys.problems.problem import Problem, Step, pick
from lmphys.problems.vocabulary import Vocabulary


class Contest(Family):
    """Who is first of all: comparison and ordering."""

    name = "contest"
    types: ClassVar = {"before": NAME, "after": NAME, "rival": NAME, "first": NAME, "value": NUMBER, "best": NUMBER,
                       "over": WORD, "under": WORD, "top": WORD}  # fmt: skip
    facts: ClassVar = (
        "There are {d} rivals of {first} here.", "Besides {first} there are {d} others.",
        "We compare {first} with {d} more people.", "The list opens with {first}, and {d} others follow.",
    )  # fmt: skip
    goals: ClassVar = (
        "We look for the {top} of them.", "The question is who is {top}.", "Who of them is the {top}?",
        "What matters is who is {top} in the end.",
    )  # fmt: skip
    plans: ClassVar = (
        "That takes {d} comparisons.", "I compare one after the other, {d} times.",
        "The plan is to keep the best so far through {d} comparisons.",
        "Let me begin with {first} and make {d} comparisons.",
    )  # fmt: skip
    clauses: ClassVar = {
        "overtake": (
            "{rival} with {value} is {over} than {before} with {best}, so {after} leads",
            "{value} for {rival} against {best} for {before} puts {after} first",
            "{rival} at {value} beats {before} at {best}, and {after} is the {top} so far",
        ),
        "stay": (
            "{rival} with {value} is {under} than {before} with {best}, so {after} still leads",
            "{value} for {rival} against {best} for {before} keeps {after} first",
            "{rival} at {value} does not beat {before} at {best}, and {after} remains the {top} so far",
        ),
    }  # fmt: skip
    _themes: ClassVar = (
        ("{name} measures {value} centimetres.", 140, 199, ("taller", "shorter", "tallest"), ("shorter", "taller",
         "shortest")),
        ("{name} is {value} years old.", 11, 89, ("older", "younger", "oldest"), ("younger", "older", "youngest")),
        ("{name} weighs {value} kilos.", 41, 99, ("heavier", "lighter", "heaviest"), ("lighter", "heavier",
         "lightest")),
        ("{name} lives {value} miles away.", 11, 99, ("farther", "nearer", "farthest"), ("nearer", "farther",
         "nearest")),
    )  # fmt: skip

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        told, low, high, most, least = pick(rng, self._themes)
        sign, (over, under, top) = pick(rng, ((1, most), (-1, least)))
        names = pick(rng, words.names, difficulty + 1)
        values = [low + int(v) for v in rng.permutation(high - low + 1)[: difficulty + 1]]
        said = {"first": names[0], "over": over, "under": under, "top": top, "sign": str(sign), "d": str(difficulty)}
        said |= {f"of {name}": str(value) for name, value in zip(names, values, strict=True)}
        steps = tuple(
            Step("compare", {"rival": n, "value": str(v)}) for n, v in zip(names[1:], values[1:], strict=True)
        )
        text = " ".join(told.format(name=n, value=v) for n, v in zip(names, values, strict=True))
        text += pick(rng, (" Who is the {top}?", " Who of them is {top}?", " Name the {top} one.")).format(top=top)
        problem = Problem(self.name, text, "", tuple(names), names[0], steps, said)
        return (self.name, top, *values), finished(self, problem)

    def _ahead(self, problem: Problem, index: int, value: str) -> bool:
        words = problem.words
        if f"of {value}" not in words:  # a chain can name somebody whom the question does not
            return False
        return int(words["sign"]) * (int(problem.steps[index].fields["value"]) - int(words[f"of {value}"])) > 0

    def apply(self, problem: Problem, index: int, value: str) -> str:
        return problem.steps[index].fields["rival"] if self._ahead(problem, index, value) else value

    def kind(self, problem: Problem, index: int, value: str) -> str:
        return "overtake" if self._ahead(problem, index, value) else "stay"

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        ahead = self._ahead(problem, index, value)
        return [("stay", value) if ahead else ("overtake", problem.steps[index].fields["rival"])]

    def says(self, problem: Problem, index: int, value: str) -> dict[str, str]:
        return {**super().says(problem, index, value), "best": problem.words.get(f"of {value}", "?")}

    def about(self, problem: Problem, index: int, claim: Claim) -> bool:
        return claim.fields["rival"] == problem.steps[index].fields["rival"]
