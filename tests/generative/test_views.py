"""Views of many patterns in blocks, against the plain posterior; passages of a level."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.generative import NoisyPatterns, crossing, principal_variances, view
from lmphys.generative.views import vertex

RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(40, 5))
LABELS = np.arange(40) % 3
NOISES = np.geomspace(0.05, 20, 9)


def test_they_are_the_plain_posterior():
    truth, weights = RNG.integers(40, size=70), RNG.normal(size=40)
    found = view(CLOUD, NOISES, truth, np.random.default_rng(3), labels={"third": LABELS}, log_weights=weights)
    data, rng = NoisyPatterns(CLOUD, weights), np.random.default_rng(3)
    z = np.concatenate([rng.standard_normal((64, 5)), rng.standard_normal((6, 5))])
    for i, s in enumerate(NOISES):
        p = data.posterior(CLOUD[truth] + np.sqrt(s) * z, s)
        np.testing.assert_allclose(found.p_true[i], p[np.arange(70), truth], atol=1e-12)
        np.testing.assert_allclose(found.entropy[i], -(p * np.log(p)).sum(axis=1), atol=1e-10)
        np.testing.assert_allclose(found.purity[i], (p**2).sum(axis=1), atol=1e-12)
        squares = ((CLOUD[:, None] - CLOUD[truth]) ** 2).sum(axis=-1).T
        np.testing.assert_allclose(found.error[i], 0.5 * (p * squares).sum(axis=1), atol=1e-10)
        shares = np.stack([p[:, c == LABELS].sum(axis=1) for c in range(3)], axis=1)
        np.testing.assert_allclose(found.classes["third"][i], shares, atol=1e-12)
        np.testing.assert_allclose(found.class_purity("third")[i], (shares**2).sum(axis=1), atol=1e-12)


def test_float32_is_enough():
    truth = np.arange(40)
    single, double = (
        view(CLOUD.astype(kind), NOISES, truth, np.random.default_rng(0)) for kind in (np.float32, np.float64)
    )
    # the same generator draws the same noise, as it is drawn in double precision
    np.testing.assert_allclose(single.p_true, double.p_true, atol=2e-4)
    np.testing.assert_allclose(single.entropy, double.entropy, atol=2e-3)


def test_error_and_entropy_keep_the_identity_of_information():
    """dH / ds = mmse / 2 s^2 (Guo, Shamai, Verdu), by a finite difference over many views."""
    s, h = 1.0, 0.02
    truth = np.random.default_rng(1).integers(40, size=20_000)
    found = view(CLOUD, [s - h, s, s + h], truth, np.random.default_rng(2))
    slope = (found.entropy[2] - found.entropy[0]).mean() / (2 * h)
    assert slope == pytest.approx(found.error[1].mean() / (2 * s**2), rel=0.03)
    # Where the noise is large the best error is the variance.
    assert view(CLOUD, [1e6], truth, np.random.default_rng(2)).error.mean() == pytest.approx(
        principal_variances(CLOUD).sum(), rel=0.02
    )


def test_a_level_is_passed_between_two_noises():
    noises, values = np.array([1.0, np.e, np.e**2]), np.array([[1.0, 1.0], [0.5, 0.9], [0.0, 0.8]])
    np.testing.assert_allclose(crossing(noises, values, 0.25), [np.exp(1.5), np.nan])
    assert crossing(noises[::-1], values[::-1, 0], 0.75) == pytest.approx(np.exp(0.5))
    # Of several passages the one at the largest noise counts.
    assert crossing(np.array([1, 2, 4.0]), np.array([0.0, 1.0, 0.0]), 0.5) == pytest.approx(2 * np.sqrt(2))


def test_the_top_of_a_parabola_is_found_between_its_points():
    x = np.array([0.0, 1.0, 2.0, 4.0])
    assert vertex(x, -((x - 1.3) ** 2)) == pytest.approx(1.3)
    assert vertex(x, x) == 4.0


def test_nothing_to_see_is_told():
    with pytest.raises(LmphysError, match="at least one"):
        view(CLOUD, [], np.array([0]), RNG)
