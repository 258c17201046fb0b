"""Heat capacities of known systems."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.boltzmann.capacity import freezing_temperature, melting_temperature, rem_capacity, schottky
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


def test_melting_solves_its_equation_and_ends_where_the_deep_level_does():
    """Δ = T ln n + σ² / 2T, the larger root; without spread the single gap; at Δ = σ sqrt(2 ln n) it meets freezing."""
    gap, sigma, n = np.array([15.0, 20.0, 30.0]), np.array([2.0, 3.0, 5.0]), 49_152
    T = melting_temperature(gap, sigma, n)
    np.testing.assert_allclose(T * np.log(n) + sigma**2 / (2 * T), gap)
    assert ([freezing_temperature(s, n) for s in sigma] <= T).all()
    assert melting_temperature(15, 0, n) == pytest.approx(15 / np.log(n))
    edge = 2.0 * np.sqrt(2 * np.log(n))
    assert melting_temperature(edge * (1 + 1e-12), 2.0, n) == pytest.approx(freezing_temperature(2.0, n), rel=1e-4)
    assert np.isnan(melting_temperature(0.99 * edge, 2.0, n))
    with pytest.raises(LmphysError, match="cannot melt"):
        melting_temperature(1.0, 1.0, 1)
