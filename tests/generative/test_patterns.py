"""Patterns under noise, against closed forms, finite differences and sampling."""

import numpy as np
import pytest
from scipy.integrate import quad

from lmphys.core.errors import LmphysError
from lmphys.generative import NoisyPatterns

RNG = np.random.default_rng(0)
CLOUD = NoisyPatterns(RNG.normal(size=(7, 3)), RNG.normal(size=7))
PAIR = NoisyPatterns(np.array([[-1.0], [1.0]]))


def test_the_denoiser_of_two_points_is_a_hyperbolic_tangent():
    x, s = np.linspace(-3, 3, 11), np.linspace(0.2, 4, 11)
    np.testing.assert_allclose(PAIR.denoised(x[:, None], s)[:, 0], np.tanh(x / s), atol=1e-14)


@pytest.mark.parametrize("noise", [0.3, 2.0])
def test_the_score_is_the_slope_of_the_log_density(noise):
    x, h = np.array([0.4, -0.7, 0.2]), 1e-5
    slope = [(CLOUD.log_density(x + h * e, noise) - CLOUD.log_density(x - h * e, noise)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(CLOUD.score(x, noise), slope, rtol=1e-7)


@pytest.mark.parametrize("noise", [0.1, 1.5])
def test_the_density_integrates_to_one(noise):
    total = quad(lambda x: np.exp(PAIR.log_density(np.array([x]), noise)), -15, 15, points=[-1, 1])[0]
    assert total == pytest.approx(1, abs=1e-8)


def test_the_covariance_over_the_noise_is_the_slope_of_the_denoiser():
    x, s, h = np.array([0.1, 0.3, -0.2]), 0.8, 1e-5
    slope = [(CLOUD.denoised(x + h * e, s) - CLOUD.denoised(x - h * e, s)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(CLOUD.covariance(x, s) / s, slope, atol=1e-8)


def test_the_posterior_at_the_origin_is_the_tilted_prior():
    s = 0.6
    tilted = np.exp(CLOUD.log_weights - 0.5 * (CLOUD.patterns**2).sum(axis=1) / s)
    np.testing.assert_allclose(CLOUD.posterior(np.zeros(3), s), tilted / tilted.sum(), rtol=1e-12)


@pytest.mark.parametrize(("noise", "m"), [(0.5, 0.957504), (0.9, 0.525430), (2.0, 0.0)])
def test_it_settles_at_the_root_of_the_equation_of_state(noise, m):
    assert PAIR.settle(np.array([0.3]), noise)[0] == pytest.approx(m, abs=1e-5)


def test_a_field_shifts_the_fixed_point():
    x = PAIR.settle(np.array([0.0]), 1.5, field=0.1)[0]
    assert x == pytest.approx(np.tanh(x / 1.5 + 0.1), abs=1e-9)


def test_at_the_critical_noise_it_does_not_settle():
    with pytest.raises(LmphysError, match="critical"):
        PAIR.settle(np.array([0.3]), 1.0, most=100)


def test_drawn_views_have_the_mean_and_variance_of_their_pattern():
    x, which = CLOUD.draw(0.5, 40_000, np.random.default_rng(1))
    np.testing.assert_allclose(np.bincount(which) / len(which), np.exp(CLOUD.log_weights), atol=0.01)
    noise = x - CLOUD.patterns[which]
    np.testing.assert_allclose(noise.var(axis=0), 0.5, rtol=0.03)
    # A truth and a draw of the posterior have one law, so the denoiser is right in the mean.
    np.testing.assert_allclose(CLOUD.denoised(x, 0.5).mean(axis=0), CLOUD.patterns[which].mean(axis=0), atol=0.02)


def test_wrong_shapes_are_told():
    with pytest.raises(LmphysError, match="rows"):
        NoisyPatterns(np.zeros(3))
    with pytest.raises(LmphysError, match="one for each"):
        NoisyPatterns(np.zeros((3, 2)), np.zeros(2))
