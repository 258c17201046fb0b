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

    Attributes:
        vocabulary: words of the tokens.

    Raises:
        LmphysError: more words than there are.
    """

    def __init__(self, seed: int, split: str = "train", length: int = 24, n_words: int = 50) -> None:
        if not 0 < length <= n_words:
            raise LmphysError(f"{length} different words of {n_words} cannot be had; take 1 to {n_words}")
        self.seed, self.split, self.length = seed, split, length
        self.vocabulary = (*MARKS, ":", *(f"w{i}" for i in range(n_words)))

    def document(self, index: int) -> Document:
        """Document of an index."""
        dice = Dice(stream(self.seed, self.split, index))
        first = len(MARKS) + 1
        words = dice.shuffled(range(first, len(self.vocabulary)), self.length)
        tokens = np.array([BEGIN, *words, first - 1, *words, END])
        place = np.arange(len(tokens))
        return Document(tokens, (place > self.length + 1) & (place < len(tokens) - 1))
