"""Strings that are written, on toys whose language is written out."""

import numpy as np
import pytest
from tests.problems.grammar.brute import strings as all_strings

from lmphys.pages.grammars.generation import after_errors, valid_difference, written_table
from lmphys.pages.grammars.strings import Strings, fresh
from lmphys.pages.grammars.writing import add_no_error, are_valid, diversity, halves, log_probabilities, spoilt, write


def test_valid_are_the_strings_of_the_language(grammar):
    language = set(all_strings(grammar))
    rng = np.random.default_rng(0)
    written = [rng.integers(0, 3, rng.integers(0, 9)) for _ in range(400)] + [
        np.array(w) for w in sorted(language)[:50]
    ]
    expected = [tuple(words.tolist()) in language for words in written]
    assert are_valid(grammar, written).tolist() == expected
    assert 0 < sum(expected) < len(written)
    assert not are_valid(grammar, [None, np.empty(0, dtype=int)]).any()


def test_diversity_is_the_entropy_where_strings_are_drawn(grammar):
    law = np.array(list(all_strings(grammar).values()))
    strings, _ = fresh(grammar, 3000, 0)
    found = diversity(log_probabilities(grammar, [*strings.words, None]))
    assert found.low < -(law * np.log(law)).sum() < found.high
    table = written_table(grammar, {"law": [strings.words], "nobody": [[None, None]]})
    assert table.loc["law", "valid"] == 100 and table.loc["nobody", "valid"] == 0
    assert np.isnan(table.loc["nobody", "surprise"])


def test_spoilt_beginnings_begin_no_string(grammar):
    beginnings = {words[:t] for words in all_strings(grammar) for t in range(len(words) + 1)}
    strings, _ = fresh(grammar, 60, 0)
    found = spoilt(grammar, halves(strings), rate=0.5, seed=0)
    assert len(found) > 5
    assert not any(tuple(words.tolist()) in beginnings for words in found)


def test_a_sound_continuation_adds_no_error(grammar):
    language = list(all_strings(grammar))

    def errors(words):
        return min((sum(map(int.__ne__, words, other)) for other in language if len(other) == len(words)), default=99)

    def begun_errors(words):
        n = len(words)
        return min(sum(map(int.__ne__, words, other[:n])) for other in language if len(other) >= n)

    rng = np.random.default_rng(1)
    begun = [rng.integers(0, 3, 3) for _ in range(80)]
    written = [np.r_[each, rng.integers(0, 3, rng.integers(0, 5))] for each in begun]
    expected = [
        errors(words.tolist()) <= begun_errors(each.tolist()) for each, words in zip(begun, written, strict=True)
    ]
    assert add_no_error(grammar, begun, written).tolist() == expected
    assert 0 < sum(expected) < len(expected)
    assert not add_no_error(grammar, begun[:1], [None]).any()


def test_a_text_depends_on_its_own_beginning_and_seed(model, grammar):
    begun = [np.array([0, 1]), np.empty(0, dtype=int), np.array([2])]
    written = write(model, begun, seed=5)
    again = write(model, [*begun, np.array([1, 1, 1])], seed=5)
    assert any(words is not None for words in written)
    for start, one, other in zip(begun, written, again, strict=False):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one[: len(start)], start)
            np.testing.assert_array_equal(one, other)


def test_differences_are_of_shares(grammar):
    good, bad = [np.array(w) for w in sorted(all_strings(grammar))[:4]], [None] * 4
    assert valid_difference(grammar, [good], [bad]).value == 100
    assert valid_difference(grammar, [good], [[*good[:2], None, None]] * 3).value == pytest.approx(50)


def test_after_errors_has_a_row_for_each_beginning_and_temperature(model, grammar):
    table = after_errors([model, model], Strings(grammar, fresh(grammar, 12, 0)[0].words), (0.5, 1.0), rate=0.5)
    assert table[["beginning", "temperature"]].values.tolist() == [
        ["clean", 0.5], ["clean", 1.0], ["spoilt", 0.5], ["spoilt", 1.0]
    ]  # fmt: skip
    assert ((table["low"] <= table["sound"]) & (table["sound"] <= table["high"])).all()
