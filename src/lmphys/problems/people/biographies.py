"""Biographies: a sentence for each attribute, in one or several rewritings."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, MARKS, Dice, Document, stream, turn
from lmphys.problems.people.words import PHRASES, PRONOUN, QUESTION_WORDS
from lmphys.problems.people.world import World


@dataclass(frozen=True)
class Biography:
    """A biography with its facts.

    Attributes:
        person: who it is about.
        tokens: (n,) with marks.
        names: where a name stands, the first time and again.
        values: where each attribute's value stands.
    """

    person: int
    tokens: np.ndarray
    names: list[slice]
    values: dict[str, slice]


class Biographies:
    """Documents about the people of a world; every word is a target.

    Everybody comes once in every `world.n_people` indices, in new order each time, so that exposures are counted by
    passes. Each pass takes one of a person's rewritings. The split `test` writes of the same people in rewritings of
    their own.

    Args:
        world: its people.
        split: `train` or `test`.
        rewritings: number of texts about each person.
        permuted: whether sentences come in random order, one for each rewriting.
        fullname: whether every sentence names the person; a pronoun stands there otherwise.

    Attributes:
        vocabulary: words of the tokens, those of questions included.

    Raises:
        LmphysError: no rewriting.
    """

    def __init__(
        self, world: World, split: str = "train", rewritings: int = 1, permuted: bool = False, fullname: bool = False
    ) -> None:
        if rewritings < 1:
            raise LmphysError(f"{rewritings} texts about each person are none; take 1 or more")
        self.world, self.split = world, split
        self.rewritings, self.permuted, self.fullname = rewritings, permuted, fullname
        self.vocabulary = vocabulary(world)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.vocabulary)}

    def biography(self, person: int, rewriting: int = 0) -> Biography:
        """One of the texts about a person."""
        dice = Dice(stream(self.world.seed, self.split, person * self.rewritings + rewriting))
        words: list[str] = [MARKS[BEGIN]]
        names: list[slice] = []
        values: dict[str, slice] = {}
        attributes = dice.shuffled(self.world.attributes) if self.permuted else list(self.world.attributes)
        for attribute in attributes:
            who = self.world.name(person) if self.fullname or not names else [PRONOUN]
            if len(who) > 1:
                names.append(slice(len(words), len(words) + len(who)))
            words += who + dice.pick(PHRASES[attribute]).split()
            value = self.world.value(person, attribute)
            values[attribute] = slice(len(words), len(words) + len(value))
            words += [*value, "."]
        return Biography(person, np.array([*(self._ids[word] for word in words), END]), names, values)

    def which(self, index: int) -> tuple[int, int]:
        """Person and rewriting of an index."""
        person = turn(index, self.world.n_people, self.world.seed)
        return person, (index // self.world.n_people + person) % self.rewritings

    def document(self, index: int) -> Document:
        """Document of an index."""
        tokens = self.biography(*self.which(index)).tokens
        return Document(tokens, np.arange(len(tokens)) > 0)


def vocabulary(world: World) -> tuple[str, ...]:
    """Words of biographies and questions of a world."""
    phrases = [word for attribute in PHRASES for phrase in PHRASES[attribute] for word in phrase.split()]
    words = [*MARKS, ".", "?", ":", ";", PRONOUN, *QUESTION_WORDS, *phrases, *world.words]
    return tuple(dict.fromkeys(words))
