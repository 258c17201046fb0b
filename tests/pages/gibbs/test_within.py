"""Discrimination within questions, against brute force and against the area under the curve."""

import dataclasses

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.pages.gibbs.within import correlation_within, discrimination, null_discrimination, pairs, scores_of
from lmphys.retrieval.gains import compare_laws, gain_by_ties
from lmphys.retrieval.laws import boltzmann, inverse_power, laws_of, lowest, uniform
from lmphys.stats.classification import auroc


def test_pairs_by_brute_force_with_ties_half():
    rng = np.random.default_rng(0)
    score, right = rng.integers(4, size=(20, 7)), rng.random((20, 7)) < 0.5
    found = pairs(score, right)
    for q in range(20):
        both = [(a, b) for a in score[q][right[q]] for b in score[q][~right[q]]]
        assert found.total[q] == len(both)
        assert found.won[q] == pytest.approx(sum((a > b) + 0.5 * (a == b) for a, b in both))


def test_discrimination_is_the_area_within_questions():
    pool = random_pool(n_questions=30, seed=5)
    table = discrimination(scores_of(pool), pool.right)
    question = np.repeat(np.arange(30), pool.n_chains)
    area = auroc((-pool.energy).ravel(), pool.right.ravel(), np.ones((1, 30)), question, question)
    assert table.value["low energy (−E)"] == pytest.approx(area[0])
    assert (table.low <= table.value).all() and (table.value <= table.high).all()
    perfect = discrimination({"truth": pool.right.astype(float)}, pool.right).loc["truth"]
    assert perfect.value == perfect.low == perfect.high == 1
    none = discrimination({"truth": pool.energy}, np.ones_like(pool.right)).loc["truth"]
    assert np.isnan(none.value) and none.pairs == 0


def test_energies_dealt_anew_know_nothing():
    pool = random_pool(n_questions=40, n_chains=2, n_answers=2, seed=3)
    null = null_discrimination(dataclasses.replace(pool, energy=np.where(pool.right, 1.0, 2.0)), n=400)
    mixed = (pool.right.sum(axis=1) == 1).sum()
    # One pair for each mixed question, won by the toss of a coin.
    assert null.mean() == pytest.approx(0.5, abs=0.02) and null.std() == pytest.approx(0.5 / np.sqrt(mixed), rel=0.15)


def test_length_is_taken_out_within_questions():
    pool = random_pool(n_questions=40, seed=6)
    left = scores_of(pool)["−E, length taken out"]
    assert correlation_within(left, pool.n_tokens) == pytest.approx(0, abs=1e-12)
    x = np.random.default_rng(0).normal(size=(9, 5))
    assert correlation_within(x, 3 * x + np.arange(9)[:, None]) == pytest.approx(1)
    assert np.isnan(correlation_within(x, np.ones((9, 5))))


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
