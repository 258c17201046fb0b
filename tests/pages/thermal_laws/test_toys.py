import numpy as np
import pytest

from lmphys.pages.thermal_laws.cooling import (
    GREEDY,
    against_others,
    best_rates,
    bound,
    cooled,
    many_sharpnesses,
    one_sharpness,
)
from lmphys.pages.thermal_laws.walkers import SHARPNESS, drift, equipartition, relaxation, sgd_energy, stationary
from lmphys.training.thermal.schedules import shaped


def test_equal_heat_in_every_direction():
    found = equipartition(0.05, n=500, steps=400)
    for a in SHARPNESS:
        sgd, sign, closed = found.loc[a]
        assert sgd.value == pytest.approx(closed, rel=0.03)
        assert sign.value == pytest.approx(1, rel=0.07)
        assert closed == pytest.approx(2 / (2 - 0.05 * a))


def test_the_recursion_is_that_of_walkers():
    a, rate = 2.0, 0.1
    rates = shaped("cosine", rate, 30)
    exact = cooled(rates, a, rate)
    rng = np.random.default_rng(0)
    x = rng.normal(0, np.sqrt(2 * sgd_energy(rate, a) / a), 200_000)
    for eta in rates:
        x -= eta * (a * x + rng.standard_normal(len(x)))
    assert (a * x**2 / 2).mean() == pytest.approx(exact[-1], rel=0.02)
    np.testing.assert_allclose(cooled(shaped("constant", rate, 5), [a, 0.3], rate), sgd_energy(rate, [a, 0.3]).sum())


def test_no_schedule_beats_the_bound_and_the_greedy_one_reaches_it():
    table = one_sharpness(0.05, 1.0, [100, 400])
    assert table.loc[GREEDY].to_numpy() == pytest.approx(table.loc["bound"].to_numpy())
    assert (table.drop([GREEDY, "bound"]) > table.loc["bound"]).all(axis=None)
    rng = np.random.default_rng(1)
    for _ in range(50):
        assert cooled(rng.uniform(0, 0.2, 60), 1.0, 0.05)[-1] >= bound(0.05, 1.0, 60)
    rates = best_rates(0.05, 1.0, 2000)
    assert rates[0] == pytest.approx(0.025)
    np.testing.assert_allclose(1 / rates, 1 / rates[0] + np.arange(2000), rtol=1e-9)  # 1/t in so many words


def test_ratios_are_those_of_the_table():
    table = many_sharpnesses(0.1, np.geomspace(0.05, 4, 8), [64])
    ours, constant = against_others(table, 64)
    assert ours * table.loc[["linear", "cosine", "1 - sqrt"], 64].min() == pytest.approx(table.loc[GREEDY, 64])
    assert constant > 1


def test_heat_flows_at_the_rate_of_the_sharpness():
    for a in (1.0, 4.0):
        assert relaxation(0.05, 0.01, a).value == pytest.approx(1.0, rel=0.03)


def test_a_narrowing_valley_pushes_back_and_an_even_one_does_not():
    found = drift(0.1, n=4000)
    assert found.value == pytest.approx(1.0, abs=0.06)
    assert drift(0.1, narrowing=False, n=200) == (0.0, 0.0, 0.0)


def test_walkers_depend_on_their_seed_alone():
    one, same, other = (stationary(0.05, 1.0, np.random.default_rng(seed), n=4, burn=3, steps=3) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()
