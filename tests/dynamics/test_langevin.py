import numpy as np
import pytest
from scipy.integrate import quad

from lmphys.core.errors import LmphysError
from lmphys.dynamics.langevin import DoubleWell, OrnsteinUhlenbeck, euler_maruyama, stationary_variance


@pytest.mark.parametrize("b", [-2.0, 0.0, 0.5, 3.0])
@pytest.mark.parametrize("D", [0.05, 0.3, 2.0])
def test_density_and_moments_agree_with_quadrature(b, D):
    well = DoubleWell(1.3, b)

    def weight(x):
        return np.exp(-(well.potential(x) + well.barrier) / D)

    points = sorted({-well.well, well.well, 0.0})
    norm, square, fourth = (
        quad(lambda x, m=m: x**m * weight(x), -5, 5, points=points, limit=500)[0] for m in (0, 2, 4)
    )
    assert well.density(np.array([0.0, 0.7]), D) == pytest.approx(weight(np.array([0.0, 0.7])) / norm, rel=1e-8)
    assert well.moment(2, D) == pytest.approx(square / norm, rel=1e-8)
    assert well.moment(4, D) == pytest.approx(fourth / norm, rel=1e-8)


def test_moments_satisfy_the_balance_of_force_and_noise():
    # d<x^2>/dt = 2 b <x^2> - 2 a <x^4> + 2 D = 0
    well, D = DoubleWell(0.7, 1.4), 0.2
    assert well.b * well.moment(2, D) - well.a * well.moment(4, D) + D == pytest.approx(0, abs=1e-12)
    assert well.moment(0, D) == 1


def test_wells_barrier_and_curvature():
    well = DoubleWell(2.0, 3.0)
    assert well.force(np.array([well.well, -well.well, 0.0])) == pytest.approx(0, abs=1e-12)
    assert well.potential(0.0) - well.potential(well.well) == pytest.approx(well.barrier) == pytest.approx(9 / 8)
    slope = (well.force(well.well - 1e-6) - well.force(well.well + 1e-6)) / 2e-6
    assert slope == pytest.approx(well.curvature, rel=1e-6)
    assert (DoubleWell(1, -2).curvature, DoubleWell(1, -2).well, DoubleWell(1, -2).kramers_rate(1.0)) == (2, 0, 0)


def test_simulated_walkers_have_the_stationary_moments():
    well, D = DoubleWell(1.0, 1.0), 0.4
    start = np.random.default_rng(0).choice([-1.0, 1.0], size=4000)
    x = euler_maruyama(well.force, D, start, dt=0.01, n_steps=1500, keep_every=500, seed=1)
    assert x.shape == (4, 4000)
    late = x[1:]
    assert (late**2).mean() == pytest.approx(well.moment(2, D), rel=0.03)
    assert (late**4).mean() == pytest.approx(well.moment(4, D), rel=0.06)


def test_measured_escape_rate_holds_the_kramers_rate_within_its_known_error():
    well = DoubleWell()
    D = well.barrier / 5
    rate = well.escape_rate(D, n_walkers=800, dt=0.01, horizon=100.0, seed=2)
    assert rate.low < rate.value < rate.high
    # Kramers is the first term of a series in D / barrier: some 10 % too high here.
    assert rate.low < well.kramers_rate(D) < 1.35 * rate.value


def test_an_escape_rate_of_no_passages_has_the_poisson_bound():
    well = DoubleWell()
    rate = well.escape_rate(well.barrier / 60, n_walkers=10, dt=0.05, horizon=10.0)
    assert (rate.value, rate.low) == (0, 0)
    assert rate.high == pytest.approx(-np.log(0.025) / 100.0)


def test_ornstein_uhlenbeck_seen_every_dt_is_the_exact_map():
    ou = OrnsteinUhlenbeck(k=0.8, D=0.3)
    assert ou.variance == pytest.approx(0.375)
    for dt in (0.01, 0.5, 3.0):
        factor, noise = ou.exact_step(dt)
        assert factor == pytest.approx(np.exp(-0.8 * dt)) == pytest.approx(ou.autocorrelation(dt))
        assert stationary_variance(factor, noise) == pytest.approx(ou.variance, rel=1e-12)
    half = ou.exact_step(0.25)  # two short steps are one long one
    assert ou.exact_step(0.5) == pytest.approx((half[0] ** 2, half[1] * (1 + half[0] ** 2)))


def test_euler_step_has_the_variance_of_its_closed_form_and_fails_beyond_two():
    ou = OrnsteinUhlenbeck(k=2.0, D=0.5)
    for dt in (0.01, 0.3, 0.9):
        assert stationary_variance(*ou.euler_step(dt)) == pytest.approx(ou.variance / (1 - ou.k * dt / 2))
    assert stationary_variance(*ou.euler_step(1.01)) == np.inf
    x = euler_maruyama(lambda x: -2 * x, 0.5, np.zeros(20_000), dt=0.3, n_steps=40, seed=0)[-1]
    assert x.var() == pytest.approx(ou.variance / 0.7, rel=0.04)


def test_slowing_down_in_closed_form_and_simulated():
    for k in (0.5, 0.1):
        ou = OrnsteinUhlenbeck(k, D=0.2)
        start = np.random.default_rng(1).normal(0, np.sqrt(ou.variance), 20_000)
        before, after = euler_maruyama(lambda x, k=k: -k * x, 0.2, start, dt=0.01, n_steps=100, keep_every=100, seed=3)
        assert after.var() == pytest.approx(0.2 / k, rel=0.04)
        assert np.corrcoef(before, after)[0, 1] == pytest.approx(np.exp(-k), abs=0.02)


def test_walls_reflect():
    x = euler_maruyama(lambda x: 0 * x, 0.5, np.full(5000, 0.5), dt=0.01, n_steps=400, bounds=(0.0, 1.0), seed=0)[-1]
    assert x.min() >= 0 and x.max() <= 1
    assert (x.mean(), x.var()) == pytest.approx((1 / 2, 1 / 12), abs=0.01)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(LmphysError, match="a must be positive"):
        DoubleWell(0.0, 1.0)
    with pytest.raises(LmphysError, match="both positive"):
        OrnsteinUhlenbeck(0.0, 1.0)
    with pytest.raises(LmphysError, match="not positive"):
        DoubleWell().density(np.zeros(1), 0.0)
    with pytest.raises(LmphysError, match="too small"):
        DoubleWell().density(np.zeros(1), 1e-5)
    with pytest.raises(LmphysError, match="even orders"):
        DoubleWell().moment(1, 0.1)
    with pytest.raises(LmphysError, match="single well"):
        DoubleWell(1, -1).escape_rate(0.1)
    with pytest.raises(LmphysError, match="smaller one"):
        euler_maruyama(lambda x: -(x**3), 0.1, np.full(2, 50.0), dt=0.1, n_steps=20)
