"""A tuned parameter has not seen the answers of the questions it is used for."""

import dataclasses

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.core.errors import LmphysError
from lmphys.pages.gibbs.tuning import TunedLaw, tuned_laws
from lmphys.retrieval.laws import boltzmann
from lmphys.retrieval.votes import vote

GRID = [0.0, 3.0, 10.0, 30.0, 100.0, 300.0]


def test_poisoned_labels_of_a_fold_leave_its_parameter_alone():
    pool = random_pool(n_questions=40, n_chains=5, seed=2)
    tuned = TunedLaw(boltzmann, GRID, n_folds=4, seed=1).fit(pool)
    moved = 0
    for fold in range(4):
        inside = tuned.fold_ == fold
        poisoned = dataclasses.replace(pool, right=np.where(inside[:, None], ~pool.right, pool.right))
        again = TunedLaw(boltzmann, GRID, n_folds=4, seed=1).fit(poisoned)
        np.testing.assert_array_equal(again.parameter_[inside], tuned.parameter_[inside])
        moved += (again.parameter_[~inside] != tuned.parameter_[~inside]).any()
    assert moved  # the poison reaches the others


def test_the_best_parameter_of_the_grid_is_found_and_ties_go_to_the_first():
    rng = np.random.default_rng(0)
    pool = random_pool(n_questions=60, n_chains=6, seed=3)
    telling = dataclasses.replace(pool, energy=np.where(pool.right, 1.0, 1.1) + 0.02 * rng.random(pool.right.shape))
    tuned = TunedLaw(boltzmann, GRID, size=6, seed=0).fit(telling)
    assert (tuned.parameter_ >= 30).all()
    assert vote(telling, tuned(telling)).accuracy.mean() == pytest.approx(telling.right.any(axis=1).mean())
    flat = dataclasses.replace(pool, energy=np.ones_like(pool.energy))
    assert (TunedLaw(boltzmann, GRID).fit(flat).parameter_ == 0).all()


def test_the_parameter_goes_with_its_question_into_subsets():
    pool = random_pool(n_questions=12)
    tuned = TunedLaw(boltzmann, GRID, seed=0).fit(pool)
    part = pool.take(np.array([[0, 3], [1, 2]]))
    np.testing.assert_allclose(tuned(part)[1], -tuned.parameter_[:, None] * pool.energy[:, [1, 2]])


def test_one_question_is_refused():
    with pytest.raises(LmphysError, match="ask more"):
        TunedLaw(boltzmann, GRID).fit(random_pool(n_questions=1))


def test_both_families_are_tuned_where_there_are_energies_and_questions():
    pool = random_pool(n_questions=12, n_chains=4, seed=3)
    laws = tuned_laws(pool, seed=5)
    assert list(laws) == ["exp(−βE), tuned", "CISC, tuned"]
    grid = [0.0, *np.geomspace(1, 1000, 13)]
    np.testing.assert_array_equal(
        laws["exp(−βE), tuned"].parameter_, TunedLaw(boltzmann, grid, seed=5).fit(pool).parameter_
    )
    assert tuned_laws(dataclasses.replace(pool, energy=np.full(pool.right.shape, np.nan))) == {}
    assert tuned_laws(random_pool(n_questions=1)) == {}
