"""The ratio of variances is what closed forms, an oscillator and shuffles say it must be."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.mechanics.balance import Balance, difference, ratio_by_offset, shifted_correlations

CHAIN = np.repeat(np.arange(40), 500)
ONCE = np.ones((1, 40))


def correlated(rho, scale=1.0, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, len(CHAIN)))
    offset = 30 * rng.standard_normal((2, 40))[:, CHAIN]  # every chain has means of its own
    return x + offset[0], scale * (rho * x + np.sqrt(1 - rho**2) * y) + offset[1]


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5])
def test_the_ratio_of_gaussians_is_one_plus_their_correlation(rho):
    """Equal variances: Var(K + U) / (Var K + Var U) = 1 + rho; in general 1 + 2 rho s / (1 + s²)."""
    for scale in (1.0, 3.0):
        found = Balance.of(*correlated(rho, scale), CHAIN).interval(Balance.ratio)
        expected = 1 + 2 * rho * scale / (1 + scale**2)
        assert found.value == pytest.approx(expected, abs=0.02)
        assert found.low < expected < found.high


def test_against_numpy_on_one_chain():
    rng = np.random.default_rng(1)
    k, u = rng.random((2, 50))
    balance = Balance.of(k, u, np.zeros(50, int))
    one = np.ones((1, 1))
    assert balance.ratio(one)[0] == pytest.approx(np.var(k + u) / (np.var(k) + np.var(u)))
    assert balance.correlation(one)[0] == pytest.approx(np.corrcoef(k, u)[0, 1])
    assert balance.sd(one)[0] == pytest.approx(np.std(k + u, ddof=1))
    assert balance.mean(one)[0] == pytest.approx(np.mean(k + u))
    assert balance.variation(one)[0] == pytest.approx(np.std(k + u, ddof=1) / np.mean(k + u))
    assert balance.over_potential(one)[0] == pytest.approx(np.std(k + u) / np.std(u))


def test_the_best_mass_is_the_one_that_a_search_finds():
    k, u = correlated(-0.6, 2.0)
    balance = Balance.of(k, u, CHAIN)
    masses = np.linspace(0, 4, 401)
    within = [Balance.of(m * k, u, CHAIN).sd(ONCE)[0] ** 2 for m in masses]
    assert balance.best_mass() == pytest.approx(masses[np.argmin(within)], abs=0.01)
    alone = Balance.of(0 * k, u, CHAIN).sd(ONCE)[0] ** 2
    assert balance.value(Balance.left_at_best_mass) == pytest.approx(min(within) / alone, rel=1e-4)
    together = Balance.of(*correlated(0.6), CHAIN)
    assert together.best_mass() == 0 and together.value(Balance.left_at_best_mass) == 1


def test_an_oscillator_conserves_its_energy():
    """Exact motion x = a cos(wt + phase) in two dimensions: K = v²/2, U = w² x²/2."""
    rng = np.random.default_rng(2)
    w, times = 0.3, np.arange(500)
    phase, amplitude = rng.uniform(0, 2 * np.pi, (40, 2)), rng.uniform(0.5, 2, (40, 2))
    angle = w * times[None, :, None] + phase[:, None, :]
    x, v = amplitude[:, None] * np.cos(angle), -w * amplitude[:, None] * np.sin(angle)
    k, u = ((v**2).sum(-1) / 2).ravel(), (w**2 * (x**2).sum(-1) / 2).ravel()
    balance = Balance.of(k, u, CHAIN)
    assert balance.value(Balance.ratio) == pytest.approx(0, abs=1e-12)
    assert balance.value(Balance.left_at_best_mass) == pytest.approx(0, abs=1e-12)
    assert balance.best_mass() == pytest.approx(1)
    assert balance.value(Balance.correlation) == pytest.approx(-1)


def test_shifts_of_unlike_neighbours_spread_as_permutations_do():
    """Without likeness of neighbours r has the standard deviation 1 / sqrt(sum of n - 1); its mean is -r / (n - 1)."""
    k, u = (x[:240] for x in correlated(0.7))
    chain = np.repeat(np.arange(20), 12)
    own = Balance.of(k, u, chain).value(Balance.correlation)
    null = shifted_correlations(k, u, chain, n_shifts=4_000)
    assert np.mean(null) == pytest.approx(-own / 11, abs=0.01)
    assert np.std(null) == pytest.approx(1 / np.sqrt(20 * 11), rel=0.25)


def test_shifts_keep_the_likeness_of_neighbours_and_its_accidental_ties():
    """Two unrelated AR(1) series of coefficient φ: Var(r) is (1 + φ²) / (1 - φ²) / N (Bartlett 1935)."""
    rng = np.random.default_rng(6)
    phi, n = 0.8, len(CHAIN)
    series = np.zeros((2, n))
    for t in range(1, n):
        series[:, t] = phi * series[:, t - 1] + rng.standard_normal(2)
    null = shifted_correlations(*series, CHAIN, n_shifts=400)
    expected = np.sqrt((1 + phi**2) / (1 - phi**2) / n)
    assert np.std(null) == pytest.approx(expected, rel=0.15)
    assert expected > 2 / np.sqrt(n)  # a free permutation would be too sure by so much


def test_every_shift_is_one_that_numpy_makes_and_chains_keep_apart():
    rng = np.random.default_rng(3)
    order = np.argsort(rng.random(24), kind="stable")
    chain = np.repeat([0, 1], 12)[order]  # the chains stand among each other
    k, u = rng.random((2, 24))
    null = set(shifted_correlations(k, u, chain, n_shifts=500).round(9))
    every = set()
    for a in range(1, 12):
        for b in range(1, 12):
            moved = u.copy()
            for c, shift in ((0, a), (1, b)):
                moved[chain == c] = np.roll(u[chain == c], -shift)
            every.add(round(Balance.of(k, moved, chain).value(Balance.correlation), 9))
    assert null <= every and len(null) > 100
    alone = shifted_correlations(np.append(k, 0.3), np.append(u, 0.1), np.append(chain, 2), n_shifts=20)
    assert set(alone.round(9)) <= every  # a chain of one place adds nothing


def test_an_offset_is_found_where_it_was_put():
    """The potential of three places on makes up for the step."""
    rng = np.random.default_rng(5)
    k = rng.standard_normal(len(CHAIN))
    u = -np.roll(k, 3)
    table = ratio_by_offset(k, u, CHAIN, range(-4, 5))
    assert table["value"].idxmin() == 3
    assert table.loc[3, "value"] == pytest.approx(0, abs=1e-9)
    assert table.drop(3)["value"].to_numpy() == pytest.approx(1, abs=0.03)
    direct = Balance.of(k, u, CHAIN).interval(Balance.ratio)
    assert tuple(table.loc[0]) == pytest.approx(tuple(direct))


def test_differences_are_of_pairs():
    k, u = correlated(-0.5)
    first, second = Balance.of(k, u, CHAIN), Balance.of(2 * k, 2 * u, CHAIN)
    same = difference(first, second, Balance.ratio)
    assert (same.value, same.low, same.high) == pytest.approx((0, 0, 0), abs=1e-12)
    doubled = difference(second, first, Balance.sd, log=True)
    assert (doubled.low, doubled.high) == pytest.approx((np.log(2), np.log(2)))
    with pytest.raises(LmphysError, match="cannot be paired"):
        difference(first, Balance.of(k[:1000], u[:1000], CHAIN[:1000]), Balance.sd)


def test_what_is_not_finite_is_refused():
    with pytest.raises(LmphysError, match="not finite"):
        Balance.of(np.array([1.0, np.inf]), np.zeros(2), np.zeros(2, int))
