"""Heat capacities of known systems."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.boltzmann.capacity import freezing_temperature, rem_capacity, schottky
from lmphys.thermo.ensemble import thermodynamics

FINE = np.geomspace(0.05, 20, 121)


def test_one_state_below_many_is_the_schottky_anomaly():
    gap, number = 6.0, 999
    state = thermodynamics(torch.tensor([[0.0] + [gap] * number]), FINE)
    np.testing.assert_allclose(state.C[:, 0], schottky(FINE, gap, number), rtol=1e-6, atol=1e-12)


def test_the_anomaly_neither_overflows_nor_loses_its_limits():
    assert schottky(1e-3, 50.0, 10.0) == pytest.approx(0, abs=1e-280)
    assert schottky(1e4, 1.0, 1e6) == pytest.approx(0, abs=1e-6)


def test_random_energies_freeze_where_the_random_energy_model_says():
    """Far above its freezing the capacity of a sample is sigma^2 / T^2; far below it is that of a few levels."""
    n, sigma = 50_000, 3.0
    frozen = freezing_temperature(sigma, n)
    assert frozen == pytest.approx(3 / np.sqrt(2 * np.log(50_000)))
    energies = torch.from_numpy(np.random.default_rng(1).normal(0, sigma, (200, n)))
    above, below = 2.5 * frozen, 0.3 * frozen
    state = thermodynamics(energies, [below, above])
    assert state.C[1].mean() == pytest.approx(float(rem_capacity(above, sigma, n)), rel=0.05)
    assert state.S[0].mean() < 1.0 < np.log(n) - 3 < state.S[1].mean()
    assert rem_capacity(below, sigma, n) == 0


def test_what_cannot_freeze_is_refused():
    with pytest.raises(LmphysError, match="at least two"):
        freezing_temperature(1.0, 1)
