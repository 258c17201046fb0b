"""Peaks of the heat capacity: read off a grid, and estimated from a single gap."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.boltzmann.capacity import schottky
from lmphys.pages.boltzmann.peaks import (
    capacity_peaks,
    level_spread,
    one_gap_temperature,
    planted_temperature,
    summarise_peaks,
)
from lmphys.thermo.ensemble import thermodynamics


def test_the_peak_is_found_between_the_points_of_the_grid():
    gap, number = 6.0, 999
    dense = np.geomspace(0.2, 5, 200_001)
    values = schottky(dense, gap, number)
    for points, coarse in ((41, 0.03), (121, 0.003)):
        grid = np.geomspace(0.05, 20, points)
        (peak,) = capacity_peaks(thermodynamics(torch.tensor([[0.0] + [gap] * number]), grid)).itertuples(index=False)
        assert pytest.approx(dense[values.argmax()], rel=0.01) == peak.T_peak
        assert pytest.approx(values.max(), rel=coarse) == peak.C_peak


def test_a_peak_outside_the_grid_is_missing():
    peaks = capacity_peaks(thermodynamics(torch.tensor([[0.0, 100.0], [0.0, 0.01]]), np.geomspace(0.5, 5, 9)))
    assert peaks["T_peak"].isna().all() and peaks["C_peak"].isna().all()


def test_fewer_than_three_temperatures_are_refused():
    with pytest.raises(LmphysError, match="at least three temperatures"):
        capacity_peaks(thermodynamics(torch.zeros(1, 2), [1.0, 2.0]))


def test_systems_of_one_gap_peak_near_the_estimate_and_in_its_order():
    gaps, number = np.array([4.0, 6.0, 9.0]), 999
    energies = torch.tensor([[5.0] + [5.0 + gap] * number for gap in gaps])  # the free constant does not matter
    one_gap = one_gap_temperature(energies)
    np.testing.assert_allclose(one_gap, gaps * number / (number + 1) / np.log(number + 1), rtol=1e-6)
    found = summarise_peaks(capacity_peaks(thermodynamics(energies, np.geomspace(0.1, 10, 81))), energies)
    assert found["share of contexts with a peak"] == 1 and found["rank correlation with one gap"] == pytest.approx(1)
    assert found["median temperature of the peak"] == pytest.approx(found["the same from one gap"], rel=0.1)


def test_a_planted_level_melts_where_its_spread_says_and_not_where_a_single_gap_would():
    """One level at 0 below 50,000 Gaussian ones: the peak is within 4 % of the planted estimate, far from one gap."""
    rng = np.random.default_rng(0)
    drawn = [
        np.append(0.0, gap + sigma * rng.standard_normal(50_000)) for gap, sigma in ((22, 3.0), (22, 0.5), (30, 4.5))
    ]
    energies = torch.from_numpy(np.array(drawn))
    peak = capacity_peaks(thermodynamics(energies, np.geomspace(0.8, 4, 61))).T_peak.to_numpy()
    np.testing.assert_allclose(planted_temperature(energies), peak, rtol=0.04)
    one_gap = one_gap_temperature(energies)
    assert (one_gap[[0, 2]] > 1.15 * peak[[0, 2]]).all() and one_gap[1] == pytest.approx(peak[1], rel=0.05)
    summary = summarise_peaks(capacity_peaks(thermodynamics(energies, np.geomspace(0.8, 4, 61))), energies)
    assert summary["median error of a planted level, %"] < 3 < summary["median error of one gap, %"]


def test_the_spread_of_levels_is_a_mean_over_contexts():
    energies = torch.tensor([[0.0, 2.0], [0.0, 6.0]], dtype=torch.float64)
    assert level_spread(energies) == pytest.approx((np.sqrt(2) + np.sqrt(18)) / 2)
