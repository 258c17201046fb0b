"""Functions of state against closed forms, and their identities against derivatives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lmphys.core.errors import LmphysError
from lmphys.thermo.ensemble import gauge, identity_errors, thermodynamics

T = np.geomspace(0.1, 5, 9)


def levels(n: int, v: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 3, (n, v)))


def test_two_levels_are_those_of_the_textbook():
    gap = 1.7
    state = thermodynamics(torch.tensor([[0.0, gap]], dtype=torch.float64), T)
    x = gap / T[:, None]
    upper = 1 / (1 + np.exp(x))
    np.testing.assert_allclose(state.F, -T[:, None] * np.log1p(np.exp(-x)), rtol=1e-7)
    np.testing.assert_allclose(state.U, gap * upper, rtol=1e-6)
    np.testing.assert_allclose(state.C, x**2 * upper * (1 - upper), rtol=1e-6)
    np.testing.assert_allclose(state.S, -upper * np.log(upper) - (1 - upper) * np.log1p(-upper), rtol=1e-6)


def test_equal_levels_have_the_entropy_of_their_number_and_no_heat_capacity():
    state = thermodynamics(torch.full((2, 1000), 4.0), T)
    np.testing.assert_allclose(state.S, np.log(1000), rtol=1e-12)
    np.testing.assert_allclose(state.C, 0, atol=1e-12)
    np.testing.assert_allclose(state.F, 4 - T[:, None] * np.log(1000) + np.zeros((1, 2)), rtol=1e-12)


def test_a_gaussian_spread_of_levels_has_the_capacity_of_its_variance():
    """For Gaussian energies of variance s^2, U = mean - s^2 / T and C = s^2 / T^2 where many levels are in reach."""
    spread = 0.5
    energies = torch.from_numpy(np.random.default_rng(0).normal(2, spread, (1, 200_000)))
    state = thermodynamics(energies, [1.0, 2.0])
    np.testing.assert_allclose(state.U[:, 0], 2 - spread**2 / np.array([1.0, 2.0]), atol=0.01)
    np.testing.assert_allclose(state.C[:, 0], (spread / np.array([1.0, 2.0])) ** 2, rtol=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 60))
def test_identities_hold_to_rounding(seed, n, v):
    assert identity_errors(levels(n, v, seed), T)["largest"].max() < 1e-9


def test_a_wrong_entropy_would_be_seen(monkeypatch):
    import lmphys.thermo.ensemble as module

    right = module.thermodynamics
    monkeypatch.setattr(module, "thermodynamics", lambda E, t: right(E, t)._replace(S=right(E, t).S * 1.001))
    errors = identity_errors(levels(3, 20), T)["largest"]
    assert errors["F = U − T S"] > 1e-5 and errors["dF/dT = −S"] > 1e-5
    assert errors["dU/dT = Var(E) / T²"] < 1e-9


def test_the_gauge_moves_energies_and_nothing_that_can_be_measured():
    raw = levels(5, 50)
    states = {kind: thermodynamics(gauge(raw, kind), T) for kind in ("raw", "information", "ground")}
    for kind in ("information", "ground"):
        for name in ("S", "C"):
            np.testing.assert_allclose(getattr(states[kind], name), getattr(states["raw"], name), atol=1e-9)
        shift = states[kind].F - states["raw"].F
        np.testing.assert_allclose(shift, shift[:1] + 0 * shift, atol=1e-9)  # one constant a context, at every T
        np.testing.assert_allclose(states[kind].U - states["raw"].U, shift, atol=1e-9)
    at_one = thermodynamics(gauge(raw, "information"), [1.0])
    np.testing.assert_allclose(at_one.F, 0, atol=1e-12)
    np.testing.assert_allclose(at_one.U, at_one.S, atol=1e-12)
    assert float(gauge(raw, "ground").min()) == 0


def test_entropy_and_energy_rise_with_temperature():
    state = thermodynamics(levels(20, 300), T)
    assert (np.diff(state.S, axis=0) > 0).all() and (np.diff(state.U, axis=0) > 0).all() and (state.C >= 0).all()


def test_impossible_tokens_count_as_nothing():
    some = levels(3, 10)
    with_impossible = torch.cat([some, torch.full((3, 4), torch.inf, dtype=some.dtype)], dim=1)
    for a, b in zip(thermodynamics(some, T), thermodynamics(with_impossible, T), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(
    ("energies", "temperatures", "message"),
    [
        (torch.zeros(3), [1.0], "contexts × tokens"),
        (torch.zeros(0, 3), [1.0], "contexts × tokens"),
        (torch.zeros(1, 3), [0.0, 1.0], "must be positive"),
        (torch.zeros(1, 3), [np.nan], "must be positive"),
    ],
)
def test_what_has_no_ensemble_is_refused(energies, temperatures, message):
    with pytest.raises(LmphysError, match=message):
        thermodynamics(energies, temperatures)


def test_an_unknown_gauge_is_refused():
    with pytest.raises(LmphysError, match="raw, information, ground"):
        gauge(torch.zeros(1, 2), "coulomb")
