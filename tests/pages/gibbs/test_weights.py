"""How unequal weights 1/E^p are, and where a large power ends."""

import dataclasses

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.pages.gibbs.weights import equivalent_temperature, sweep_powers
from lmphys.retrieval.gains import compare_laws
from lmphys.retrieval.laws import lowest


def test_two_chains_by_hand():
    pool = random_pool(n_questions=3, n_chains=2)
    pool = dataclasses.replace(pool, energy=np.tile([0.4, 0.5], (3, 1)))
    found = equivalent_temperature(pool)
    w = np.array([1 / 0.16, 1 / 0.25])
    assert found["mean energy, nats per token"] == pytest.approx(0.45)
    assert found["spread inside a question"] == pytest.approx(0.1 / np.sqrt(2))
    assert found["β that it amounts to"] == pytest.approx(2 / 0.45)
    assert found["heaviest chain over lightest"] == pytest.approx(0.25 / 0.16)
    assert found["equal votes it amounts to"] == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_nothing_is_said_without_energies():
    pool = random_pool()
    blind = dataclasses.replace(pool, energy=np.full(pool.right.shape, np.nan))
    assert equivalent_temperature(blind).drop("chains a question").isna().all()
    assert sweep_powers(blind, [1.0, 2.0]).empty


def test_the_sweep_goes_from_the_majority_to_the_lowest_energy():
    pool = random_pool(n_questions=20, seed=4)
    sweep = sweep_powers(pool, [0.0, 2.0, 5_000.0])
    assert sweep.gain[0.0] == 0 and sweep.votes[0.0] == pytest.approx(pool.n_chains)
    best = compare_laws(pool, {"best": lowest}).gain["best"]
    assert sweep.gain[np.inf] == best == pytest.approx(sweep.gain[5_000.0])
    assert (np.diff(sweep.votes) <= 0).all() and sweep.votes[np.inf] == pytest.approx(1)
