"""Points on a sphere: their length, their moments, and the law of one coordinate."""

import numpy as np
import pytest
from scipy.stats import kstest

from lmphys.stats.sphere import on_sphere


@pytest.mark.parametrize("shape", [(), 5, (2, 3)])
def test_points_have_length_one_and_the_shape_that_was_asked_for(shape):
    points = on_sphere(shape, 4, np.random.default_rng(0))
    assert points.shape == (*np.zeros(shape).shape, 4)
    np.testing.assert_allclose(np.linalg.norm(points, axis=-1), 1, atol=1e-12)


def test_no_direction_is_favoured():
    points = on_sphere(100_000, 3, np.random.default_rng(1))
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(points.T @ points / len(points), np.eye(3) / 3, atol=0.01)
    # Archimedes: on the sphere in three dimensions every coordinate is uniform.
    assert kstest(points[:2_000, 2], "uniform", args=(-1, 2)).pvalue > 0.01
