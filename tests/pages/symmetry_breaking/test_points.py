"""Few points on a line: closed forms of the magnet and of the model of Blume and Capel."""

import numpy as np
import pytest

from lmphys.pages.symmetry_breaking import points
from lmphys.pages.symmetry_breaking.points import TRICRITICAL, TRICRITICAL_NOISE


def tilted_variance(weight, s):
    return (1 - weight) / (1 - weight + weight * np.exp(0.5 / s))


def test_at_the_tricritical_point_the_centre_is_marginal_and_its_fourth_cumulant_vanishes():
    q = tilted_variance(TRICRITICAL, TRICRITICAL_NOISE)
    assert q == pytest.approx(TRICRITICAL_NOISE)
    assert q - 3 * q**2 == pytest.approx(0)
    s = np.linspace(0.2, 0.5, 10_001)
    assert (tilted_variance(TRICRITICAL, s) <= s + 1e-9).all()  # it touches, and does not cross


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.4])
def test_the_denoiser_is_the_closed_form(weight):
    x, s = np.linspace(-1, 1, 7), 0.4
    side = (1 - weight) * np.exp(-0.5 / s)
    expected = side * np.sinh(x / s) / (weight + side * np.cosh(x / s))
    np.testing.assert_allclose(points.points_on_a_line(weight).denoised(x[:, None], s)[:, 0], expected, atol=1e-13)


@pytest.mark.parametrize("x", [0.2, 0.7])
def test_the_branch_of_two_points_is_the_equation_of_state(x):
    assert points.branch(points.points_on_a_line(), x) == pytest.approx(x / np.arctanh(x), rel=1e-9)


def test_a_light_middle_has_its_onset_where_the_centre_is_lost():
    found = points.onset(0.1)
    s = np.linspace(0.7, 1, 100_001)
    lost = s[tilted_variance(0.1, s) > s].max()
    assert found.noise == pytest.approx(lost, abs=1e-4)
    assert found.jump < 0.01


def test_a_heavy_middle_jumps():
    found = points.onset(0.6)
    # brute force: the largest noise with a solution beside the centre, on a fine grid
    x = np.linspace(0.01, 0.999, 4000)
    for s in (found.noise * 1.002, found.noise * 0.998):
        excess = points.points_on_a_line(0.6).denoised(x[:, None], s)[:, 0] - x
        assert (excess > 0).any() == (s < found.noise)
    assert 0.8 < found.jump < 0.9


def test_the_order_changes_at_the_closed_form():
    assert points.least_jumping_weight(tolerance=1e-3) == pytest.approx(TRICRITICAL, abs=2e-3)


def test_exponents_are_those_of_mean_field_and_of_its_tricritical_point():
    found = {name: each.fitted for name, each in points.fit_exponents().items()}
    expected = (0.5, 1.0, 3.0, 0.25, 5.0)
    for value, name in zip(
        expected,
        (points.ORDER, points.RESPONSE, points.ISOTHERM, points.TRICRITICAL_ORDER, points.TRICRITICAL_ISOTHERM),
        strict=True,
    ):
        assert found[name].value == pytest.approx(value, rel=4e-3)
        assert found[name].low <= found[name].value <= found[name].high


def test_a_power_law_is_fitted_with_its_spread():
    x = np.geomspace(1, 100, 20)
    assert points.exponent(x, 3 * x**-1.5, sign=-1).fitted == pytest.approx((1.5, 1.5, 1.5))
    bent = points.exponent(x, x + x**2).fitted
    assert 1 < bent.low < bent.value < bent.high < 2


def test_steps_to_relax_are_one_over_the_logarithm_of_the_noise():
    s = np.array([1.02, 1.3, 2.0])
    np.testing.assert_allclose(points.relaxation_steps(s), 1 / np.log(s), rtol=0.02)


def test_hysteresis_where_the_order_is_first_and_none_where_it_is_second():
    noises = np.linspace(0.1, 1, 31)
    for weight, jumps in ((0.1, False), (0.6, True)):
        data = points.points_on_a_line(weight)
        rising = points.sweep(data, noises, 1.0)
        falling = points.sweep(data, noises[::-1], 0.0)[::-1]
        assert (np.abs(rising - falling).max() > 0.3) == jumps


def test_the_landscape_has_its_valleys_at_the_fixed_points():
    data, x = points.points_on_a_line(), np.linspace(-1.5, 1.5, 3001)
    height = points.landscape(data, 0.5, x)
    assert abs(x[height.argmin()]) == pytest.approx(0.9575, abs=1e-3)
    assert height[1500] == pytest.approx(0)
