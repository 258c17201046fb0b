"""Grammars against all their strings, and what is refused."""

import math

import numpy as np
import pytest
from tests.problems.grammar.brute import strings

from lmphys.core.errors import LmphysError
from lmphys.problems.grammar.construction import CONSTRUCTIONS, Construction, random_grammar, unique_share
from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.law import count_parses


def test_lengths_and_number_of_derivations_are_those_of_all_strings(ambiguous, plain):
    for grammar in (ambiguous, plain):
        law = strings(grammar)
        assert sum(law.values()) == pytest.approx(1)
        assert grammar.lengths == (min(map(len, law)), max(map(len, law)))
        assert grammar.mean_length == pytest.approx(sum(p * len(words) for words, p in law.items()))
        assert math.exp(grammar.log_derivations) == pytest.approx(sum(strings(grammar, 1.0).values()))


def test_entropy_is_that_of_the_strings_where_each_has_one_derivation(ambiguous, plain):
    assert plain.derivation_entropy == pytest.approx(-sum(p * math.log(p) for p in strings(plain).values()))
    assert ambiguous.derivation_entropy > -sum(p * math.log(p) for p in strings(ambiguous).values()) + 0.01


def test_a_flat_grammar_has_the_same_law(ambiguous):
    for depth in (1, 2):
        flat = ambiguous.flat(depth)
        assert flat.depth == depth + 1
        assert strings(flat) == pytest.approx(strings(ambiguous))


def test_a_smaller_grammar_is_the_even_mixture_of_its_symbols(ambiguous):
    law = strings(ambiguous.below(2))
    assert law == pytest.approx({(0, 1): 0.35, (2,): 0.25, (1,): 0.1, (2, 2): 0.3})


def test_without_a_rule_the_rest_keeps_its_ratios(ambiguous):
    law = strings(ambiguous.without(1, [(1, 0)]))
    whole = strings(ambiguous)
    assert set(law) < set(whole) and sum(law.values()) == pytest.approx(1)
    assert [rule.probability for rule in ambiguous.without(1, [(1, 0)]).levels[1][1]] == pytest.approx([0.8, 0.2])


ROWS = [(0, 0, (0, 1)), (1, 0, (0, 1)), (1, 1, (2,))]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, (1, 2, (0, 0))], "no derivation reaches symbol 2 of level 1; name it in a rule of level 0 or drop it"),
        ([*ROWS, (1, 0, (0, 4))], "no derivation reaches symbol 3 of level 2; name it in a rule of level 1 or drop it"),
        ([*ROWS, (0, 1, (0, 1))], "a grammar starts with one root; give level 0 exactly one symbol"),
        ([*ROWS, (0, 0, (2,))], "a rule of level 0 names a symbol beyond the 2 of level 1; add that symbol"),
        ([ROWS[0], ROWS[2]], "symbol 0 of level 1 lacks a rule; every rule needs a child"),
        ([], "there are rules of levels []; give some for each level from 0 on"),
        ([ROWS[0], (2, 0, (0,))], "there are rules of levels [0, 2]; give some for each level from 0 on"),
    ],
)
def test_a_broken_grammar_is_refused_in_one_line(rows, message):
    with pytest.raises(LmphysError) as error:
        Grammar.from_rows(rows)
    assert str(error.value) == message


def test_no_symbol_may_lose_its_last_rule_or_its_place(plain):
    with pytest.raises(LmphysError, match="lacks a rule"):
        plain.without(1, [(0, 0), (0, 1)])
    with pytest.raises(LmphysError, match="symbol 1 of level 1 has no rule 2; count both from 0"):
        plain.without(1, [(1, 2)])
    with pytest.raises(LmphysError, match="no derivation reaches symbol 2 of level 1"):
        Grammar.from_rows([(0, 0, (0, 1)), (0, 0, (2, 1)), *((1, s, (s,)) for s in range(3))]).without(0, [(0, 1)])


@pytest.mark.parametrize("name", ["cfg3b", "cfg3i", "cfg3f"])
def test_a_random_grammar_keeps_its_construction(name):
    construction = CONSTRUCTIONS[name]
    grammar = random_grammar(construction, 1)
    assert grammar == random_grammar(construction, 1) != random_grammar(construction, 2)
    assert grammar.sizes == construction.sizes
    for level in grammar.levels:
        rules = [rule.children for options in level for rule in options]
        assert len(set(rules)) == len(rules)
        assert {len(rule) for rule in rules} <= set(construction.lengths)
        assert {len(options) for options in level} <= set(construction.n_rules)
        if not construction.repeats:
            assert all(len(set(rule)) == len(rule) for rule in rules)
    assert unique_share(grammar, 100, 5) >= construction.unique - 0.05


def test_a_construction_that_cannot_be_is_refused():
    with pytest.raises(LmphysError, match="want 4 different rules of 2; ask for fewer rules"):
        random_grammar(Construction((1, 2, 2), n_rules=(2,), lengths=(2,), repeats=False), 0)


def test_parses_are_counted_as_by_writing_them_out(ambiguous):
    counts = strings(ambiguous, 1.0)
    found = count_parses(ambiguous, [np.array(words) for words in counts] + [np.array([1, 1, 1])])
    assert found.tolist() == [*counts.values(), 0]
    assert max(counts.values()) > 1
