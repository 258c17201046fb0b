import numpy as np
import pytest
from scipy.linalg import expm

from lmphys.core.errors import LmphysError
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell, OrnsteinUhlenbeck


@pytest.fixture(scope="module")
def well():
    return DoubleWell()


def solved(well, D, n_cells=600):
    return FokkerPlanck(well.force, D, -2.3, 2.3, n_cells)


def test_ornstein_uhlenbeck_has_the_rates_0_k_2k():
    k, D = 1.5, 0.4
    found = FokkerPlanck(lambda x: -k * x, D, -5, 5, 1000).decay_rates(5)
    assert found[0] == pytest.approx(0, abs=1e-9)
    assert found[1:] / k == pytest.approx([1, 2, 3, 4], rel=4e-4)


def test_error_of_the_rates_falls_with_the_square_of_the_cells():
    errors = [FokkerPlanck(lambda x: -x, 1.0, -8, 8, n).decay_rates(2)[1] - 1 for n in (100, 200, 400)]
    assert np.array(errors[:-1]) / errors[1:] == pytest.approx(4, rel=0.05)


def test_stationary_density_is_the_closed_form(well):
    for D in (0.05, 0.5):
        fp = FokkerPlanck(well.force, D, -3.5, 3.5, 500)
        assert fp.density == pytest.approx(well.density(fp.centres, D), rel=1e-6)


def test_noise_that_depends_on_the_place_is_that_of_ito():
    # dx = -x dt + sqrt(2 (1 + x^2)) dW: p ~ (1 + x^2)^{-3/2}
    fp = FokkerPlanck(lambda x: -x, lambda x: 1 + x**2, -3, 3, 300)
    ratio = fp.stationary * (1 + fp.centres**2) ** 1.5
    assert ratio / ratio[150] == pytest.approx(1, rel=1e-9)


def test_probability_is_conserved_and_stays_positive(well):
    fp = solved(well, 0.05)
    p = np.zeros(600)
    p[150] = 1
    for time in (0.1, 10.0, 1e4):
        q = fp.evolve(p, time)
        assert abs(q.sum() - 1) < 1e-12
        assert q.min() >= 0
    assert fp.evolve(p, 1e5) == pytest.approx(fp.stationary, abs=1e-9)
    assert fp.evolve(fp.stationary, 3.0) == pytest.approx(fp.stationary, rel=1e-9)


def test_evolution_agrees_with_the_matrix_exponential(well):
    fp = solved(well, 0.3, n_cells=60)
    Q = fp.generator()
    assert np.abs(Q.sum(axis=0)).max() < 1e-9
    p = np.zeros(60)
    p[15] = 1
    exact = expm(Q * 0.7) @ p
    coarse, fine = (np.abs(fp.evolve(p, 0.7, n_steps=n) - exact).max() for n in (400, 800))
    assert fine < 1e-4 and coarse / fine == pytest.approx(2, rel=0.05)
    assert fp.decay_rates(4) == pytest.approx(np.sort(-np.linalg.eigvals(Q).real)[:4], abs=1e-9)


def test_all_modes_together_are_the_matrix_exponential(well):
    fp = solved(well, 0.3, n_cells=60)
    modes = fp.modes()
    assert modes.left @ modes.right.T == pytest.approx(np.eye(60), abs=1e-9)
    assert modes.left[0] == pytest.approx(1) and modes.right[0] == pytest.approx(fp.stationary)
    p = np.zeros(60)
    p[15] = 1
    for t, q in zip((0.0, 0.7), modes.evolved(p, np.array([0.0, 0.7])), strict=True):
        assert q == pytest.approx(expm(fp.generator() * t) @ p, abs=1e-10)
    a = modes.amplitudes(p)
    assert (a[1:] ** 2).sum() == pytest.approx(((p - fp.stationary) ** 2 / fp.stationary).sum())


def test_few_modes_are_the_first_of_all(well):
    fp = solved(well, 0.3, n_cells=60)
    few, all_ = fp.modes(3), fp.modes()
    assert few.rates == pytest.approx(all_.rates[:3], abs=1e-9)
    assert np.abs((few.left * all_.left[:3] * fp.stationary).sum(axis=1)) == pytest.approx(1)


def test_left_eigenvectors_of_ornstein_uhlenbeck_are_hermite_polynomials():
    k, D = 1.5, 0.4
    fp = FokkerPlanck(lambda x: -k * x, D, -5, 5, 1000)
    modes, u = fp.modes(4), fp.centres / np.sqrt(D / k)
    hermite = (u, (u**2 - 1) / np.sqrt(2), (u**3 - 3 * u) / np.sqrt(6))
    for left, expected in zip(modes.left[1:], hermite, strict=True):
        assert abs((left * expected) @ fp.stationary) == pytest.approx(1, rel=1e-3)


def test_mean_of_an_evolving_gaussian():
    ou = OrnsteinUhlenbeck(1.0, 0.2)
    fp = FokkerPlanck(lambda x: -x, 0.2, -4, 4, 400)
    p = np.zeros(400)
    p[300] = 1
    q = fp.evolve(p, 1.0, n_steps=4000)
    assert q @ fp.centres == pytest.approx(fp.centres[300] * ou.exact_step(1.0)[0], rel=1e-3)
    assert q @ fp.centres**2 - (q @ fp.centres) ** 2 == pytest.approx(ou.exact_step(1.0)[1], rel=2e-3)


def test_kramers_is_the_deep_limit_of_the_slowest_rate_and_of_the_passage_time(well):
    gaps = []
    for heights in (10, 20, 40):
        D = well.barrier / heights
        fp = solved(well, D, 1200)
        rate = 1 / fp.passage_time(-1.0, 1.0)
        gaps.append(1 - rate / well.kramers_rate(D))
        if heights == 10:
            assert fp.decay_rates(2)[1] / 2 == pytest.approx(rate, rel=1e-3)
    assert 0 < gaps[-1] < 0.02
    assert np.array(gaps[:-1]) / gaps[1:] == pytest.approx(
        2, rel=0.15
    )  # the next term is of first order in D / barrier


def test_passage_time_of_free_diffusion_is_the_closed_form():
    fp = FokkerPlanck(lambda x: 0 * x, 0.5, 0.0, 1.0, 1000)
    assert fp.passage_time(0.0, 1.0) == pytest.approx(1 / (2 * 0.5), rel=5e-3)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(LmphysError, match="low < high"):
        FokkerPlanck(lambda x: -x, 1.0, 1.0, 1.0)
    with pytest.raises(LmphysError, match="diffusion is not positive"):
        FokkerPlanck(lambda x: -x, 0.0, -1.0, 1.0)
