"""The central fixed point, against sets of patterns whose critical noise is known."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.generative import NoisyPatterns, follow_centre, geometric, largest_variance

PAIR = np.array([[-2.0, 0.0], [2.0, 0.0]])


def test_of_two_points_it_is_lost_at_their_variance():
    found = follow_centre(NoisyPatterns(PAIR), geometric(20, 1, 40))
    assert found.lost == pytest.approx(4.0, rel=2e-3)
    np.testing.assert_allclose(found.slope, 4 / found.noises, rtol=1e-4)
    np.testing.assert_allclose(found.length, 0, atol=1e-6)
    np.testing.assert_allclose(found.effective, 2, rtol=1e-6)


def test_the_mirror_image_makes_one_point_two():
    found = follow_centre(NoisyPatterns(PAIR[1:]), geometric(20, 1, 40), mirrored=True)
    assert found.lost == pytest.approx(4.0, rel=2e-3)
    np.testing.assert_allclose(found.effective, 2)
    assert found.slope[-2] < 1 <= found.slope[-1]


def test_shorter_patterns_count_for_more():
    """A long and a short pair at right angles: the noise favours the short one, which is split first."""
    axes = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]])
    found = follow_centre(NoisyPatterns(axes), geometric(20, 0.5, 60))
    s = np.linspace(0.3, 4, 100_000)
    long, short = np.exp(-2 / s), np.exp(-0.5 / s)
    unstable = np.maximum(4 * long, short) / (long + short) > s
    assert found.lost == pytest.approx(s[unstable].max(), rel=2e-3)
    assert found.lost < 1  # and not 2, the largest variance of all four


def test_in_a_field_the_transition_is_rounded():
    """Unequal weights: the fixed point is x = tanh(x / s + h), 2h the log odds, and moves on without a loss."""
    h = 0.02
    found = follow_centre(NoisyPatterns(np.array([[-1.0], [1.0]]), np.array([-h, h])), geometric(3, 0.5, 40))
    assert np.isnan(found.lost)
    assert 0.5 < found.slope.max() < 1
    assert 0.85 < found.steepest < 1.15
    np.testing.assert_allclose(found.length, np.tanh(found.length / found.noises + h), atol=2e-3)
    np.testing.assert_allclose(found.slope, (1 - found.length**2) / found.noises, rtol=3e-3)


def test_a_heap_of_equal_patterns_has_no_slope():
    found = follow_centre(NoisyPatterns(np.ones((2, 3))), [5.0, 1.0])
    np.testing.assert_allclose(found.slope, 0, atol=1e-12)


@pytest.mark.parametrize("d", [6, 60])
def test_the_largest_eigenvalue_is_that_of_the_whole_covariance(d):
    rng = np.random.default_rng(0)
    rows, w = rng.normal(size=(200, d)) + 0.3, rng.random(200) ** 30
    w /= w.sum()
    apart = rows - w @ rows
    assert largest_variance(rows, w) == pytest.approx(np.linalg.eigvalsh((apart.T * w) @ apart)[-1], rel=1e-4)
    whole = np.linalg.eigvalsh((rows.T * w) @ rows)[-1]
    assert largest_variance(rows, w, centred=False) == pytest.approx(whole, rel=1e-4)


def test_noises_that_rise_are_told():
    with pytest.raises(LmphysError, match="large to small"):
        follow_centre(NoisyPatterns(PAIR), [1.0, 2.0])


def test_one_pattern_with_all_the_weight_does_not_vary_in_any_dimension():
    weights = np.eye(5)[2]
    for d in (3, 300):
        patterns = np.random.default_rng(1).standard_normal((5, d)).astype(np.float32)
        assert largest_variance(patterns, weights) == pytest.approx(0, abs=1e-6)
