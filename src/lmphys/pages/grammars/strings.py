"""Fresh strings of a grammar, prefix by prefix, with their exact law."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.law import Law, next_word_law
from lmphys.problems.grammar.sample import Derivations, Sampler

_OF_STRINGS = 31  # apart from the seeds of documents


@dataclass(frozen=True)
class Strings:
    """Some strings; an array of rows has one for each prefix, from the empty one to the whole, as `Law.next` has.

    Attributes:
        grammar: where they are from.
        words: (n,) words of each.
    """

    grammar: Grammar
    words: Sequence[np.ndarray]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def lengths(self) -> np.ndarray:
        """(strings,) words of each; it has one row more, and as many things to predict, the end included."""
        return np.array([len(words) for words in self.words])

    @cached_property
    def law(self) -> Law:
        """Exact law of what follows each prefix."""
        return next_word_law(self.grammar, self.words)

    @cached_property
    def string(self) -> np.ndarray:
        """(rows,) string of each row."""
        return np.repeat(np.arange(len(self)), self.lengths + 1)

    @cached_property
    def place(self) -> np.ndarray:
        """(rows,) words of each prefix."""
        return np.concatenate([np.arange(n + 1) for n in self.lengths])

    @cached_property
    def following(self) -> np.ndarray:
        """(rows,) the word that follows each prefix; the number of words stands for the end."""
        return np.concatenate([np.append(words, self.grammar.n_words) for words in self.words])

    @cached_property
    def after_word(self) -> np.ndarray:
        """(words,) row after each word."""
        return np.flatnonzero(self.place > 0)

    def first(self, n: int) -> "Strings":
        """The first n strings alone."""
        return Strings(self.grammar, self.words[:n])

    def sums(self, rows: np.ndarray) -> np.ndarray:
        """(strings,) sum of a number of each row."""
        return np.bincount(self.string, weights=rows, minlength=len(self))


def fresh(grammar: Grammar, n: int, seed: int) -> tuple[Strings, Derivations]:
    """Strings drawn from a grammar, with their derivations; no document of a training shares their random numbers."""
    drawn = Sampler(grammar).draw(np.random.default_rng([seed, _OF_STRINGS]), n)
    return Strings(grammar, drawn.strings), drawn


def errors_of_the_law(strings: Strings) -> float:
    """Mean surprise of strings less the entropy of a derivation, in standard errors; about 0 where the law is right.

    Args:
        strings: drawn from their grammar, whose strings have one derivation each.
    """
    surprise = -strings.law.log_probability
    error = surprise.std(ddof=1) / np.sqrt(len(strings))
    return float((surprise.mean() - strings.grammar.derivation_entropy) / error)
