"""Free energy of a belief, and what an observation is expected to tell."""

import numpy as np
import pytest

from lmphys.agents import free_energy, information, updated, utility

PRIOR, LIKELIHOOD = np.array([0.2, 0.5, 0.3]), np.array([0.9, 0.1, 0.4])
A = np.array([[0.7, 0.1, 0.2], [0.3, 0.9, 0.8]])


def test_free_energy_is_least_at_the_posterior_where_it_is_the_surprise():
    posterior = updated(PRIOR, LIKELIHOOD)
    surprise = -np.log((PRIOR * LIKELIHOOD).sum())
    assert free_energy(posterior, PRIOR, LIKELIHOOD) == pytest.approx(surprise)
    others = np.random.default_rng(0).dirichlet(np.ones(3), 200)
    above = free_energy(others, PRIOR, LIKELIHOOD) - surprise
    assert (above > 0).all()
    assert above == pytest.approx((others * np.log(others / posterior)).sum(axis=1))


def test_information_is_the_mean_divergence_of_the_posterior_from_the_prior():
    posteriors = [updated(PRIOR, row) for row in A]
    brute = sum((row @ PRIOR) * (post * np.log(post / PRIOR)).sum() for row, post in zip(A, posteriors, strict=True))
    assert information(PRIOR, A) == pytest.approx(brute)
    assert information(PRIOR, np.full((2, 3), 0.5)) == pytest.approx(0, abs=1e-15)


def test_utility_and_information_add_up_to_a_divergence_of_the_observations_and_an_ambiguity():
    """G = -KL(p(o) | p(o|C)) - Σ q(s) H[p(o | s)]: the other way to write it."""
    log_c = np.log([0.8, 0.2])
    observed, ambiguity = A @ PRIOR, -(PRIOR * (A * np.log(A)).sum(axis=0)).sum()
    risk = (observed * (np.log(observed) - log_c)).sum()
    assert utility(PRIOR, A, log_c) + information(PRIOR, A) == pytest.approx(-risk - ambiguity)
