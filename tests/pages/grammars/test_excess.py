"""Excess of laws that are known to be wrong by so much."""

import numpy as np
import pandas as pd
import pytest
from tests.pages.grammars.conftest import slipping

from lmphys.pages.grammars.excess import (
    divergences,
    excess_table,
    extra_nats,
    largest_ratio,
    least_ratio,
    per_token,
    pooled,
    pooled_percent,
)
from lmphys.pages.grammars.reading import read
from lmphys.pages.grammars.strings import Strings, errors_of_the_law, fresh
from lmphys.problems.grammar.grammar import Grammar
from lmphys.stats.interval import Interval
from lmphys.training.documents import packed
from lmphys.training.loss import surprisals


def test_the_exact_law_has_none_and_slips_cost_their_logarithm(grammar):
    strings, _ = fresh(grammar, 50, 0)
    np.testing.assert_allclose(extra_nats(slipping(strings, 0.0), strings), 0, atol=1e-9)
    extra = extra_nats(slipping(strings, 0.1), strings)
    np.testing.assert_allclose(extra, -np.log(0.9) * (strings.lengths + 1))
    np.testing.assert_allclose(per_token(extra, strings), [-np.log(0.9)] * 3)
    np.testing.assert_allclose(divergences(slipping(strings, 0.1), strings), extra)
    table = excess_table({"slips": [extra, 2 * extra]}, strings)
    assert table.loc["slips", ["excess", "least", "most", "trainings"]].tolist() == pytest.approx(
        [-1.5 * np.log(0.9), -np.log(0.9), -2 * np.log(0.9), 2]
    )
    assert table.loc["slips", "low"] < -np.log(0.9) and table.loc["slips", "high"] > -2 * np.log(0.9)


def test_surprise_of_fresh_strings_is_the_entropy(grammar):
    # Derivations that share a string have less entropy together, which these probabilities make clear.
    assert errors_of_the_law(fresh(grammar, 4000, 0)[0]) < 0
    plain = Grammar.from_rows(
        [(0, 0, (0, 1)), (0, 0, (1, 0, 1)), (1, 0, (0, 1)), (1, 0, (1, 1, 0)), (1, 1, (2,)), (1, 1, (2, 2))]
    )
    assert abs(errors_of_the_law(fresh(plain, 4000, 0)[0])) < 4


def test_ratios_are_of_trainings_of_one_seed(grammar):
    one = np.arange(1, 41.0)
    assert tuple(least_ratio([3 * one, 2 * one], [one, one])) == pytest.approx((2, 2, 2))
    assert tuple(largest_ratio([one, 3 * one, 2 * one])) == pytest.approx((3, 3, 3))
    assert tuple(largest_ratio([one])) == pytest.approx((1, 1, 1))
    noisy = least_ratio([one[::-1]], [one])
    assert noisy.low < noisy.value == 1 < noisy.high


def test_pooling_one_is_that_one_and_percents_end():
    one = Interval(99.0, 97.0, 100.0)
    assert pooled([one]) == one
    assert pooled_percent([one, one]).high == 100


def test_a_model_is_read_as_its_loss_has_it(model, grammar):
    strings, _ = fresh(grammar, 7, 3)
    reading = read(model, strings)
    documents = [(np.array([0, *(words + 2), 1]), np.arange(len(words) + 2) > 0) for words in strings.words]
    nats = np.concatenate([surprisals(model, packed([each], 64)).detach().numpy() for each in documents])
    np.testing.assert_allclose(-reading.log_p[np.arange(len(nats)), strings.following], nats, atol=1e-5)
    assert (np.exp(reading.log_p).sum(1) < 1).all()
    assert [each.shape for each in reading.states] == [(len(nats), 16)] * 3
    alone = read(model, Strings(grammar, strings.words[:1]))
    np.testing.assert_allclose(alone.states[-1], reading.states[-1][: len(strings.words[0]) + 1], atol=1e-5)
    assert isinstance(excess_table({"model": [extra_nats(reading.log_p, strings)]}, strings), pd.DataFrame)
