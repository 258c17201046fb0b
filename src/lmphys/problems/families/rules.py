"""Simple logic."""

from typing import ClassVar

import numpy as np

from lmphys.problems.families.family import Claim, Family, finished
from lmphys.problems.phrases import capitalised
from lmphys.problems.problem import Problem, Step, pick
from lmphys.problems.vocabulary import STATES, Vocabulary


class Rules(Family):
    """Which state follows from which: chains of equivalences."""

    name = "rules"
    types: ClassVar = dict.fromkeys(("before", "after", "asked", "start"), r"the [a-z]+ is [a-z]+")
    facts: ClassVar = (
        "We are told that {start}.", "It is given that {start}.", "What is certain is that {start}.",
        "The known fact is that {start}.",
    )  # fmt: skip
    goals: ClassVar = (
        "The question is whether {asked}.", "We have to find out whether {asked}.", "Is it true that {asked}?",
        "What is asked is whether {asked}.",
    )  # fmt: skip
    plans: ClassVar = (
        "There are {d} rules on the way.", "I apply {d} rules, one after the other.",
        "It takes a chain of {d} rules to get there.", "Let me order the {d} rules that are needed.",
    )  # fmt: skip
    clauses: ClassVar = {
        "imply": (
            "since {before}, {after}", "{before}, so {after}", "{after} because {before}",
            "from the fact that {before} it follows that {after}",
        ),
    }  # fmt: skip

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        subjects = pick(rng, words.subjects, difficulty + 1)
        switches = [(f"the {subject}", *(f"is {state}" for state in pick(rng, STATES))) for subject in subjects]
        start = int(rng.integers(2))
        same = rng.random(difficulty) < 0.5
        said = {"d": str(difficulty), "start": _state(switches[0], start)}
        for subject, *states in switches:
            said |= {f"of {subject} {state}": str(i) for i, state in enumerate(states)}
            said |= {f"how {subject}": "|".join(states)}
        rules = []
        for here, there, equal in zip(switches[:-1], switches[1:], same, strict=True):
            side = int(rng.integers(2))
            rules.append(pick(rng, (
                "{} exactly when {}.", "{} if and only if {}.",
            )).format(capitalised(_state(there, side if equal else 1 - side)), _state(here, side)))  # fmt: skip
        asked = int(rng.integers(2))
        said["asked"] = _state(switches[-1], asked)
        steps = tuple(
            Step("imply", {"from": here[0], "to": there[0], "same": str(int(equal))})
            for here, there, equal in zip(switches[:-1], switches[1:], same, strict=True)
        )
        order = rng.permutation(difficulty)
        text = " ".join(rules[i] for i in order) + f" {capitalised(said['start'])}."
        text += pick(rng, (" Is it true that {asked}? Yes or no?", " Does it follow that {asked}, yes or no?")).format(
            **said
        )
        problem = Problem(self.name, text, "", ("Yes", "No"), said["start"], steps, said)
        return (self.name, start, same.tolist(), asked, order.tolist()), finished(self, problem)

    def _side(self, problem: Problem, state: str) -> int | None:
        side = problem.words.get(f"of {state}")
        return None if side is None else int(side)

    def apply(self, problem: Problem, index: int, value: str) -> str:
        fields, side = problem.steps[index].fields, self._side(problem, value)
        if side is None or not value.startswith(fields["from"] + " "):
            return "?"
        states = problem.words[f"how {fields['to']}"].split("|")
        return f"{fields['to']} {states[side if fields['same'] == '1' else 1 - side]}"

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        subject, right = problem.steps[index].fields["to"], self.apply(problem, index, value)
        return [
            ("imply", f"{subject} {state}")
            for state in problem.words[f"how {subject}"].split("|")
            if f"{subject} {state}" != right
        ]

    def about(self, problem: Problem, index: int, claim: Claim) -> bool:
        return claim.fields["after"].startswith(problem.steps[index].fields["to"] + " ")

    def answer(self, problem: Problem, value: str) -> str:
        return "Yes" if value == problem.words["asked"] else "No"


def _state(switch: tuple[str, ...], side: int) -> str:
    return f"{switch[0]} {switch[1 + side]}"
