"""What every world of documents has in common: its marks, its splits, and its source of chance.

A source of documents is a plain class with `vocabulary`, a tuple of words, and `document(index)`. It draws every
document from its seed, its split and the index alone, so that a training can stop, go on, and be repeated anywhere.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from lmphys.core.errors import LmphysError

T = TypeVar("T")

SPLITS = ("train", "test")
_WORLD, _TURNS = 2, 3  # beside the numbers of the splits, so that nothing shares random numbers with a document

# The first two words of every vocabulary; a document stands between them.
MARKS = ("<s>", "</s>")
BEGIN, END = range(2)


class Document(NamedTuple):
    """Tokens of a document, and which of them a model learns to predict.

    Attributes:
        tokens: (n,) int64, indices of the vocabulary.
        mask: (n,) bool; where it is true, the token is a target, predicted from those before it.
    """

    tokens: np.ndarray
    mask: np.ndarray


def stream(seed: int, split: str, index: int) -> np.random.Generator:
    """Random numbers of one document; no two splits, and no two indices, share them.

    Raises:
        LmphysError: an unknown split, or a negative index.
    """
    if split not in SPLITS:
        raise LmphysError(f"unknown split {split!r}; there are {' and '.join(SPLITS)}")
    if index < 0:
        raise LmphysError(f"there is no document {index}; count them from 0")
    return np.random.default_rng([seed, SPLITS.index(split), index])


def of_world(seed: int, *what: int) -> np.random.Generator:
    """Random numbers of what all documents of a world share."""
    return np.random.default_rng([seed, _WORLD, *what])


def first_good(draw: Callable[[], T | None], is_good: Callable[[T], bool], told: str, *, tries: int = 1000) -> T:
    """The first thing drawn that is good, as for what has to belong to a split.

    Args:
        draw: draws a thing; None is none.
        is_good: whether it will do.
        told: what is drawn and what to do, where none of `tries` will: "none of 1000 " stands before it.
        tries: draws at most.

    Raises:
        LmphysError: none will do.
    """
    for _ in range(tries):
        found = draw()
        if found is not None and is_good(found):
            return found
    raise LmphysError(f"none of {tries} {told}")


class Dice:
    """Many small random choices at the price of few draws: one call of numpy for each costs more than the choice.

    Args:
        rng: source of chance; it is drawn from in blocks.
    """

    _BLOCK = 128

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._next: Iterator[float] = iter(())

    def random(self) -> float:
        """A number in [0, 1)."""
        number = next(self._next, None)
        if number is None:
            self._next = iter(self._rng.random(self._BLOCK).tolist())
            number = next(self._next)
        return number

    def below(self, n: int) -> int:
        """An integer of 0 to n - 1."""
        return int(self.random() * n)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.random() * len(options))]

    def shuffled(self, items: Sequence[T], n: int | None = None) -> list[T]:
        """Some of the items (all by default), each at most once, in random order."""
        drawn = list(items)
        size = len(drawn) if n is None else n
        for i in range(size):
            j = i + int(self.random() * (len(drawn) - i))
            drawn[i], drawn[j] = drawn[j], drawn[i]
        return drawn[:size]


@lru_cache(maxsize=8)
def _turns(n: int, seed: int, pass_: int) -> np.ndarray:
    return np.random.default_rng([seed, _TURNS, n, pass_]).permutation(n)


def turn(index: int, n: int, seed: int) -> int:
    """Which of n things has its turn: each comes once in every n indices, in an order of its own."""
    return int(_turns(n, seed, index // n)[index % n])
