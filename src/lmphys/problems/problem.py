"""Problems of known solution: a start, steps that each change one value, and the value after each."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

DIFFICULTIES = range(2, 11)


@dataclass(frozen=True)
class Step:
    """One step of a solution.

    Attributes:
        kind: what is done, such as `gain`.
        fields: what the question says about it, such as n = "5".
    """

    kind: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """A question whose solution is a walk of one value through `difficulty` steps.

    Attributes:
        family: name of its family.
        text: what is asked.
        answer: the right answer.
        choices: the possible answers where they are few; none for numbers.
        start: the value before the first step.
        steps: the steps in order.
        words: further words of the question, such as the name of a person.
    """

    family: str
    text: str
    answer: str
    choices: tuple[str, ...]
    start: str
    steps: tuple[Step, ...]
    words: dict[str, str]

    @property
    def difficulty(self) -> int:
        """Number of steps."""
        return len(self.steps)


def split_of(content: object) -> str:
    """Split that numbers and order of a problem, names left out, belong to: a fifth is for tests."""
    digest = hashlib.sha256(repr(content).encode()).digest()
    return "test" if digest[0] % 5 == 0 else "train"


def pick(rng: np.random.Generator, options: tuple, n: int | None = None):  # type: ignore[no-untyped-def]
    """One of the options, or n different ones in random order."""
    if n is None:
        return options[int(rng.integers(len(options)))]
    return [options[i] for i in rng.permutation(len(options))[:n]]
