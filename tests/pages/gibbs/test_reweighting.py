"""Reweighting against the exact law of a small language, all of whose texts are enumerated."""

import dataclasses
from itertools import pairwise, product
from types import SimpleNamespace

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.lm.sampling import Sampling
from lmphys.pages.gibbs.reweighting import Likelihoods, effective_beta, likelihoods, reweighted, votes_by_beta
from lmphys.retrieval.laws import inverse_power
from lmphys.retrieval.votes import vote

RNG = np.random.default_rng(0)
# A language of texts of four tokens: each token depends on the one before.
FIRST, NEXT = RNG.dirichlet(np.ones(3)), RNG.dirichlet(np.full(3, 0.6), 3)
TEXTS = list(product(range(3), repeat=4))
ANSWER = np.array([text[-1] for text in TEXTS])


def tempered(T=1.0):
    """Log-probability of every text when each token is drawn at temperature T, (81,)."""
    first, follow = (x ** (1 / T) / (x ** (1 / T)).sum(-1, keepdims=True) for x in (FIRST, NEXT))
    steps = [first[t[0]] * np.prod([follow[a, b] for a, b in pairwise(t)]) for t in TEXTS]
    return np.log(steps)


def boltzmann(beta):
    """Share of each answer in the law p^β / Z of whole texts, (3,)."""
    weights = np.exp(beta * tempered())
    return np.bincount(ANSWER, weights) / weights.sum()


def shares(drawn, log_weights):
    weights = np.exp(log_weights - log_weights.max())
    return np.bincount(ANSWER[drawn], weights, minlength=3) / weights.sum()


@pytest.mark.parametrize("gamma", [0.25, 1.0])
def test_weights_p_to_the_gamma_on_draws_of_p_are_beta_one_plus_gamma(gamma):
    log_p = tempered()
    drawn = np.random.default_rng(1).choice(81, 200_000, p=np.exp(log_p))
    np.testing.assert_allclose(shares(drawn, gamma * log_p[drawn]), boltzmann(1 + gamma), atol=0.01)
    assert np.abs(boltzmann(1 + gamma) - boltzmann(1)).max() > 0.02  # there was something to find
    every = np.arange(81)  # and exactly: each text as often as it is drawn
    np.testing.assert_allclose(shares(every, log_p + gamma * log_p), boltzmann(1 + gamma), rtol=1e-12)
    found = Likelihoods(log_p, log_p, np.zeros(81))
    np.testing.assert_allclose(reweighted(found, 1 + gamma), gamma * log_p)


@pytest.mark.parametrize("beta", [0.5, 1.0, 1.25, 2.0])
def test_draws_at_another_temperature_are_reweighted_by_their_own_log_probabilities(beta):
    log_p, log_q = tempered(), tempered(0.8)
    drawn = np.random.default_rng(2).choice(81, 400_000, p=np.exp(log_q))
    found = Likelihoods(log_p[drawn], log_q[drawn], np.zeros(len(drawn)))
    np.testing.assert_allclose(shares(drawn, reweighted(found, beta)), boltzmann(beta), atol=0.01)
    # Tempered token by token is no power of p: weights by p alone miss the law.
    assert np.ptp(tempered(0.8) - tempered() / 0.8) > 0.05


def corpus_of(pool, sampling, seed=3):
    n = int(pool.n_tokens.sum())
    logp, cold = -np.random.default_rng(seed).exponential(size=(2, n))
    return SimpleNamespace(
        column={"logp": logp, "logp_sampling": cold}.__getitem__, spec=SimpleNamespace(sampling=sampling)
    )


def test_chains_add_up_their_tokens_and_truncation_is_bounded():
    pool = random_pool(n_questions=4, n_chains=3)
    corpus = corpus_of(pool, Sampling(top_p=0.9))
    found = likelihoods(corpus, pool)
    parts = np.split(corpus.column("logp"), np.cumsum(pool.n_tokens.ravel())[:-1])
    np.testing.assert_allclose(found.log_p.ravel(), [part.sum() for part in parts])
    np.testing.assert_allclose(found.truncated, -np.log(0.9) * pool.n_tokens)
    assert (likelihoods(corpus_of(pool, Sampling(top_p=1.0)), pool).truncated == 0).all()
    assert np.isnan(likelihoods(corpus_of(pool, Sampling(top_k=5)), pool).truncated).all()


def test_the_paper_s_weights_are_a_colder_model_where_lengths_and_energies_are_alike():
    """Chains of one length whose energies hardly differ: 1/E² ranks and weighs as p^γ."""
    pool = random_pool(n_questions=6, n_chains=5)
    energy = 0.5 + 1e-4 * np.random.default_rng(5).normal(size=pool.right.shape)
    pool = dataclasses.replace(pool, energy=energy, n_tokens=np.full(pool.right.shape, 40))
    gamma = effective_beta(pool) - 1
    assert gamma == pytest.approx(2 / (energy.mean() * 40))
    exact, paper = -gamma * energy * 40, inverse_power(2)(pool)
    centred = [x - x.mean(axis=1, keepdims=True) for x in (exact, paper)]
    np.testing.assert_allclose(*centred, atol=1e-6)


def test_votes_are_those_of_the_weights():
    pool = random_pool(n_questions=12, n_chains=5, seed=4)
    found = likelihoods(corpus_of(pool, Sampling(top_p=1.0)), pool)
    table = votes_by_beta(pool, found, [0.0, 1.0])
    weighted = vote(pool, found.log_p - found.log_q).accuracy.mean()
    assert table.gain[1.0] == pytest.approx(weighted - vote(pool, np.zeros(pool.right.shape)).accuracy.mean())
    assert table.votes.between(1, 5).all() and (table.cut == 0).all()
    blind = dataclasses.replace(pool, energy=np.full(pool.right.shape, np.nan))
    assert votes_by_beta(blind, found, [1.0]).empty
