"""Discrimination within questions, against brute force and against the area under the curve."""

import dataclasses

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.pages.gibbs.within import (
    correlation_within,
    discrimination,
    energy_and_length,
    null_discrimination,
    pairs,
    scores_of,
)
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


def test_permuted_energies_know_nothing():
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


def test_energy_beside_length_and_its_permutations():
    pool = random_pool(n_questions=30, seed=5)
    found = energy_and_length(pool, n_null=50, seed=2)
    null = null_discrimination(pool, n=50, seed=2)
    share = discrimination({"−E": -pool.energy}, pool.right).value["−E"]
    assert found["−E discriminates in"] == pytest.approx(share)
    assert found["share of permutations that do as well as −E"] == pytest.approx((null >= share).mean())
    assert found["upper end"] == np.quantile(null, 0.975)
    assert found["tokens of a wrong chain"] == pytest.approx(pool.n_tokens[~pool.right].mean())
    blind = energy_and_length(dataclasses.replace(pool, energy=np.full(pool.right.shape, np.nan)))
    assert blind.isna().all()
