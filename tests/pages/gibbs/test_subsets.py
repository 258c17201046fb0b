"""Gains over subsets, against a count of every subset and against what nulls must give."""

import dataclasses
from itertools import combinations

import numpy as np
from tests.pages.gibbs.test_ways import blinded, telling_pool
from tests.retrieval.test_pool import random_pool

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import REPRODUCED, UNDECIDED, verdict
from lmphys.core.paths import project_root
from lmphys.pages.gibbs.subsets import subset_gains
from lmphys.pages.gibbs.verdicts import judge_subsets
from lmphys.pages.gibbs.ways import EXCHANGED, PERMUTED

CLAIM = load_claims(project_root())["gibbs.gain.subsets"]


def accuracy(pool, q, chains, weights):
    """A vote counted by hand: the chance that a leader drawn by lot is right."""
    totals: dict[int, float] = {}
    for k in chains:
        totals[pool.answers[q, k]] = totals.get(pool.answers[q, k], 0) + weights[k]
    leaders = [a for a, total in totals.items() if total >= max(totals.values()) * (1 - 1e-9)]
    right = {pool.answers[q, k] for k in chains if pool.right[q, k]}
    return np.mean([a in right for a in leaders])


def test_every_subset_is_counted():
    pool = telling_pool()
    found = subset_gains(pool, (2, 3), n_null=3)
    expected = np.zeros(24)
    for size in (2, 3):
        every = list(combinations(range(5), size))
        for q in range(24):
            by_hand = [accuracy(pool, q, s, pool.energy[q] ** -2.0) - accuracy(pool, q, s, np.ones(5)) for s in every]
            expected[q] += np.mean(by_hand) / 2
    np.testing.assert_allclose(found.gain, expected, atol=1e-12)


def test_nulls_gain_nothing_and_energies_that_tell_are_reproduced():
    pool = random_pool(n_questions=60, n_chains=6, seed=8)
    telling = dataclasses.replace(pool, energy=np.where(pool.right, 0.5, 1.0) * pool.energy)
    found = subset_gains(telling, n_null=30)
    assert set(found.nulls) == {PERMUTED, EXCHANGED} == set(CLAIM.controls)
    assert abs(found.nulls[PERMUTED].mean()) < found.gain.mean() / 3
    (entry,) = judge_subsets(telling, found)
    assert verdict(CLAIM, entry.obtained, entry.controls).word == REPRODUCED
    (entry,) = judge_subsets(pool, subset_gains(pool, n_null=30))  # energies of random_pool know nothing
    assert verdict(CLAIM, entry.obtained, entry.controls).word == UNDECIDED


def test_all_but_one_size_may_be_missing_and_blind_chains_have_no_row():
    pool = random_pool(n_questions=12, n_chains=2)
    assert np.isfinite(subset_gains(pool, n_null=2).gain).all()
    assert judge_subsets(blinded(pool), subset_gains(blinded(pool))) == []
    assert subset_gains(random_pool(n_questions=3, n_chains=1)).gain.tolist() == [0, 0, 0]
