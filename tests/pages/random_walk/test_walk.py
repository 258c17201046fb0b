"""A walk that stays on its sphere, and words drawn with their probabilities."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.random_walk.walk import (
    draw_scales,
    draw_vectors,
    draw_walk,
    next_context,
    sample_words,
    step_correlation,
    stretched,
)
from lmphys.stats.sphere import on_sphere


def test_a_walk_stays_on_the_sphere_and_each_step_is_as_long_as_stated():
    places = draw_walk(5, 300, d=7, step=0.3, seed=1).astype(float)
    np.testing.assert_allclose(np.linalg.norm(places, axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(np.diff(places, axis=1), axis=-1), 0.3, atol=1e-6)


def test_the_correlation_of_contexts_falls_geometrically():
    """E <c_t, c_{t+k}> = rho^k exactly, here from 200,000 walks of four steps."""
    rng = np.random.default_rng(0)
    start = on_sphere((200_000,), 4, rng)
    c = start
    for k in range(1, 5):
        c = next_context(c, 0.8, rng)
        assert (start * c).sum(-1).mean() == pytest.approx(step_correlation(0.8) ** k, abs=4e-3)


def test_the_uniform_distribution_is_stationary():
    places = draw_walk(4_000, 6, d=3, step=0.5, seed=2)[:, -1]
    np.testing.assert_allclose(places.mean(0), 0, atol=0.04)
    np.testing.assert_allclose(places.T @ places / len(places), np.eye(3) / 3, atol=0.03)


def test_words_are_drawn_with_their_probabilities():
    vectors = np.array([[0.0, 0.0], [1.0, 0.5], [-2.0, 1.0]])
    c = np.array([0.6, 0.8])
    words = sample_words(vectors, np.broadcast_to(c, (4, 50_000, 2)), seed=3)
    assert words.shape == (4, 50_000)
    weight = np.exp(vectors @ c)
    np.testing.assert_allclose(np.bincount(words.ravel()) / words.size, weight / weight.sum(), atol=4e-3)


def test_scales_and_directions_of_words():
    scales = draw_scales(4_000, 0.5, 1.5, seed=0)
    assert 0.5 <= scales.min() < 0.51 and 1.49 < scales.max() <= 1.5
    vectors = draw_vectors(scales, 30, seed=1)
    assert (np.square(vectors).sum(1) / scales**2).mean() == pytest.approx(30, rel=0.01)
    wide = stretched(vectors, 3.0)
    np.testing.assert_allclose(wide[:, 0], 3 * vectors[:, 0])
    np.testing.assert_array_equal(wide[:, 1:], vectors[:, 1:])


@pytest.mark.parametrize(("call", "cause"), [(lambda: draw_scales(1, 1, 1, 0), "two words"),
                                            (lambda: step_correlation(2.5), "sphere"),
                                            (lambda: draw_walk(1, 1, 1, 0.1, 0), "dimension 1")])  # fmt: skip
def test_what_makes_no_walk_is_said(call, cause):
    with pytest.raises(LmphysError, match=cause):
        call()
