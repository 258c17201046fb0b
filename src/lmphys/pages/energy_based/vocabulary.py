"""The words of four letters in the book's text, as points of 26^4."""

import re

import numpy as np
import pandas as pd

from lmphys.problems.prose import whole_text

_WORD = re.compile(r"(?<![A-Za-z_])[A-Za-z]{4}(?![A-Za-z_])")


def four_letter_words() -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the letters (n, 4) of each different word, in small letters, and how often each occurs (n,)."""
    counts = pd.Series(_WORD.findall(whole_text())).str.lower().value_counts().sort_index()
    letters = np.array([[ord(letter) - ord("a") for letter in word] for word in counts.index])
    return letters, counts.to_numpy()


def spelt(words: np.ndarray) -> list[str]:
    """Rows of letters (n, 4) as text."""
    return ["".join(chr(ord("a") + letter) for letter in word) for word in words]
