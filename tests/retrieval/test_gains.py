"""Gains over the majority vote: their intervals, their sources, and what could have been seen."""

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.retrieval.gains import compare_laws, gain_by_ties, mean_over_questions
from lmphys.retrieval.laws import boltzmann, inverse_power, laws_of, lowest, uniform


def test_the_table_of_laws_counts_changed_winners():
    pool = random_pool(n_questions=50, n_chains=6, seed=7)
    table = compare_laws(pool, {**laws_of(pool), "hot": boltzmann(1e-9)})
    still = table.loc["majority"]
    assert still.gain == still["other winner"] == still["ties broken"] == 0 and still.votes == pytest.approx(6)
    assert table.loc["hot", "other winner"] == 0  # weights that hardly differ break ties and do no more
    assert table.loc["best of K", "votes"] == pytest.approx(1) and table.loc["best of K", "other winner"] > 0
    idle = (table["other winner"] == 0) & (table["ties broken"] == 0)
    assert idle.any() and (table.gain[idle] == 0).all()  # who changes no vote gains nothing
    changed = table["better"] + table["worse"]
    assert (changed <= table["other winner"] + table["ties broken"]).all()


def test_the_mean_has_an_interval_where_it_can():
    x = np.random.default_rng(0).normal(size=200)
    found = mean_over_questions(x)
    assert found.value == pytest.approx(x.mean())
    assert (found.high - found.low) == pytest.approx(2 * 1.96 * x.std() / np.sqrt(200), rel=0.1)
    assert np.isnan(mean_over_questions(x[:1]).low)


def test_equal_values_still_have_an_interval():
    # 1 - 0.025^(1/Q): at that rate, Q questions show no exception in one sample of forty.
    found = mean_over_questions(np.zeros(36))
    assert found.high == -found.low and (1 - found.high) ** 36 == pytest.approx(0.025)
    sure = mean_over_questions(np.ones(36), bounds=(0, 1))
    assert sure.high == 1 and sure.low == pytest.approx(1 - found.high)


def test_a_gain_is_what_ties_give_and_what_is_overturned():
    pool = random_pool(n_questions=60, n_chains=6, seed=8)
    mild, gains = gain_by_ties(pool, boltzmann(1e-6), [2, 3, 4, 6])
    assert (mild["overturned"] == 0).all() and (mild["from overturned"] == 0).all()
    np.testing.assert_allclose(mild["from ties"], mild.gain)
    assert gains.shape == (4, 60)
    np.testing.assert_allclose(gains.mean(axis=1), mild.gain)
    steep, _ = gain_by_ties(pool, lowest, [2, 3, 6])
    np.testing.assert_allclose(steep["from ties"] + steep["from overturned"], steep.gain, atol=1e-12)
    assert (steep["overturned"][[3, 6]] > 0).all()
    # Of two chains every law that falls with E elects the same one, and only ties can be decided.
    assert steep.gain[2] == pytest.approx(gain_by_ties(pool, inverse_power(2), [2])[0].gain[2])
    nothing, _ = gain_by_ties(pool, uniform, [3])
    assert nothing.gain[3] == 0
