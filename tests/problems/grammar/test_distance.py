"""Replacements against all strings of the same length."""

from itertools import product

import numpy as np
from tests.problems.grammar.brute import strings

from lmphys.problems.grammar.distance import replacements


def test_replacements_are_the_least_over_all_strings(ambiguous, plain):
    rng = np.random.default_rng(0)
    for grammar in (ambiguous, plain, ambiguous.flat(1)):
        language = list(strings(grammar))
        size = np.array([len(words) for words in language])
        padded = np.full((len(language), size.max() + 1), -1)
        for row, words in zip(padded, language, strict=True):
            row[: len(words)] = words
        for n in range(size.max() + 2):
            for words in rng.integers(0, 3, (2, n)):
                wrong = np.cumsum(padded[:, :n] != words[: padded.shape[1]], axis=1)
                wrong = np.column_stack([np.zeros(len(language)), wrong])
                whole, prefixes = replacements(grammar, words)
                assert whole == min(wrong[size == n, n], default=np.inf)
                for t, found in enumerate(prefixes):
                    assert found == min(wrong[size >= t, t], default=np.inf)


def test_nothing_is_to_be_replaced_in_the_language_alone(plain):
    language = set(strings(plain))
    for words in product(range(3), repeat=4):
        assert (replacements(plain, np.array(words))[0] == 0) == (words in language)
