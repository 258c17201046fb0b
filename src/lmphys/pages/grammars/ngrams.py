"""Tables of counts over the words of a grammar, of any order: how far does one come without sub-trees?

A context is a number in base W + 1, its digits the last words and W for what stands before the string, so that all
strings are counted, and continued, at once.
"""

from collections.abc import Sequence

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.pages.grammars.strings import Strings

_STRENGTH = 2.0  # things seen that the shorter context is worth
_MOST = 1 << 24  # entries of the largest table


class NGram:
    """An interpolated n-gram over words and the end of a string.

    The law after a context is that of the next shorter one, updated by the counts as by a Dirichlet prior of weight 2
    (MacKay & Peto 1995); before all of them stands the uniform law.

    Args:
        order: n; the n - 1 words before count.
        n_words: W.

    Attributes:
        counts_: for each order, (contexts, W + 1) how often each word, or the end, followed.
    """

    counts_: list[np.ndarray]

    def __init__(self, order: int, n_words: int) -> None:
        if order < 1 or (n_words + 1) ** order > _MOST:
            raise LmphysError(f"an n-gram of order {order} over {n_words} words has no table; use a smaller order")
        self.order, self.n_words = order, n_words

    def fit(self, words: Sequence[np.ndarray]) -> "NGram":
        """Count strings."""
        W, reach = self.n_words, self.order - 1
        lengths = np.array([len(each) for each in words])
        inside = np.arange(lengths.max() + 1) <= lengths[:, None]
        line = np.full((len(words), reach + inside.shape[1]), W)
        line[:, reach:][inside & (np.arange(inside.shape[1]) < lengths[:, None])] = np.concatenate(list(words))
        following, context = line[:, reach:], np.zeros(inside.shape, dtype=np.int64)
        self.counts_ = []
        for n in range(self.order):
            if n:  # the word n places back is the next digit
                context += line[:, reach - n : line.shape[1] - n] * (W + 1) ** (n - 1)
            entry = context[inside] * (W + 1) + following[inside]
            self.counts_.append(np.bincount(entry, minlength=(W + 1) ** (n + 1)).reshape(-1, W + 1))
        return self

    def shorter(self, order: int) -> "NGram":
        """The n-gram of a lower order with the same strings."""
        found = NGram(order, self.n_words)
        found.counts_ = self.counts_[:order]
        return found

    def after(self, context: np.ndarray) -> np.ndarray:
        """(contexts, W + 1) probabilities of each word, and of the end in the last column, after contexts."""
        p = np.full((len(context), self.n_words + 1), 1 / (self.n_words + 1))
        for n, table in enumerate(self.counts_):
            counts = table[context % (self.n_words + 1) ** n]
            p = (counts + _STRENGTH * p) / (counts.sum(1, keepdims=True) + _STRENGTH)
        return p

    @property
    def start(self) -> int:
        """The context before a string."""
        return (self.n_words + 1) ** (self.order - 1) - 1

    def longer(self, context: np.ndarray, word: np.ndarray) -> np.ndarray:
        """The contexts one word later."""
        return (context * (self.n_words + 1) + word) % (self.start + 1)

    def log_p(self, strings: Strings) -> np.ndarray:
        """(rows, W + 1) log-probability of what follows each prefix, as in `Reading`."""
        context = np.empty(len(strings.place), dtype=np.int64)
        rows = np.flatnonzero(strings.place == 0)
        context[rows] = self.start
        for place in range(1, int(strings.lengths.max()) + 1):
            rows = np.flatnonzero(strings.place == place)
            context[rows] = self.longer(context[rows - 1], strings.following[rows - 1])
        return np.log(self.after(context))

    def write(self, n: int, seed: int, most: int) -> list[np.ndarray | None]:
        """Strings drawn from it; None for one that has not ended after `most` words."""
        rng = np.random.default_rng(seed)
        context, drawn = np.full(n, self.start), np.full((n, most + 1), self.n_words)
        going = np.arange(n)
        for place in range(most + 1):
            chances = self.after(context[going]).cumsum(1)
            word = (rng.random(len(going))[:, None] >= chances[:, :-1]).sum(1)
            drawn[going, place] = word
            context[going] = self.longer(context[going], word)
            going = going[word < self.n_words]
        lengths = (drawn < self.n_words).sum(1)
        return [row[:length] if length <= most else None for row, length in zip(drawn, lengths, strict=True)]


def uniform_words(strings: Strings) -> np.ndarray:
    """(rows, W + 1) log-probabilities where all words are equally likely, and where the string ends is known."""
    W = strings.grammar.n_words
    ends = strings.following == W
    found = np.where(ends[:, None], -np.inf, np.full(W + 1, -np.log(W)))
    found[:, W] = np.where(ends, 0.0, -np.inf)
    return found
