"""Two classes through noise, against sampling."""

import numpy as np
import pytest
from scipy.special import entr

from lmphys.core.errors import LmphysError
from lmphys.generative import NoisyPatterns
from lmphys.generative.classes import decision_noise, expected_class_entropy, expected_class_purity, separation


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_entropy_and_purity_of_two_gaussians(share):
    noise = 1.3
    data = NoisyPatterns(np.array([[-1.0], [1.0]]), np.log([1 - share, share]))
    x, _ = data.draw(noise, 100_000, np.random.default_rng(0))
    p = data.posterior(x, noise)
    assert expected_class_entropy(4 / noise, share) == pytest.approx(entr(p).sum(axis=1).mean(), abs=3e-3)
    assert expected_class_purity(4 / noise, share) == pytest.approx((p**2).sum(axis=1).mean(), abs=3e-3)


def test_the_ends_are_certainty_and_the_prior():
    assert expected_class_entropy(0.0, 0.3) == pytest.approx(-0.3 * np.log(0.3) - 0.7 * np.log(0.7))
    assert expected_class_purity(0.0, 0.3) == pytest.approx(0.58)
    assert expected_class_entropy(400.0, 0.3) == pytest.approx(0, abs=1e-6)


def two_gaussians(n=20_000):
    rng = np.random.default_rng(1)
    labels = (np.arange(n) % 2).astype(int)
    return rng.standard_normal((n, 3)) * [1.0, 2.0, 0.5] + np.outer(labels, [3.0, 0, 0]), labels


def test_distances_are_in_the_axes_of_the_covariance_within():
    squares, variances = separation(*two_gaussians())
    np.testing.assert_allclose(np.sort(variances), [0.25, 1, 4], rtol=0.05)
    assert squares[variances.argsort()[1]] == pytest.approx(9, rel=0.05)


def test_at_the_decision_half_of_the_class_is_known():
    noise = decision_noise(*two_gaussians())
    assert expected_class_entropy(9 / (1 + noise)) == pytest.approx(np.log(2) / 2, rel=0.02)


def test_classes_that_overlap_are_never_half_known():
    rows, labels = two_gaussians()
    assert np.isnan(decision_noise(rows * [0.1, 1, 1] + np.outer(1 - labels, [0.3, 0, 0]), labels))


def test_one_class_is_told():
    with pytest.raises(LmphysError, match="two classes"):
        separation(np.zeros((3, 2)), np.zeros(3, int))
