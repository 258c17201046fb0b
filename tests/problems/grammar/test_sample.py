"""Drawn derivations: frequencies, and ancestors and boundaries by walking each tree."""

import numpy as np
import pytest
from scipy.stats import chisquare
from tests.problems.grammar.brute import strings

from lmphys.problems.grammar.construction import CONSTRUCTIONS, random_grammar
from lmphys.problems.grammar.entropy import string_entropy
from lmphys.problems.grammar.sample import Sampler


def test_strings_come_as_often_as_they_should(ambiguous):
    enumerated = strings(ambiguous)
    drawn = [tuple(words.tolist()) for words in Sampler(ambiguous).draw(np.random.default_rng(0), 20_000).strings]
    observed = np.array([drawn.count(words) for words in enumerated])
    assert observed.sum() == 20_000
    expected = 20_000 * np.array(list(enumerated.values()))
    common = expected > 10
    pooled = [np.append(x[common], x[~common].sum()) for x in (observed, expected)]
    assert chisquare(*pooled).pvalue > 1e-3


def walked(grammar, drawn):
    """Words, ancestors and boundaries, one symbol after the other."""
    words, ancestors, ends = [], [], []
    rules = [[rule for options in level for rule in options] for level in grammar.levels]
    at = [0] * (grammar.depth + 1)

    def visit(depth, above):
        symbol = int(drawn.symbols[depth][at[depth]])
        if depth == grammar.depth:
            words.append(symbol)
            ancestors.append(above)
            ends.append([False] * grammar.depth)
        else:
            rule = rules[depth][int(drawn.rules[depth][at[depth]])]
            assert rule in grammar.levels[depth][symbol]
            for child in rule.children:
                assert child == drawn.symbols[depth + 1][at[depth + 1]]
                visit(depth + 1, (*above, symbol))
            ends[-1][depth] = True
        at[depth] += 1

    for _ in drawn.lengths:
        visit(0, ())
    return np.array(words), np.array(ancestors).T, np.array(ends).T


def test_ancestors_and_boundaries_are_those_of_the_trees(ambiguous):
    for grammar in (ambiguous, random_grammar(CONSTRUCTIONS["cfg3h"], 0).below(3)):
        drawn = Sampler(grammar).draw(np.random.default_rng(1), 7)
        words, ancestors, ends = walked(grammar, drawn)
        np.testing.assert_array_equal(drawn.words, words)
        np.testing.assert_array_equal(drawn.ancestors, ancestors)
        np.testing.assert_array_equal(drawn.boundaries, ends)
        assert sum(map(len, drawn.strings)) == drawn.lengths.sum() == len(words)


def test_mean_of_log_probability_is_the_entropy(ambiguous):
    logs = Sampler(ambiguous).draw(np.random.default_rng(2), 20_000).log_probability
    error = logs.std() / np.sqrt(len(logs))
    assert -logs.mean() == pytest.approx(ambiguous.derivation_entropy, abs=4 * error)


def test_entropy_of_strings_is_that_of_their_enumeration(ambiguous, plain):
    exact = [-sum(p * np.log(p) for p in strings(grammar).values()) for grammar in (ambiguous, plain)]
    found = string_entropy(ambiguous, 2000, seed=0)
    assert found.value == pytest.approx(exact[0], abs=2 * (found.high - found.low))
    assert 0 < found.high - found.low < 0.08
    assert (found.low, found.value, found.high) == pytest.approx([ambiguous.derivation_entropy] * 3, abs=0.5)
    assert [*string_entropy(plain, 50, seed=0)] == pytest.approx([exact[1]] * 3)
