import numpy as np
import pytest

from lmphys.pages.mpemba.river import gorge_and_pool, single_well

STEP = 1e-6


@pytest.mark.parametrize("river", [gorge_and_pool(), gorge_and_pool(widening=1.5), single_well(2.0, 0.7)])
def test_slopes_are_those_of_height_and_sharpness(river):
    y = np.linspace(river.low + 0.1, river.high - 0.1, 57)
    for field, slope in ((river.height, river.slope), (river.log_sharpness, river.narrowing)):
        assert slope(y) == pytest.approx((field(y + STEP) - field(y - STEP)) / (2 * STEP), abs=1e-7)


def test_density_at_rest_is_the_loss_integrated_across_the_valley():
    river, T = gorge_and_pool(), 0.3
    at = river.relaxation(T, 200)
    x = np.linspace(-12, 12, 4001)
    sharpness = np.exp(river.log_sharpness(at.centres))
    weight = np.exp(-(river.height(at.centres)[:, None] + sharpness[:, None] * x**2 / 2) / T).sum(axis=1)
    assert at.stationary == pytest.approx(weight / weight.sum(), rel=1e-5)


def test_a_leaning_single_well_holds_a_gaussian_whose_centre_moves_with_the_temperature():
    k, m, T = 1.5, 0.4, 0.25
    at = single_well(k, m).relaxation(T)
    mean = at.stationary @ at.centres
    assert mean == pytest.approx(-T * m / (2 * k), rel=1e-4)
    assert at.stationary @ (at.centres - mean) ** 2 == pytest.approx(T / k, rel=1e-3)
