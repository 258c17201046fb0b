"""Questions about people, with the answer as target: extraction, classification, comparison, inverse search.

After "Physics of Language Models: Parts 3.1 and 3.2" (2309.14316, 2309.14402).
"""

from functools import cached_property

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, Dice, Document, stream
from lmphys.problems.people.biographies import vocabulary
from lmphys.problems.people.world import World

KINDS = ("extract", "classify", "compare", "inverse")
_MONTH = 1  # the part of a date that questions take for its number


class Questions:
    """Documents `question : answer`; the answer and the end are the targets.

    People are of one split each. The number of a value is its rank in its pool, of a date that of the month.

    - extract: `what employer Ann … ? : Betasoft`
    - classify: `remainder employer Ann … ? : 3`, the number modulo `modulus`
    - compare: `later employer Ann … ; Bob … ? : two`, whoever has the higher number
    - inverse: `whose <all values> ? : Ann …`

    Args:
        world: its people.
        kind: one of `KINDS`.
        split: `train` or `test`, a half of the people each.
        seed: of the questions.
        attributes: what is asked for; all by default.
        modulus: of the classes, 10 at most.
        steps: whether the answer states the values first, as in `Betasoft ; 3`.

    Raises:
        LmphysError: an unknown kind or attribute, or a modulus out of range.
    """

    def __init__(
        self,
        world: World,
        kind: str,
        split: str = "train",
        seed: int = 0,
        attributes: tuple[str, ...] | None = None,
        modulus: int = 2,
        steps: bool = False,
    ) -> None:
        if kind not in KINDS:
            raise LmphysError(f"unknown kind of questions {kind!r}; there are {', '.join(KINDS)}")
        if not 2 <= modulus <= 10:
            raise LmphysError(f"classes modulo {modulus} have no names; take 2 to 10")
        self.world, self.kind, self.split, self.seed = world, kind, split, seed
        self.attributes = tuple(attributes or world.attributes)
        unknown = sorted(set(self.attributes) - set(world.attributes))
        if unknown:
            raise LmphysError(f"nothing is known of {unknown[0]!r}; ask for {', '.join(world.attributes)}")
        self.modulus, self.steps = modulus, steps
        self.vocabulary = vocabulary(world)
        self.people = world.half(split)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.vocabulary)}

    def number(self, person: int, attribute: str) -> int:
        """Number of a value."""
        parts = self.world.values[attribute][person]
        return int(parts[_MONTH if len(parts) > 1 else 0])

    def question(self, index: int) -> tuple[list[str], list[str]]:
        """Words of the question up to its colon, and of the answer."""
        dice = Dice(stream(self.seed, self.split, index))
        person, attribute = int(self.people[dice.below(len(self.people))]), dice.pick(self.attributes)
        if self.kind != "compare":
            return self.ask(person, attribute)
        name, value = self.world.name(person), self.world.value(person, attribute)
        other = self._other(dice, person, attribute)
        later = "one" if self.number(person, attribute) > self.number(other, attribute) else "two"
        hint = [*value, ";", *self.world.value(other, attribute), ";"] if self.steps else []
        return ["later", attribute, *name, ";", *self.world.name(other), "?", ":"], [*hint, later]

    def ask(self, person: int, attribute: str) -> tuple[list[str], list[str]]:
        """Words of a question about one person, up to its colon, and of the answer; inverse ones name no attribute.

        Raises:
            LmphysError: questions of this kind are about two people.
        """
        name, value = self.world.name(person), self.world.value(person, attribute)
        if self.kind == "extract":
            return ["what", attribute, *name, "?", ":"], value
        if self.kind == "classify":
            hint = [*value, ";"] if self.steps else []
            return ["remainder", attribute, *name, "?", ":"], [
                *hint,
                str(self.number(person, attribute) % self.modulus),
            ]
        if self.kind == "inverse":
            known = [word for each in self.attributes for word in self.world.value(person, each)]
            return ["whose", *known, "?", ":"], name
        raise LmphysError("comparisons are about two people; draw them: question(index)")

    def _other(self, dice: Dice, person: int, attribute: str) -> int:
        """Somebody with another number."""
        numbers = self.world.values[attribute][self.people]
        numbers = numbers[:, _MONTH if numbers.shape[1] > 1 else 0]
        others = self.people[numbers != self.number(person, attribute)]
        if not len(others):
            raise LmphysError(f"everybody has the same {attribute}; ask about more people or another attribute")
        return int(others[dice.below(len(others))])

    def document(self, index: int) -> Document:
        """Document of an index."""
        question, answer = self.question(index)
        tokens = np.array([BEGIN, *(self._ids[word] for word in question + answer), END])
        return Document(tokens, np.arange(len(tokens)) > len(question))

    def guess(self) -> float:
        """Share of right answers of who always gives the most frequent answer of this split to the same attribute.

        The floor of any accuracy without knowledge. For `extract` and `classify` alone.
        """
        if self.kind not in ("extract", "classify"):
            raise LmphysError(f"no single answer is good for {self.kind}; compare with chance")
        shares = []
        for attribute in self.attributes:
            values = self.world.values[attribute][self.people]
            if self.kind == "classify":
                values = values[:, _MONTH if values.shape[1] > 1 else 0] % self.modulus
            shares.append(np.unique(values, axis=0, return_counts=True)[1].max() / len(values))
        return float(np.mean(shares))
