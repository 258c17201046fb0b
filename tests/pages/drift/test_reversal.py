import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.pages.drift.reversal import TimeArrow, arrow_of_time, play_backwards


def rotating(n_chains, length, radius, angle, seed):
    """Stationary chains x' = r R(angle) x + noise with unit covariance."""
    rng = np.random.default_rng(seed)
    turn = radius * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x = [rng.standard_normal((n_chains, 2))]
    for _ in range(length - 1):
        x.append(x[-1] @ turn.T + np.sqrt(1 - radius**2) * rng.standard_normal((n_chains, 2)))
    return Trajectories.from_list(list(np.stack(x, axis=1)))


def backwards(traj):
    return Trajectories.from_list([states[::-1] for states in traj])


@pytest.mark.parametrize(("radius", "angle"), [(0.8, 0.5), (0.5, 1.2)])
def test_log_odds_of_a_rotation_are_its_entropy_production(radius, angle):
    # Unit marginals and Cov(y, x) = r R: KL of the pairs from their reversal is 4 r^2 sin^2(angle) / (1 - r^2).
    train, test = (rotating(2_000, 12, radius, angle, seed) for seed in (0, 1))
    found = arrow_of_time(train, test)
    expected = 4 * radius**2 * np.sin(angle) ** 2 / (1 - radius**2)
    assert found.nats.value == pytest.approx(expected, rel=0.05)
    assert found.nats.low < expected < found.nats.high


def test_detailed_balance_leaves_no_direction():
    # The same pull in all directions, or none: reversible. Any guess is right half the time.
    for radius in (0.0, 0.7):
        train, test = (rotating(400, 8, radius, 0.0, seed) for seed in (2, 3))
        found = arrow_of_time(train, test)
        assert abs(found.told.value - 0.5) < 3 * 0.5 / np.sqrt(len(test))
        assert abs(found.nats.value) < 0.01


def test_a_chain_read_backwards_has_the_opposite_log_odds():
    train, test = (rotating(50, 6, 0.8, 0.5, seed) for seed in (4, 5))
    arrow = TimeArrow().fit(train)
    np.testing.assert_allclose(arrow.log_odds(backwards(test)), -arrow.log_odds(test), atol=1e-9)


def test_a_beginning_is_a_direction_and_goes_with_the_ends():
    rng = np.random.default_rng(6)

    def chains(n):  # independent states, the first of them far off
        x = rng.standard_normal((n, 8, 3))
        x[:, 0] += 6.0
        return Trajectories.from_list(list(x))

    train, test = chains(300), chains(300)
    assert arrow_of_time(train, test).told.value > 0.99
    inside = arrow_of_time(train, test, trim=1)
    assert inside.chains == 300
    assert abs(inside.told.value - 0.5) < 3 * 0.5 / np.sqrt(300)


def test_chains_without_a_step_left_are_dropped():
    rng = np.random.default_rng(7)
    chains = Trajectories.from_list([rng.standard_normal((n, 2)) for n in (1, 2, 3, 4, 5, 9)])
    assert arrow_of_time(chains, chains).chains == 5
    assert arrow_of_time(chains, chains, trim=1).chains == 3
    with pytest.raises(LmphysError, match="smaller trim"):
        arrow_of_time(chains, chains, trim=2)  # one chain is left
    with pytest.raises(LmphysError, match="smaller trim"):
        arrow_of_time(chains, chains, trim=9)
    with pytest.raises(LmphysError, match="no covariance"):
        TimeArrow().fit(Trajectories.from_list([np.zeros((2, 2))]))


def test_games_differ_in_what_is_cut_and_in_whose_chains_are_guessed():
    trained = tuple(rotating(200, 10, 0.8, 0.5, seed) for seed in (8, 9))
    untrained = tuple(rotating(200, 10, 0.5, 0.0, seed) for seed in (10, 11))
    games = play_backwards(trained, untrained, seed=3)
    assert list(games)[3] == "random order" and len(games) == 10
    # A stationary rotation has its direction everywhere; random order and a reversible process have none.
    expected = 4 * 0.8**2 * np.sin(0.5) ** 2 / (1 - 0.8**2)
    for name in ("all states", "less one at each end", "less two at each end"):
        assert games[name].nats.value == pytest.approx(expected, rel=0.2)
        assert abs(games[f"random weights, {name}"].nats.value) < 0.05
        assert abs(games[f"downhill, {name}"].nats.value) < 0.05  # these chains begin settled
    assert abs(games["random order"].nats.value) < 0.05
    assert games["less two at each end"] == arrow_of_time(*trained, trim=2, seed=3)


def test_cuts_that_leave_one_question_are_not_played():
    rng = np.random.default_rng(12)

    def half(lengths, questions):
        states = rng.standard_normal((sum(lengths), 2))
        return Trajectories(states, np.array(lengths), pd.DataFrame({"question_id": list(questions)}))

    long, short = half((9, 9, 9), "abc"), half((3, 3, 9), "aac")
    assert list(play_backwards((long, short), (long, short))) == [
        "all states",
        "random order",
        "downhill, all states",
        "random weights, all states",
    ]
    alone = half((9, 9, 9), "aaa")
    with pytest.raises(LmphysError, match="chains of 1 questions"):
        play_backwards((alone, alone), (alone, alone))
