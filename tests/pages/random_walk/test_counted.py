"""The PMI law as counts show it, against the walk that drew the words and against counts made by hand."""

import numpy as np
import pytest

from lmphys.pages.random_walk.counted import binned_pmi, lag_slope, slopes_by_distance, tilted_means
from lmphys.pages.random_walk.walk import draw_vectors, draw_walk, sample_words, step_correlation


def test_sampled_words_have_the_slope_of_the_walk_at_every_lag():
    """rho^lag, times 1 - 2 s^2 / (d + 2): the first correction for a sphere in place of a Gaussian cloud."""
    vectors = draw_vectors(np.full(400, 1.0), 25, seed=7)
    words = sample_words(vectors, draw_walk(20, 10_000, 25, step=0.5, seed=8), seed=9)
    inner = vectors @ vectors.T / 25
    for lag in (1, 4):
        slope = lag_slope(words, inner, lag)
        assert slope.low < slope.value < slope.high
        assert slope.value == pytest.approx((1 - 2 / 27) * step_correlation(0.5) ** lag, abs=0.08)
    table = slopes_by_distance(words, inner, 0.5, 0.9, lags=(1, 4))
    assert table.loc[4, "slope"] == lag_slope(words, inner, 4).value
    assert table.loc[4, "correlation of the contexts"] == pytest.approx((1 - 0.5**2 / 2) ** 4)
    assert table.loc[1, "times the slope in one context"] == pytest.approx(0.9 * (1 - 0.5**2 / 2))
    shuffled = np.random.default_rng(0).permutation(words.ravel()).reshape(words.shape)
    assert abs(lag_slope(shuffled, inner, 1).value) < 0.06


def test_the_slope_of_counts_is_that_of_the_tilt_they_were_drawn_with():
    """Pairs drawn from q q' exp(b x), normalised, give b back."""
    rng = np.random.default_rng(10)
    x = rng.standard_normal((12, 12))
    x = 0.3 * (x + x.T)
    weight = np.exp(0.7 * x)
    np.fill_diagonal(weight, 0)
    # Scaled so that all marginals are equal, as the estimator takes q from the words themselves.
    for _ in range(200):
        weight /= np.sqrt(np.outer(weight.sum(0), weight.sum(0)))
    drawn = rng.choice(144, size=(10, 40_000), p=(weight / weight.sum()).ravel())
    words = np.stack([drawn // 12, drawn % 12], axis=2)
    # Pairs of their own, two words each: only lag 1 inside a pair is looked at.
    slope = lag_slope(words.reshape(-1, 2), x, 1, n_bootstrap=2)
    off = ~np.eye(12, dtype=bool)
    regress = np.linalg.lstsq(np.stack([x[off], np.ones(off.sum())], 1), np.log(weight[off]), rcond=None)[0][0]
    assert slope.value == pytest.approx(regress, abs=0.05)


def test_binned_pmi_of_counts_made_by_hand():
    """Words 0 1 0 1 ...: the only pair has the only bin, and independence leaves out equal words."""
    words = np.tile([0, 1], (2, 50))
    inner = np.array([[9.0, 0.5], [0.5, 9.0]])
    found = binned_pmi(words, inner, np.array([0.0, 1.0, 2.0]))
    assert found.value[0] == pytest.approx(0)
    assert np.isnan(found.value[1])


def test_tilted_means_are_those_of_plain_sums():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((300, 300))
    x = x + x.T
    words = rng.integers(300, size=(4, 5_000))
    q = np.bincount(words.ravel(), minlength=300) / words.size
    base = np.outer(q, q) * ~np.eye(300, dtype=bool)
    plain = [(base * np.exp(b * x) * x).sum() / (base * np.exp(b * x)).sum() for b in np.linspace(-1, 2, 61)]
    np.testing.assert_allclose(tilted_means(words, x), plain, rtol=1e-10)
