import numpy as np
import pandas as pd
import pytest
from tests.dynamics.rotations import rotating

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.reversal import arrow_of_time
from lmphys.pages.drift.backwards import play_backwards


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
