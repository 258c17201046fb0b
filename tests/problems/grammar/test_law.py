"""The exact law against the enumeration of all strings."""

import math
from collections import defaultdict

import numpy as np
import pytest
from tests.problems.grammar.brute import strings

from lmphys.core.errors import LmphysError
from lmphys.problems.grammar.construction import CONSTRUCTIONS, Construction, random_grammar
from lmphys.problems.grammar.law import next_word_law
from lmphys.problems.grammar.sample import Sampler


def by_enumeration(law, n_words):
    """Probability of each prefix followed by each word, the end last."""
    found = defaultdict(lambda: np.zeros(n_words + 1))
    for words, p in law.items():
        for t, word in enumerate([*words, -1]):
            found[words[:t]][word] += p
    return found


def test_every_prefix_of_every_string_has_its_law(ambiguous, plain):
    for grammar in (ambiguous, plain, ambiguous.flat(1), ambiguous.below(1), plain.below(1)):
        enumerated = strings(grammar)
        law = next_word_law(grammar, [np.array(words) for words in enumerated])
        joint = by_enumeration(enumerated, grammar.n_words)
        np.testing.assert_allclose(np.exp(law.log_probability), list(enumerated.values()), rtol=1e-12)
        parts = zip(enumerated, law.split(law.next), law.split(law.log_prefix), strict=True)
        for words, rows, log_prefix in parts:
            expected = np.stack([joint[words[:t]] for t in range(len(words) + 1)])
            np.testing.assert_allclose(np.exp(log_prefix), expected.sum(1), rtol=1e-11)
            np.testing.assert_allclose(rows, expected / expected.sum(1, keepdims=True), atol=1e-11)


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
    assert law.log_prefix[[0, 1]] == pytest.approx([0, math.log(0.25)])  # symbol 0, by its first rule


def test_a_long_string_has_the_probability_of_its_derivation():
    """By the rules alone, which share nothing with the matrices."""
    grammar = random_grammar(CONSTRUCTIONS["cfg3b"], 0)
    drawn = Sampler(grammar).draw(np.random.default_rng(0), 12)
    law = next_word_law(grammar, drawn.strings)
    np.testing.assert_allclose(law.log_probability, drawn.log_probability, rtol=1e-10)
    chosen = np.log(law.next[np.arange(len(law.next)), np.concatenate([[*s, -1] for s in drawn.strings])])
    np.testing.assert_allclose([s.sum() for s in law.split(chosen)], drawn.log_probability, rtol=1e-10)


def test_long_strings_do_not_underflow():
    """A probability that is no number of double precision; it is that of a derivation, or of more of them."""
    grammar = random_grammar(Construction((1, *[3] * 8), n_rules=(3, 4)), 3)
    drawn = Sampler(grammar).draw(np.random.default_rng(1))
    law = next_word_law(grammar, drawn.strings)
    assert math.exp(law.log_probability[0]) == 0 and law.log_probability[0] >= drawn.log_probability[0]
    np.testing.assert_allclose(law.next.sum(1), 1)
    chosen = law.next[np.arange(len(law.next)), [*drawn.words, -1]]
    assert np.log(chosen).sum() == pytest.approx(law.log_probability[0], rel=1e-9)


def test_a_word_of_no_grammar_is_refused(plain):
    with pytest.raises(LmphysError, match="holds no word of the grammar's 3; pass words, without marks"):
        next_word_law(plain, [np.array([0, 3])])
