"""Energies against brute force: slopes by differences, sums over all words, and moves that keep their law."""

import numpy as np
import pytest
from scipy.special import logsumexp

from lmphys.core.errors import LmphysError
from lmphys.generative import GaussianPair, PottsWords
from lmphys.generative.weights import log_mean, normalised

rng = np.random.default_rng(0)


def all_words(family):
    grid = np.meshgrid(*[np.arange(family.letters)] * family.length, indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, family.length)


def slopes_by_differences(family, theta, x):
    step = 1e-5
    ways = np.eye(len(theta)) * step
    return np.stack([(family.energy(theta + w, x) - family.energy(theta - w, x)) / (2 * step) for w in ways])


@pytest.mark.parametrize("family", [GaussianPair(3), PottsWords(3, 4)], ids=["pair", "words"])
def test_slope_and_spread_are_those_of_the_energy(family):
    theta = rng.normal(size=len(family.start()))
    x, w = family.draw(40, rng), normalised(rng.normal(size=40))
    each = slopes_by_differences(family, theta, x)
    assert family.slope(theta, x) == pytest.approx(each.mean(axis=1), abs=1e-7)
    assert family.slope(theta, x, w) == pytest.approx(each @ w, abs=1e-7)
    assert family.spread(theta, x, w) == pytest.approx((each**2 @ w - (each @ w) ** 2).sum(), abs=1e-6)


@pytest.mark.parametrize("family", [GaussianPair(3), PottsWords(3, 4)], ids=["pair", "words"])
def test_the_mean_slope_is_that_of_the_partition_function(family):
    theta = rng.normal(size=len(family.start()))
    ways = np.eye(len(theta)) * 1e-5
    expected = [-(family.log_partition(theta + w) - family.log_partition(theta - w)) / 2e-5 for w in ways]
    assert family.mean_slope(theta) == pytest.approx(expected, abs=1e-7)


def test_words_are_counted_out():
    family = PottsWords(3, 4)
    theta = rng.normal(size=len(family.start()))
    energies = family.energy(theta, all_words(family))
    p, log_z = family.probabilities(theta)
    assert log_z == pytest.approx(logsumexp(-energies))
    assert p.ravel() == pytest.approx(np.exp(-energies - log_z))


def test_the_pair_is_a_density():
    family = GaussianPair(1)
    theta = np.array([-2.0, 1.0, 0.7])
    x = np.linspace(-12, 12, 4001)
    density = np.exp(-family.energy(theta, x[:, None]) - family.log_partition(theta))
    assert np.trapezoid(density, x) == pytest.approx(1)
    assert np.trapezoid(density[x > -0.5], x[x > -0.5]) == pytest.approx(family.mass(theta), abs=0.07)


@pytest.mark.parametrize("kernel", ["gibbs", "flip"])
def test_moves_of_words_keep_their_law(kernel):
    family = PottsWords(2, 3, kernel=kernel)
    theta = rng.normal(size=len(family.start()))
    words, p = all_words(family), family.probabilities(theta)[0].ravel()
    x = words[rng.choice(9, 60_000, p=p)]
    for _ in range(3):
        x, added = family.move(theta, theta, x, rng)
        assert not added.any()
    assert np.bincount(x @ [3, 1], minlength=9) / len(x) == pytest.approx(p, abs=0.008)


def test_weights_hold_the_error_of_a_langevin_step():
    family = GaussianPair(1, step=0.8, apart=3.0)
    before, after = family.start(), family.start() + np.array([0.2, -0.3, 0.5])
    x, log_w = family.draw(60_000, rng), np.zeros(60_000)
    for a, b in ((before, before), (before, after), (after, after)):
        x, added = family.move(a, b, x, rng)
        log_w += added
    assert log_mean(log_w) == pytest.approx(family.log_partition(after) - family.log_partition(before), abs=0.03)
    share, b = family.mass(after), after[1]
    mean = (1 - share) * after[0] + share * b
    assert normalised(log_w) @ x[:, 0] == pytest.approx(mean, abs=0.05)
    assert abs(x.mean() - mean) > 0.1  # without weights it lags behind


def test_what_cannot_be_is_told():
    with pytest.raises(LmphysError, match="unknown kernel 'swap'; there are gibbs and flip"):
        PottsWords(kernel="swap")
    with pytest.raises(LmphysError, match="cannot be counted out; take shorter ones"):
        PottsWords(6).log_partition(PottsWords(6).start())
