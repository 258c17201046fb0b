"""Arithmetic in the head: expressions in prefix notation, and their value modulo a number.

The task Mano of "Physics of Language Models: Part 4.1" (2512.17351). Operators and numbers are even draws, and the
operations left of one are shared evenly between its two sides, so the law of the value is known exactly.
"""

from functools import cache

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, MARKS, Dice, Document, first_good, stream
from lmphys.problems.problem import split_of

_SIGNS = ("+", "-", "*")


class Expressions:
    """Documents `expression = value`, every token a target; an expression belongs to one split.

    Args:
        seed: of the documents.
        split: `train` or `test`.
        max_operations: most operations, the number being an even draw from 1 on.
        modulus: numbers are 0 to modulus - 1.
        exact: whether every expression has `max_operations`.

    Attributes:
        vocabulary: words of the tokens.

    Raises:
        LmphysError: no operation, or a modulus below 2.
    """

    def __init__(
        self, seed: int, split: str = "train", max_operations: int = 10, modulus: int = 23, exact: bool = False
    ) -> None:
        if max_operations < 1 or modulus < 2:
            raise LmphysError(
                f"{max_operations} operations modulo {modulus} leave nothing to compute; take 1 or more, and 2 or more"
            )
        self.seed, self.split, self.max_operations, self.modulus = seed, split, max_operations, modulus
        self.exact = exact
        self.vocabulary = (*MARKS, *_SIGNS, "=", *map(str, range(modulus)))
        self._ids = {word: i for i, word in enumerate(self.vocabulary)}

    def expression(self, index: int) -> tuple[list[str], int]:
        """Words of a document's expression, and its value."""
        dice = Dice(stream(self.seed, self.split, index))

        def drawn() -> tuple[list[str], int]:
            words: list[str] = []
            n = self.max_operations if self.exact else 1 + dice.below(self.max_operations)
            return words, self._write(n, dice, words)

        told = f"expressions belongs to {self.split}; allow more operations"
        return first_good(drawn, lambda found: split_of(found[0]) == self.split, told)

    def _write(self, n_operations: int, dice: Dice, words: list[str]) -> int:
        if not n_operations:
            number = dice.below(self.modulus)
            words.append(str(number))
            return number
        sign, n_left = dice.pick(_SIGNS), dice.below(n_operations)
        words.append(sign)
        left = self._write(n_left, dice, words)
        right = self._write(n_operations - 1 - n_left, dice, words)
        return {"+": left + right, "-": left - right, "*": left * right}[sign] % self.modulus

    def document(self, index: int) -> Document:
        """Document of an index."""
        words, value = self.expression(index)
        tokens = np.array([BEGIN, *(self._ids[word] for word in (*words, "=", str(value))), END])
        return Document(tokens, np.arange(len(tokens)) > 0)


@cache
def value_law(n_operations: int, modulus: int) -> tuple[float, ...]:
    """Probability of each value of an expression; the largest is what the best constant answer scores."""
    if not n_operations:
        return (1 / modulus,) * modulus
    a, b = np.indices((modulus, modulus))
    law = np.zeros(modulus)
    for n_left in range(n_operations):
        joint = np.outer(value_law(n_left, modulus), value_law(n_operations - 1 - n_left, modulus))
        for value in (a + b, a - b, a * b):
            np.add.at(law, value % modulus, joint / (len(_SIGNS) * n_operations))
    return tuple(law.tolist())
