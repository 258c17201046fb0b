from dataclasses import replace

import numpy as np
import pytest

from lmphys.pages.mpemba import bath
from lmphys.pages.mpemba.subspace import Run


def made(noise, n=6000, rate=0.03):
    hessian = np.diag(np.linspace(10, 2, len(noise)))
    return bath.imitated(Run(rate, np.zeros((n, len(noise))), hessian, noise), seed=3)


def expected_areas(run):
    """Areas of linear SGD at rest: of the covariance of z(t) and z(t + lag), S (1 - e H)^lag."""
    S = bath.stationary_covariance(run.hessian, run.noise, run.rate)
    step = np.linalg.matrix_power(np.eye(len(S)) - run.rate * run.hessian, bath.LAG)
    lagged = S @ step.T / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    return ((lagged - lagged.T) / 2)[np.triu_indices(len(S), 1)]


@pytest.fixture(scope="module")
def turned():
    root = np.random.default_rng(1).standard_normal((5, 5))
    return made(root @ root.T)


def test_covariance_at_rest_solves_the_lyapunov_equation_for_small_rates(turned):
    rate = 1e-5
    S = bath.stationary_covariance(turned.hessian, turned.noise, rate)
    assert turned.hessian @ S + S @ turned.hessian == pytest.approx(rate * turned.noise, rel=1e-3, abs=1e-9)


def test_one_direction_has_the_closed_form_at_any_rate():
    h, c, rate = 3.0, 2.0, 0.4
    S = bath.stationary_covariance(np.array([[h]]), np.array([[c]]), rate)
    assert S[0, 0] == pytest.approx(rate * c / (h * (2 - rate * h)))
    assert bath.temperatures(np.array([[h]]), S, rate)[0] == pytest.approx(rate * c / 2)


def test_a_run_has_the_variances_and_the_temperatures_of_its_noise(turned):
    assert bath.misfit(turned) < 0.12
    assert bath.misfit(turned, bath.equal_noise(turned)) > 3 * bath.misfit(turned)
    expected = turned.rate * np.diag(turned.noise) / 2
    assert bath.measured_temperatures(turned) == pytest.approx(expected, rel=0.25)


def test_areas_are_those_of_the_closed_form_and_turn_their_sign_with_time(turned):
    expected = expected_areas(turned)
    assert np.corrcoef(bath.areas(turned.z), expected)[0, 1] > 0.8
    assert bath.areas(turned.z[::-1]) == pytest.approx(-bath.areas(turned.z), abs=1e-12)
    assert bath.agreement_of_halves(turned.z) > 0.5


def test_nothing_flows_where_noise_and_curvature_commute(turned):
    still = bath.balanced(turned)
    assert expected_areas(still) == pytest.approx(0, abs=1e-15)
    drift, diffusion = still.rate * still.hessian, still.rate**2 * still.noise / 2
    assert bath.entropy_production(drift, diffusion) == pytest.approx(0, abs=1e-12)
    assert bath.entropy_production(drift, turned.rate**2 * turned.noise / 2) > 0.01
    shuffled = np.random.default_rng(0).permutation(turned.z)
    assert np.abs(bath.areas(shuffled)).max() < 4 / np.sqrt(len(shuffled))


def test_a_turning_bath_has_the_area_and_the_entropy_production_of_theory():
    found = bath.rotating(0.05, 0.1, 60_000)
    assert found["area, measured"] == pytest.approx(found["area, closed form"], abs=0.01)
    assert found["nats a step"] == pytest.approx(2 * 0.1**2 / 0.05)
    assert abs(bath.rotating(0.05, 0.0, 60_000)["area, measured"]) < 0.01


def test_an_eigenbasis_leaves_temperature_and_areas_to_other_axes(turned):
    turn = np.linalg.qr(np.random.default_rng(4).standard_normal((5, 5)))[0]
    askew = replace(
        turned, z=turned.z @ turn, hessian=turn.T @ turned.hessian @ turn, noise=turn.T @ turned.noise @ turn
    )
    back = askew.in_eigenbasis()
    assert back.hessian == pytest.approx(turned.hessian, abs=1e-9)
    assert bath.measured_temperatures(back) == pytest.approx(bath.measured_temperatures(turned))


def test_the_slope_of_temperatures_tells_noise_of_the_covariance_of_the_curvature():
    alike = bath.summary([made(np.diag(np.linspace(10, 2, 5)) / 50)], characters=50).iloc[0]
    assert alike["slope of ln T"] == pytest.approx(1, abs=0.15)
    assert alike["noise over curvature"] == pytest.approx(1)
    one = bath.summary([made(np.eye(5))], characters=50).iloc[0]
    assert one["slope of ln T"] == pytest.approx(0, abs=0.15)


def test_the_interval_of_the_agreement_holds_what_a_reversible_bath_shows():
    blank = Run(0.03, np.zeros((1500, 8)), np.diag(np.linspace(10, 2, 8)), np.eye(8))
    found = [bath.agreement(bath.imitated(blank, seed=seed).z) for seed in range(40)]
    assert np.mean([one.contains(0) for one in found]) > 0.85
    # Fisher: 28 pairs
    assert np.arctanh(found[0].high) - np.arctanh(found[0].value) == pytest.approx(1.959964 / 5)
