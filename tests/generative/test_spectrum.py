"""Where patterns are recognised, against closed forms and sampling."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.generative import condensation_noise, principal_variances, recognised
from lmphys.generative.spectrum import dispersion, information, isotropic_condensation

LAMBDA = np.array([5.0, 2.0, 0.5, 0.0])


def test_equal_variances_have_the_closed_form():
    assert condensation_noise(np.full(576, 0.3), np.log(49152)) == pytest.approx(
        isotropic_condensation(0.3, np.log(49152), 576)
    )
    # sigma^2 / (N^(2/d) - 1)
    assert isotropic_condensation(1.0, np.log(49152), 576) == pytest.approx(1 / (49152 ** (2 / 576) - 1))


@pytest.mark.parametrize("nats", [1e-3, 1.0, 40.0])
def test_at_that_noise_the_information_is_used_up(nats):
    assert information(LAMBDA, condensation_noise(LAMBDA, nats)) == pytest.approx(nats, rel=1e-6)


def test_mean_and_variance_of_the_information_of_drawn_views():
    rng, s, n = np.random.default_rng(0), 0.7, 200_000
    x = rng.standard_normal((n, 4)) * np.sqrt(LAMBDA)
    z = rng.standard_normal((n, 4))
    y = x + np.sqrt(s) * z
    told = (-0.5 * z**2 + 0.5 * y**2 / (LAMBDA + s) + 0.5 * np.log1p(LAMBDA / s)).sum(axis=1)
    assert told.mean() == pytest.approx(information(LAMBDA, s), abs=0.01)
    assert told.var() == pytest.approx(dispersion(LAMBDA, s), rel=0.02)


def test_half_of_the_views_tell_more_than_the_mean():
    s = np.array([0.5, 1.0])
    np.testing.assert_allclose(recognised(LAMBDA, s, information(LAMBDA, 1.0)), [recognised(LAMBDA, 0.5, information(
        LAMBDA, 1.0)), 0.5])  # fmt: skip
    assert recognised(LAMBDA, 0.01, 1.0) > 0.999


def test_variances_are_those_about_the_mean():
    rows = np.random.default_rng(1).standard_normal((5000, 3)) * [3, 1, 0.1] + 7
    np.testing.assert_allclose(principal_variances(rows), [9, 1, 0.01], rtol=0.08)


@pytest.mark.parametrize(("variances", "nats"), [(LAMBDA, 0.0), (np.zeros(3), 1.0)])
def test_nothing_to_know_is_told(variances, nats):
    with pytest.raises(LmphysError, match="differ"):
        condensation_noise(variances, nats)
