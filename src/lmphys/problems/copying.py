"""Words in random order, and the same once more."""

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, MARKS, Dice, Document, stream


class Copies:
    """Documents `words : words`, all words of one different; those of the copy are the targets.

    Args:
        seed: of the documents.
        split: `train` or `test`.
        length: number of words.
        n_words: number of words to choose from.
        fewest: where it is given, the number of words is an even draw from there up to `length`, so that no distance
            tells where the word stands that is copied.

    Attributes:
        vocabulary: words of the tokens.

    Raises:
        LmphysError: more words than there are, or lists that are shorter than none or than the longest one.
    """

    def __init__(
        self, seed: int, split: str = "train", length: int = 24, n_words: int = 50, fewest: int | None = None
    ) -> None:
        if not 0 < length <= n_words:
            raise LmphysError(f"{length} different words of {n_words} cannot be had; take 1 to {n_words}")
        if fewest is not None and not 0 < fewest <= length:
            raise LmphysError(f"lists of {fewest} to {length} words cannot be had; take 1 to {length} for the fewest")
        self.seed, self.split, self.length, self.fewest = seed, split, length, fewest
        self.vocabulary = (*MARKS, ":", *(f"w{i}" for i in range(n_words)))

    def document(self, index: int) -> Document:
        """Document of an index."""
        dice = Dice(stream(self.seed, self.split, index))
        first = len(MARKS) + 1
        n = self.length if self.fewest is None else self.fewest + dice.below(self.length - self.fewest + 1)
        words = dice.shuffled(range(first, len(self.vocabulary)), n)
        tokens = np.array([BEGIN, *words, first - 1, *words, END])
        place = np.arange(len(tokens))
        return Document(tokens, (place > n + 1) & (place < len(tokens) - 1))
