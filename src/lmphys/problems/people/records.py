"""Bare records of random tokens, the world in which capacity is measured: a name, then values, and nothing else.

The construction bioD of "Physics of Language Models: Part 3.3" (2404.05405), without sentences.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, MARKS, Document, of_world, stream, turn
from lmphys.problems.people.capacity import Capacity


@dataclass(frozen=True)
class Records:
    """Documents `name values`, every token a target; everybody comes once in every `n_people` indices of records.

    Between two records there may be some of strangers, of whom each is drawn anew and never comes again.

    Attributes:
        n_people: N of the paper.
        seed: who they are.
        n_tokens: T, different tokens of names and of values, which share none.
        name_length: tokens of a name.
        n_attributes: K.
        n_chunks: C, chunks of a value.
        n_values: D, chunks of an attribute to choose from.
        chunk_length: L, tokens of a chunk.
        strangers: records of strangers for each one of the people.
        marked: whether a word, no target, begins the records of the people and none of a stranger.

    Raises:
        LmphysError: more people than names, more chunks than strings, or fewer than no strangers.
    """

    n_people: int
    seed: int = 0
    n_tokens: int = 64
    name_length: int = 3
    n_attributes: int = 4
    n_chunks: int = 1
    n_values: int = 64
    chunk_length: int = 1
    strangers: int = 0
    marked: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.n_people <= self.n_tokens**self.name_length:
            raise LmphysError(f"{self.n_people} people need as many names; take longer names or fewer people")
        if not 0 < self.n_values <= self.n_tokens**self.chunk_length:
            raise LmphysError(f"{self.n_values} chunks need as many strings; take longer chunks or fewer")
        if self.strangers < 0:
            raise LmphysError(f"there cannot be {self.strangers} strangers for each record; take 0 or more")

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Words of the tokens."""
        words = (f"{kind}{i}" for kind in "nv" for i in range(self.n_tokens))
        return (*MARKS, *words, *(("known",) if self.marked else ()))

    @cached_property
    def names(self) -> np.ndarray:
        """(people, name length) tokens."""
        shape = (self.n_tokens,) * self.name_length
        drawn = of_world(self.seed, 0).choice(np.prod(shape), self.n_people, replace=False)
        return len(MARKS) + np.stack(np.unravel_index(drawn, shape), axis=1)

    @cached_property
    def chunks(self) -> np.ndarray:
        """(attributes, values, chunk length) the strings that values of each attribute are made of."""
        shape = (self.n_tokens,) * self.chunk_length
        rng = of_world(self.seed, 1)
        drawn = [rng.choice(np.prod(shape), self.n_values, replace=False) for _ in range(self.n_attributes)]
        return len(MARKS) + self.n_tokens + np.stack(np.unravel_index(np.stack(drawn), shape), axis=2)

    @cached_property
    def values(self) -> np.ndarray:
        """(people, attributes, tokens of a value)."""
        size = (self.n_people, self.n_attributes, self.n_chunks)
        chosen = of_world(self.seed, 2).integers(self.n_values, size=size)
        return self._spelt(chosen).reshape(*size[:2], -1)

    def _spelt(self, chosen: np.ndarray) -> np.ndarray:
        """(..., attributes, chunks, chunk length) tokens of chunks (..., attributes, chunks) by their numbers."""
        return self.chunks[np.arange(self.n_attributes)[:, None], chosen]

    @property
    def _first(self) -> int:
        """Where a name begins in a record."""
        return 2 if self.marked else 1

    def record(self, person: int) -> Document:
        """A person's record."""
        mark = [len(self.vocabulary) - 1] if self.marked else []
        tokens = np.concatenate([[BEGIN, *mark], self.names[person], self.values[person].ravel(), [END]])
        return Document(tokens, np.arange(len(tokens)) >= self._first)

    def document(self, index: int) -> Document:
        """Document of an index."""
        number, place = divmod(index, 1 + self.strangers)
        return self._stranger(index) if place else self.record(turn(number, self.n_people, self.seed))

    def _stranger(self, index: int) -> Document:
        rng = stream(self.seed, "train", index)
        name = len(MARKS) + rng.integers(self.n_tokens, size=self.name_length)
        chosen = rng.integers(self.n_values, size=(self.n_attributes, self.n_chunks))
        tokens = np.concatenate([[BEGIN], name, self._spelt(chosen).ravel(), [END]])
        return Document(tokens, np.arange(len(tokens)) > 0)

    @property
    def capacity(self) -> Capacity:
        """How bits are counted here; where every string is a chunk, there is nothing to learn of which ones are."""
        n_strings = self.n_tokens**self.chunk_length
        return Capacity(
            n_people=self.n_people,
            n_names=self.n_tokens**self.name_length,
            n_values=(self.n_values**self.n_chunks,) * self.n_attributes,
            n_chunks=(self.n_values,) * self.n_attributes if self.n_values < n_strings else (),
            n_strings=n_strings,
        )

    def losses(self, loss: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Mean loss of names, of each attribute's value and of its first chunk, as `Capacity` takes them.

        Args:
            loss: (people, targets of a record) nats of each, of any people.
        """
        name = loss[:, : self.name_length].sum(1).mean()
        values = loss[:, self.name_length : -1].reshape(len(loss), self.n_attributes, -1).mean(0)
        return float(name), values.sum(1), values[:, : self.chunk_length].sum(1)
