"""Relations in a family."""

from typing import ClassVar

import numpy as np

from lmphys.problems.families.family import Family, finished
from lmphys.problems.phrases import NAME, NUMBER, WORD
from lmphys.problems.problem import Problem, Step, pick
from lmphys.problems.vocabulary import Vocabulary

_GENDER = {"mother": 0, "sister": 0, "aunt": 0, "daughter": 0, "niece": 0,
           "father": 1, "brother": 1, "uncle": 1, "son": 1, "nephew": 1}  # fmt: skip


class Kin(Family):
    """Following relations from one person to the next."""

    name = "kin"
    types: ClassVar = {"before": NAME, "after": NAME, "relation": WORD, "start": NAME, "i": NUMBER}
    facts: ClassVar = (
        "The way begins at {start}.", "We begin with {start}.", "{start} is where the way begins.",
        "The first person is {start}.",
    )  # fmt: skip
    goals: ClassVar = (
        "We want the person after {d} links.", "Who stands at the end of {d} links?",
        "The question is whom we reach after {d} links.", "What we look for is the person {d} links away.",
    )  # fmt: skip
    plans: ClassVar = (
        "So there are {d} links to follow.", "I look up one relation at a time, {d} times.",
        "Each link leads to one person, and I need {d} of them.", "Let me split the way into its {d} links.",
    )  # fmt: skip
    clauses: ClassVar = {
        "follow": (
            "link {i} goes from {before} to the {relation}, {after}",
            "the {relation} of {before} is {after} (link {i})",
            "number {i} is {before}, whose {relation} is {after}",
            "by link {i} we pass from {before} to the {relation} {after}",
        ),
    }  # fmt: skip

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        n = difficulty + int(rng.integers(2, 4))
        people = [(name, 0) for name in pick(rng, words.women, (n + 1) // 2)]
        people += [(name, 1) for name in pick(rng, words.men, n // 2)]
        order = rng.permutation(n)
        said = {"d": str(difficulty), "start": people[order[0]][0]}
        facts = []
        for here, there in zip(order, np.roll(order, -1), strict=True):
            name, (other, gender) = people[here][0], people[there]
            relation = pick(rng, tuple(r for r, g in _GENDER.items() if g == gender))
            said |= {f"of {name}": other, f"how {name}": relation}
            facts.append(
                f"The {relation} of {name} is {other}."
                if rng.random() < 0.5
                else f"{other} is the {relation} of {name}."
            )
        shuffled = rng.permutation(n)
        steps = tuple(Step("follow", {"i": str(i + 1)}) for i in range(difficulty))
        text = " ".join(facts[i] for i in shuffled) + " " + pick(rng, (
            "Start from {start} and follow {d} links. Who is reached?",
            "Beginning with {start}, whom do you reach after {d} links?",
        )).format(**said)  # fmt: skip
        problem = Problem(self.name, text, "", tuple(name for name, _ in people), said["start"], steps, said)
        relations = tuple(said[f"how {people[i][0]}"] for i in order)
        return (self.name, difficulty, relations, tuple(shuffled.tolist())), finished(self, problem)

    def apply(self, problem: Problem, index: int, value: str) -> str:
        return problem.words.get(f"of {value}", "?")

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        right = self.apply(problem, index, value)
        gender = _GENDER[problem.words[f"how {value}"]]
        alike = [
            v
            for k, v in problem.words.items()
            if k.startswith("of ") and _GENDER[problem.words[f"how {k[3:]}"]] == gender
        ]
        return [("follow", name) for name in alike if name not in (right, value)]

    def says(self, problem: Problem, index: int, value: str) -> dict[str, str]:
        return {**super().says(problem, index, value), "relation": problem.words.get(f"how {value}", "?")}
