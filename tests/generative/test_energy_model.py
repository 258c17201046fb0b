"""Trainings by walkers against the exact slope, and the error of weights that steer against its law."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.generative import EnergyModel, GaussianPair, PottsWords

WORDS = np.random.default_rng(5).choice(4, size=(300, 3), p=[0.5, 0.3, 0.15, 0.05])


@pytest.fixture(scope="module")
def exact():
    return EnergyModel(PottsWords(3, 4), "exact", n_walkers=500, n_steps=200, learning_rate=0.3).fit(WORDS)


def test_the_exact_slope_finds_the_most_likely_law(exact):
    family = exact.family
    assert family.mean_slope(exact.theta_) == pytest.approx(family.slope(exact.theta_, WORDS), abs=0.01)


@pytest.mark.parametrize("method", ["jarzynski", "persistent"])
def test_walkers_that_mix_come_to_the_same_law(exact, method):
    family = exact.family
    found = EnergyModel(family, method, n_walkers=4000, n_steps=200, learning_rate=0.3).fit(WORDS)
    p, q = (family.probabilities(model.theta_)[0] for model in (exact, found))
    assert np.abs(p - q).sum() / 2 < 0.03


def test_weights_of_a_protocol_that_is_given_know_the_partition_function(exact):
    assert exact.log_z_ == pytest.approx(exact.family.log_partition(exact.theta_), abs=0.05)
    p = np.exp(exact.log_prob(WORDS))
    assert p == pytest.approx(exact.family.probabilities(exact.theta_)[0][tuple(WORDS.T)], rel=0.06)


def test_walkers_that_steer_are_off_by_the_law_and_observers_are_not():
    family, errors, expected, watched = PottsWords(3, 4), [], [], []
    for seed in range(6):
        model = EnergyModel(
            family, n_walkers=100, n_observers=400, n_steps=200, learning_rate=0.3, most_variation=None, seed=seed
        ).fit(WORDS)
        true = family.log_partition(model.theta_)
        errors.append(model.history_["log_z"].iloc[-1] - true)
        expected.append(model.history_["bias"].iloc[-1])
        watched.append(model.log_z_ - true)
    assert np.mean(errors) == pytest.approx(np.mean(expected), rel=0.2)
    assert np.mean(expected) < -1
    assert abs(np.mean(watched)) < 0.15


def test_examples_may_count_more_than_once():
    kinds, counts = np.unique(WORDS, axis=0, return_counts=True)
    one, other = (
        EnergyModel(PottsWords(3, 4), n_walkers=50, n_steps=20).fit(*data) for data in ((WORDS,), (kinds, counts))
    )
    assert one.theta_ == pytest.approx(other.theta_)


def test_masses_are_learned_by_weights_alone():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((600, 1)) + np.where(np.arange(600) < 150, -6.0, 6.0)[:, None]
    found = {
        method: EnergyModel(GaussianPair(1), method, n_walkers=600, n_steps=900, learning_rate=0.03, seed=3).fit(x)
        for method in ("jarzynski", "contrastive")
    }
    masses = {name: 1 - model.family.mass(model.theta_) for name, model in found.items()}
    assert masses["jarzynski"] == pytest.approx(0.25, abs=0.08)
    assert masses["contrastive"] == pytest.approx(0.5, abs=0.02)


def test_what_cannot_be_is_told():
    with pytest.raises(LmphysError, match="unknown method 'score'; there are jarzynski"):
        EnergyModel(GaussianPair(1), "score").fit(np.zeros((2, 1)))
    with pytest.raises(LmphysError, match="start from the model"):
        EnergyModel(GaussianPair(1), walkers_from="data").fit(np.zeros((2, 1)))
    chains = EnergyModel(GaussianPair(1), "persistent", n_walkers=5, n_steps=2).fit(np.zeros((2, 1)))
    with pytest.raises(LmphysError, match="keeps no weights"):
        chains.log_prob(np.zeros((2, 1)))
    with pytest.raises(LmphysError, match="walkers are effective"):
        EnergyModel(GaussianPair(1), n_walkers=50, n_steps=30, learning_rate=3.0).fit(np.full((9, 1), 40.0))
