"""What a transformer makes of strings: the law of the next word after every prefix, and the states."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny.reading import read_places
from lmphys.pages.grammars.strings import Strings
from lmphys.problems.documents import BEGIN, END, MARKS


class Reading(NamedTuple):
    """Rows as in `Strings`.

    Attributes:
        log_p: (rows, words + 1) log-probability of each word, and of the end in the last column, nats. Their
            probabilities add up to a little less than 1, as the mark that begins a string is a token too.
        states: (rows, D) float32 for each layer: after the embedding, after each block, the last after the last norm.
    """

    log_p: np.ndarray
    states: list[np.ndarray]


def to_tokens(words: Sequence[int] | np.ndarray) -> tuple[int, ...]:
    """Token ids of a beginning of a string, with the mark before it."""
    return (BEGIN, *(int(word) + len(MARKS) for word in words))


def read(model: LanguageModel, strings: Strings) -> Reading:
    """Read strings with a model of the same words, every beginning of each."""
    columns = [*range(len(MARKS), len(MARKS) + strings.grammar.n_words), END]
    texts = [np.array(to_tokens(words)) for words in strings.words]
    found = read_places(model, texts, [np.arange(len(text)) for text in texts])
    return Reading(found.log_p[:, columns], found.states)
