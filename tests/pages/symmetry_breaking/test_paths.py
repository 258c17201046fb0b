"""Clones, late starts and many random patterns, against exact probabilities."""

import numpy as np
import pytest
from scipy.stats import norm

from lmphys.generative import NoisyPatterns
from lmphys.generative.classes import expected_class_purity
from lmphys.pages.symmetry_breaking import collapse
from lmphys.pages.symmetry_breaking.clones import run_clones
from lmphys.pages.symmetry_breaking.late_start import (
    GAUSSIAN,
    POINT,
    TRUE,
    WEIGHTS,
    Ends,
    critical_noises,
    four_points,
    start_late,
)


def test_clones_end_together_as_the_posterior_says():
    found = run_clones(np.array([10.0, 1.0, 0.1]), n=3000, steps=150, variance=0.05, seed=1)
    assert abs(found.excess().value) < 0.01
    for i, s in enumerate(found.noises):
        assert found.expected[i].mean() == pytest.approx(expected_class_purity(4 / (s + 0.05)), abs=0.01)
        assert abs(found.share(i).value - found.expected[i].mean()) < 0.03


def test_critical_noises_are_the_variances_along_the_axes():
    x, _ = four_points().draw(1e-9, 100_000, np.random.default_rng(0))
    np.testing.assert_allclose(critical_noises(), x.var(axis=0), rtol=0.02)


def test_error_and_diversity_of_known_shares():
    ends = Ends(1.0, TRUE, np.repeat(np.arange(4), [10, 20, 30, 40]), np.array(WEIGHTS))
    assert ends.error().value == pytest.approx(0)
    assert ends.diversity().value == pytest.approx(np.exp(-sum(p * np.log(p) for p in WEIGHTS)))
    one = Ends(1.0, TRUE, np.full(50, 3), np.array(WEIGHTS))
    assert one.error().value == pytest.approx(0.6)
    assert one.diversity().value == pytest.approx(1)


def test_a_late_gaussian_errs_as_the_posterior_says():
    """Shares of two unequal points after a start from a Gaussian: the mean of the exact posterior over it."""
    data, s = NoisyPatterns(np.array([[-1.0], [1.0]]), np.log([0.2, 0.8])), 0.1
    found = start_late(data, s, GAUSSIAN, n=20_000, steps=80, last=0.002, seed=0)
    x = np.linspace(-4, 6, 20_001)
    density = norm.pdf(x, 0.6, np.sqrt(0.64 + s))
    expected = np.trapezoid(density * data.posterior(x[:, None], s)[:, 0], x)
    assert np.mean(found.which == 0) == pytest.approx(expected, abs=0.012)
    assert abs(expected - 0.2) > 0.01


@pytest.mark.parametrize(("start", "least", "most"), [(TRUE, 0, 0.04), (POINT, 0.2, 0.4)])
def test_a_single_point_loses_patterns_and_the_true_density_does_not(start, least, most):
    data = four_points()
    found = start_late(data, 0.2 * critical_noises()[0], start, n=2000, steps=50, last=0.01)
    assert least <= found.error().value <= most


def test_the_border_sharpens_at_the_predicted_noise():
    table = collapse.finite_sizes((14, 30), 0.25, np.geomspace(0.2, 5, 13), n_views=200, seed=0)
    found = collapse.widths(table)
    assert found["width, measured"].is_monotonic_decreasing
    np.testing.assert_allclose(found["p = 1/2, expected"], 1, atol=1e-3)
    assert found["p = 1/2, measured"].iloc[1] == pytest.approx(1, abs=0.2)
    np.testing.assert_allclose(found["width, expected"], found["width, measured"], rtol=0.25)
    assert list(found["N"]) == [round(np.exp(0.25 * d)) for d in (14, 30)]
