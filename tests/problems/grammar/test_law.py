"""The exact law against the enumeration of all strings."""

import math

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.grammar.construction import CONSTRUCTIONS, random_grammar
from lmphys.problems.grammar.law import next_word_law
from lmphys.problems.grammar.sample import Sampler

from .brute import strings


def by_enumeration(law, prefix, n_words):
    """Law of what follows a prefix, the end last, and the prefix's probability."""
    found = np.zeros(n_words + 1)
    for words, p in law.items():
        if words[: len(prefix)] == prefix:
            found[words[len(prefix)] if len(words) > len(prefix) else -1] += p
    return found / found.sum(), found.sum()


def test_every_prefix_of_every_string_has_its_law(ambiguous, plain):
    for grammar in (ambiguous, plain, ambiguous.flat(1), ambiguous.below(1), plain.below(1)):
        enumerated = strings(grammar)
        law = next_word_law(grammar, [np.array(words) for words in enumerated])
        np.testing.assert_allclose(np.exp(law.log_probability), list(enumerated.values()), rtol=1e-12)
        parts = zip(enumerated, law.split(law.next), law.split(law.log_prefix), strict=True)
        for words, rows, log_prefix in parts:
            for t in range(len(words) + 1):
                expected, mass = by_enumeration(enumerated, words[:t], grammar.n_words)
                np.testing.assert_allclose(rows[t], expected, atol=1e-12)
                assert log_prefix[t] == pytest.approx(math.log(mass), abs=1e-12)


def test_entropies_of_the_next_word_add_up_to_that_of_the_string(ambiguous):
    enumerated = strings(ambiguous)
    law = next_word_law(ambiguous, [np.array(words) for words in enumerated])
    total = sum(p * e.sum() for p, e in zip(enumerated.values(), law.split(law.entropy), strict=True))
    assert total == pytest.approx(-sum(p * math.log(p) for p in enumerated.values()))


def test_outside_the_language_nothing_is_likely(plain):
    law = next_word_law(plain, [np.array([0, 0, 2]), np.array([0, 1])])
    assert law.log_probability.tolist() == [-math.inf, -math.inf]  # impossible; a prefix, but no string
    assert np.isnan(law.next[2:4]).all() and np.isfinite(law.next[[0, 1, 4, 5, 6]]).all()
    assert law.log_prefix[2:4].tolist() == [-math.inf] * 2
    assert law.log_prefix[1] == pytest.approx(math.log(next(p for p in [0.25])))


def test_a_long_string_has_the_probability_of_its_derivation():
    """By the rules alone, which share nothing with the matrices."""
    grammar = random_grammar(CONSTRUCTIONS["cfg3b"], 0)
    drawn = Sampler(grammar).draw(np.random.default_rng(0), 12)
    law = next_word_law(grammar, drawn.strings)
    np.testing.assert_allclose(law.log_probability, drawn.log_probability, rtol=1e-10)
    chosen = np.log(law.next[np.arange(len(law.next)), np.concatenate([[*s, -1] for s in drawn.strings])])
    np.testing.assert_allclose([s.sum() for s in law.split(chosen)], drawn.log_probability, rtol=1e-10)


def test_long_strings_do_not_underflow():
    """Of 700 nats and more, whose probability is no number of double precision."""
    grammar = random_grammar(CONSTRUCTIONS["cfg3k"], 3)
    drawn = Sampler(grammar).draw(np.random.default_rng(1), 60)
    longest = drawn.strings[int(np.argmax(drawn.lengths))]
    law = next_word_law(grammar, [longest])
    assert law.log_probability[0] < -700 or len(longest) < 700
    np.testing.assert_allclose(law.next.sum(1), 1)
    assert law.log_probability[0] >= drawn.log_probability[int(np.argmax(drawn.lengths))] - 1e-9


def test_a_word_of_no_grammar_is_refused(plain):
    with pytest.raises(LmphysError, match="holds no word of the grammar's 3; pass words, without marks"):
        next_word_law(plain, [np.array([0, 3])])
