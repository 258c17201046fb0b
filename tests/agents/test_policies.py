"""Policies on arms whose laws are known."""

import numpy as np
import pytest

from lmphys.agents import (
    UCB1,
    EpsilonGreedy,
    ExpectedFreeEnergy,
    Greedy,
    MainEffects,
    Seen,
    SequentialHalving,
    Thompson,
    novelty,
    play,
)

RNG = np.random.default_rng


def seen(counts, n_runs=40_000, pull=0, n_pulls=10):
    """The same counts (K, L) in many runs."""
    return Seen(np.tile(np.array(counts, dtype=float), (n_runs, 1, 1)), pull, n_pulls)


def share(policy, counts, arm=1):
    return (policy.choose(seen(counts), RNG(0)) == arm).mean()


def test_two_arms_without_novelty_are_a_softmax_of_the_expected_log_preference():
    """Means of 1/2 and 2/3 with the prior; the log preference of a pay over none is 2."""
    policy = ExpectedFreeEnergy(np.array([0.0, 2.0]), gamma=3.0, novelty="none")
    p = share(policy, [[1, 1], [1, 3]])
    assert p == pytest.approx(1 / (1 + np.exp(-3 * 2 * (2 / 3 - 1 / 2))), abs=0.01)


def test_with_novelty_it_is_a_softmax_of_both():
    policy = ExpectedFreeEnergy(np.array([0.0, 2.0]), gamma=3.0)
    gap = 2 * (2 / 3 - 1 / 2) + novelty(np.array([2.0, 4.0])) - novelty(np.array([2.0, 2.0]))
    assert share(policy, [[1, 1], [1, 3]]) == pytest.approx(1 / (1 + np.exp(-3 * gap)), abs=0.01)


def test_arms_that_nobody_has_pulled_are_worth_their_prior():
    G = ExpectedFreeEnergy(np.zeros(2)).scores(seen([[0, 0], [5, 5]], n_runs=1))[0]
    assert G[0] == pytest.approx(-np.log(2) + np.log(2) - 0.5)
    assert G[1] < G[0]  # equal preference, less to learn


def test_greedy_takes_the_larger_mean_and_chance_breaks_ties():
    assert share(Greedy(), [[1, 1], [1, 3]]) == 1
    assert share(Greedy(), [[2, 2], [2, 2]]) == pytest.approx(0.5, abs=0.02)
    assert share(EpsilonGreedy(0.2), [[1, 1], [1, 3]]) == pytest.approx(0.9, abs=0.01)


def test_ucb_takes_new_arms_first_and_then_the_larger_bound():
    assert share(UCB1(), [[0, 9], [0, 0]]) == 1
    # bounds 1/2 + sqrt(2 ln 12 / 2) = 2.08 and 7/10 + sqrt(2 ln 12 / 10) = 1.40
    assert share(UCB1(), [[1, 1], [3, 7]]) == 0
    assert share(UCB1(), [[30, 30], [1, 1]]) == 1


def test_thompson_takes_an_arm_as_often_as_it_is_the_better_one():
    """Beta(2, 2) against Beta(4, 2), over a grid."""
    x = (np.arange(4000) + 0.5) / 4000
    one, other = x * (1 - x), x**3 * (1 - x)
    p = (other / other.sum() * np.cumsum(one / one.sum())).sum()
    assert share(Thompson(), [[1, 1], [1, 3]]) == pytest.approx(p, abs=0.01)


def test_halving_gives_its_rounds_to_fewer_and_fewer_arms():
    """Eight arms, 72 pulls: three rounds of 24 and 3, 6, 12 pulls an arm."""
    pays = np.arange(8)
    found = play(SequentialHalving(), lambda arms, pull, rng: pays[arms], n_arms=8, n_levels=8, n_pulls=72, n_runs=3)
    assert found.seen.pulled.tolist() == [[3, 3, 3, 3, 9, 9, 21, 21]] * 3
    assert found.shortfall(pays / 7).tolist() == [0, 0, 0]


def test_main_effects_find_the_corner_of_a_factorial_without_pulling_every_arm():
    signs = np.array([[1, *(1 if arm >> i & 1 else -1 for i in range(5))] for arm in range(32)])
    means = 0.5 + signs[:, 1:] @ np.array([0.1, -0.08, 0.06, 0.04, -0.1])

    def draw(arms, pull, rng):
        return (rng.random(len(arms)) < means[arms]).astype(int)

    runs = {"n_arms": 32, "n_levels": 2, "n_pulls": 300, "n_runs": 30}
    linear = play(MainEffects(signs.astype(float), sigma=0.5), draw, **runs).regret(means)[:, -1].mean()
    assert linear < 0.5 * play(Thompson(), draw, **runs).regret(means)[:, -1].mean()
