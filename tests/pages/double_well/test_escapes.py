import numpy as np
import pandas as pd
import pytest

from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages.double_well.escapes import KRAMERS, MEAN_TIME, SLOWEST, escape_rates, log_slope
from lmphys.pages.double_well.maps import euler_steps, spectrum
from lmphys.pages.double_well.verdicts import entries


def test_rates_come_together_over_a_high_barrier_and_scale_with_b():
    found = escape_rates(DoubleWell(), [2, 8], n_walkers=50, horizon=5)
    wide = escape_rates(DoubleWell(3.0, 2.0), [2, 8], n_walkers=50, horizon=5)
    for name in (KRAMERS, SLOWEST, MEAN_TIME):
        assert found.loc[8, name] == pytest.approx(found.loc[8, KRAMERS], rel=0.08)
        assert wide[name].to_numpy() == pytest.approx(2 * found[name].to_numpy(), rel=1e-2)
    assert found.loc[2, MEAN_TIME] == pytest.approx(found.loc[2, KRAMERS] / 1.25, rel=0.02)


def test_the_slope_of_a_pure_exponential_is_minus_one():
    heights = np.arange(1.0, 7)
    rate = 0.3 * np.exp(-heights)
    table = pd.DataFrame(
        {"walkers": rate, "low": rate * np.exp(-0.196), "high": rate * np.exp(0.196), SLOWEST: rate**2}, index=heights
    )
    table.loc[[1, 2], "walkers"] = 5.0  # low barriers do not count
    slope, exact = log_slope(table)
    assert (slope.value, exact) == pytest.approx((-1, -2))
    # Errors of 0.1 at 3, 4, 5, 6: the variance of the slope is 0.01 / sum (x - mean)^2 = 0.01 / 5.
    assert slope.high - slope.low == pytest.approx(2 * 1.96 * np.sqrt(0.01 / 5))
    modes = pd.DataFrame({"D / ΔU": [0.5, 0.9, 2.0, 4.0], "modes": [2, 2, 2, 1]})
    assert [entry.obtained for entry in entries(modes, table)] == [{"where": 1.0, "nowhere else": 0.5}, slope]


def test_the_euler_step_is_too_wide_and_ends_at_two():
    found = euler_steps([0.1, 1.0, 2.5])
    assert found["factor, exact"].to_numpy() == pytest.approx(np.exp([-0.1, -1, -2.5]))
    assert found["variance, exact"].to_numpy() == pytest.approx(1)
    assert found["variance, Euler"].to_numpy() == pytest.approx([1 / 0.95, 2, np.inf])


def test_the_spectrum_counts_eigenvalues_by_kind():
    turn = 0.5 * np.array([[0.0, -1.0], [1.0, 0.0]])
    A = np.block([[turn, np.zeros((2, 2))], [np.zeros((2, 2)), np.diag([0.8, -0.4])]])
    found = spectrum(A)
    assert found["largest modulus"] == pytest.approx(0.8)
    assert found["slowest rate, −ln |λ|"] == pytest.approx(-np.log(0.8))
    assert found.filter(like="share").tolist() == [0.25, 0.25, 0.5]
