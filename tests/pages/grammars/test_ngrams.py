"""Tables of counts against counting by hand."""

from collections import Counter

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.grammars.ngrams import NGram, uniform_words
from lmphys.pages.grammars.strings import Strings, fresh


def by_hand(words, order, before, n_words):
    """The law after some words, from the definition."""
    padded = [[n_words] * (order - 1) + [int(word) for word in each] + [n_words] for each in words]
    context = ([n_words] * (order - 1) + list(before))[len(before) :] if order > 1 else []
    p = np.full(n_words + 1, 1 / (n_words + 1))
    for n in range(order):
        tail = context[len(context) - n :]
        seen = Counter(each[i] for each in padded for i in range(order - 1, len(each)) if each[i - n : i] == tail)
        counts = np.array([seen[word] for word in range(n_words + 1)])
        p = (counts + 2 * p) / (counts.sum() + 2)
    return p


@pytest.mark.parametrize("order", [1, 2, 4])
def test_laws_are_those_of_the_definition(grammar, order):
    train, test = fresh(grammar, 40, 0)[0], fresh(grammar, 5, 1)[0]
    found = test.law.split(np.exp(NGram(order, 3).fit(train.words).log_p(test)))
    for words, rows in zip(test.words, found, strict=True):
        np.testing.assert_allclose(rows.sum(1), 1)
        for t in range(len(words) + 1):
            np.testing.assert_allclose(rows[t], by_hand(train.words, order, words[:t], 3))


def test_a_shorter_table_is_that_of_a_shorter_fit(grammar):
    words = fresh(grammar, 50, 0)[0].words
    test = fresh(grammar, 5, 1)[0]
    np.testing.assert_allclose(NGram(5, 3).fit(words).shorter(2).log_p(test), NGram(2, 3).fit(words).log_p(test))


def test_what_it_writes_is_what_it_read():
    one = np.array([0, 1, 2, 0])
    written = NGram(6, 3).fit([one] * 100_000).write(50, seed=0, most=10)
    assert sum(each is not None and np.array_equal(each, one) for each in written) >= 48
    with_short = NGram(1, 3).fit([one]).write(400, seed=0, most=2)  # ends after each word with a chance of 3 in 14
    ended = np.mean([each is not None for each in with_short])
    assert ended == pytest.approx(1 - (1 - (1 + 0.5) / 7) ** 3, abs=0.08)
    with pytest.raises(LmphysError, match="smaller order"):
        NGram(20, 3)


def test_uniform_words_know_the_length_alone(grammar):
    strings = Strings(grammar, [np.array([2, 1, 2])])
    np.testing.assert_allclose(np.exp(uniform_words(strings)).sum(1), 1)
    picked = uniform_words(strings)[np.arange(4), strings.following]
    np.testing.assert_allclose(picked, [-np.log(3)] * 3 + [0])
