"""Days of the week."""

from typing import ClassVar

import numpy as np

from lmphys.problems.families.family import Claim, Family, finished
from lmphys.problems.phrases import DAY, WORD
from lmphys.problems.problem import Problem, Step, pick
from lmphys.problems.vocabulary import Vocabulary

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Calendar(Family):
    """Days of the week, so many days later or earlier."""

    name = "calendar"
    types: ClassVar = {"before": DAY, "after": DAY, "start": DAY, "event": WORD, "last": WORD}
    facts: ClassVar = (
        "Today is {start}.", "We count from {start}.", "The day to begin with is {start}.", "It is {start} now.",
    )  # fmt: skip
    goals: ClassVar = (
        "We want the weekday of the {last}.", "On which day is the {last}?",
        "The question is when the {last} takes place.",
        "What is asked is the day of the {last}.",
    )  # fmt: skip
    plans: ClassVar = (
        "There are {d} moves through the week.", "I place the {d} events one after the other.",
        "It takes {d} moves to get to the {last}.", "Let me move from event to event, {d} times.",
    )  # fmt: skip
    clauses: ClassVar = {
        "later": (
            "{n} days after {before} comes {after}, the day of the {event}",
            "counting {n} days on from {before} puts the {event} on {after}",
            "the {event} is on {after}, {n} days later than {before}",
            "{before} plus {n} days is {after} for the {event}",
        ),
        "earlier": (
            "{n} days before {before} comes {after}, the day of the {event}",
            "counting {n} days back from {before} puts the {event} on {after}",
            "the {event} is on {after}, {n} days earlier than {before}",
            "{before} minus {n} days is {after} for the {event}",
        ),
    }  # fmt: skip

    def _draw(self, rng: np.random.Generator, difficulty: int, words: Vocabulary) -> tuple[object, Problem]:
        events = pick(rng, words.events, difficulty)
        start = pick(rng, _DAYS)
        steps = tuple(
            Step(pick(rng, ("later", "later", "earlier")), {"n": str(rng.integers(2, 7)), "event": event})
            for event in events
        )
        said = {"start": start, "last": events[-1], "d": str(difficulty)}
        told, previous = [f"Today is {start}."], "today"
        for step in steps:
            word = {"later": "after", "earlier": "before"}[step.kind]
            told.append(pick(rng, (
                f"The {step.fields['event']} is {step.fields['n']} days {word} {previous}.",
                f"{step.fields['n']} days {word} {previous} is the {step.fields['event']}.",
            )))  # fmt: skip
            previous = f"the {step.fields['event']}"
        text = " ".join(told) + pick(rng, (" On which day is the {last}?", " Which weekday is the {last} on?")).format(
            **said
        )
        problem = Problem(self.name, text, "", _DAYS, start, steps, said)
        return (self.name, start, *((s.kind, s.fields["n"]) for s in steps)), finished(self, problem)

    def apply(self, problem: Problem, index: int, value: str) -> str:
        step = problem.steps[index]
        n = int(step.fields["n"]) * (1 if step.kind == "later" else -1)
        return _DAYS[(_DAYS.index(value) + n) % 7]

    def slips(self, problem: Problem, index: int, value: str) -> list[tuple[str, str]]:
        kind, right = problem.steps[index].kind, _DAYS.index(self.apply(problem, index, value))
        return [(kind, _DAYS[(right + shift) % 7]) for shift in (-1, 1)]

    def about(self, problem: Problem, index: int, claim: Claim) -> bool:
        return claim.fields["event"] == problem.steps[index].fields["event"]
