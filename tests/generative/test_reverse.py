"""The reverse process brings back the law of the data."""

from itertools import pairwise

import numpy as np
import pytest

from lmphys.generative import NoisyPatterns, generate, geometric


def test_noises_fall_by_one_factor():
    np.testing.assert_allclose(geometric(8, 1, 3), [8, 4, 2, 1])


def test_samples_end_at_the_patterns_in_their_shares():
    data = NoisyPatterns(np.array([[-2.0, 0], [0, 1], [3, 0]]), np.log([0.2, 0.5, 0.3]))
    rng = np.random.default_rng(0)
    x, _ = data.draw(50.0, 20_000, rng)
    ends = generate(data.score, x, geometric(50, 0.005, 80), rng)
    distance = np.linalg.norm(ends[:, None] - data.patterns, axis=-1)
    assert distance.min(axis=1).max() < 1e-2
    np.testing.assert_allclose(np.bincount(distance.argmin(axis=1)) / len(x), [0.2, 0.5, 0.3], atol=0.015)


def test_one_pattern_is_reached_in_one_step():
    data = NoisyPatterns(np.array([[1.0, 2.0]]))
    ends = generate(data.score, np.zeros((3, 2)), [10.0, 0.1], np.random.default_rng(0))
    np.testing.assert_allclose(ends, np.tile([1.0, 2.0], (3, 1)))


def test_the_law_on_the_way_is_the_noisy_density():
    data, rng = NoisyPatterns(np.array([[-1.0], [1.0]])), np.random.default_rng(1)
    x, _ = data.draw(20.0, 20_000, rng)
    path = geometric(20, 0.8, 60)
    for s, after in pairwise(path):
        mean = x + s * data.score(x, s)
        x = mean + after / s * (x - mean) + np.sqrt(after * (s - after) / s) * rng.standard_normal(x.shape)
    assert x.var() == pytest.approx(1.8, rel=0.03)
