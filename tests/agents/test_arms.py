"""Plays, by hand."""

import numpy as np
import pytest

from lmphys.agents import Greedy, Play, Seen, play
from lmphys.core.errors import LmphysError


def test_regret_is_the_summed_shortfall_of_the_means():
    played = Play(np.array([[0, 1, 1]]), np.zeros((1, 3), dtype=int), Seen(np.zeros((1, 2, 2)), 2, 3))
    assert played.regret(np.array([0.2, 0.5])) == pytest.approx(np.array([[0.3, 0.3, 0.3]]))
    moving = np.array([[0.2, 0.5], [0.2, 0.5], [0.9, 0.5]])
    assert played.regret(moving) == pytest.approx(np.array([[0.3, 0.3, 0.7]]))


def test_counts_are_forgotten_geometrically():
    found = play(
        Greedy(), lambda arms, pull, rng: np.ones_like(arms), n_arms=1, n_levels=2, n_pulls=4, n_runs=2, forgetting=0.5
    )
    assert found.seen.counts.tolist() == [[[0, 1.875]]] * 2
    with pytest.raises(LmphysError, match="from 0 to below 1"):
        play(Greedy(), lambda arms, pull, rng: arms, n_arms=1, n_levels=2, n_pulls=1, n_runs=1, forgetting=1.0)


def test_a_mean_holds_its_prior():
    one = Seen(np.array([[[0.0, 3.0], [0.0, 0.0]]]), 3, 9)
    assert one.mean(1.0).tolist() == [[0.8, 0.5]]


def test_the_seed_decides():
    draw = lambda arms, pull, rng: rng.integers(2, size=len(arms))  # noqa: E731
    plays = [play(Greedy(), draw, n_arms=3, n_levels=2, n_pulls=20, n_runs=4, seed=s).arms for s in (0, 0, 1)]
    assert (plays[0] == plays[1]).all()
    assert (plays[0] != plays[2]).any()
