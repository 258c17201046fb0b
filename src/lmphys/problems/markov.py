"""The smallest world with an exact law: a Markov chain of words."""

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, MARKS, Document, stream


class MarkovChain:
    """Documents in which the next word depends on the last one alone, and the end comes after a fixed number.

    Args:
        seed: of the documents.
        split: `train` or `test`.
        n_words: words.
        length: words of a document.
        concentration: of the Dirichlet law from which each row of transitions is drawn; the less, the more certain.
        law: seed of the transitions.

    Attributes:
        vocabulary: marks of beginning and end, then the words.
        start: (n_words,) law of the first word, the stationary one.
        transitions: (n_words, n_words) law of the next word, a row for each last one.

    Raises:
        LmphysError: a number is too small.
    """

    def __init__(
        self,
        seed: int,
        split: str = "train",
        n_words: int = 4,
        length: int = 31,
        concentration: float = 0.5,
        law: int = 0,
    ) -> None:
        if n_words < 2 or length < 1 or concentration <= 0:
            raise LmphysError(
                f"a Markov chain of {n_words} words, {length} long, concentration {concentration:g}, is no world; it "
                "needs 2 words or more, 1 step or more, and a concentration above 0"
            )
        self.seed, self.split, self.length = seed, split, length
        self.vocabulary = (*MARKS, *(f"w{i}" for i in range(n_words)))
        self.transitions = np.random.default_rng(law).dirichlet(np.full(n_words, concentration), size=n_words)
        values, vectors = np.linalg.eig(self.transitions.T)
        stationary = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
        self.start = stationary / stationary.sum()
        self._cumulative = np.cumsum(np.vstack([self.transitions, self.start]), axis=1)
        self._cumulative[:, -1] = 1.0

    def document(self, index: int) -> Document:
        """Document of an index: `length` words between marks, of which all but the first mark are targets."""
        uniforms = stream(self.seed, self.split, index).random(self.length)
        tokens = np.full(self.length + 2, BEGIN)
        tokens[-1], word = END, -1  # the last row of the cumulative laws is that of the first word
        for t, uniform in enumerate(uniforms):
            word = int(np.searchsorted(self._cumulative[word], uniform, side="right"))
            tokens[t + 1] = word + len(MARKS)
        return Document(tokens, np.arange(self.length + 2) > 0)

    @property
    def entropy(self) -> float:
        """Nats a target on average, the end included, which is certain: the least loss that any model can reach."""

        def nats(p: np.ndarray) -> np.ndarray:
            return -(p * np.log(np.where(p > 0, p, 1.0))).sum(-1)

        steps = self.start @ nats(self.transitions)
        return float(nats(self.start) + (self.length - 1) * steps) / (self.length + 1)
