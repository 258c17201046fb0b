import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.pages.trajectories.paths import choose, draw_paths, trail


def chains(lengths, questions):
    rng = np.random.default_rng(0)
    states = rng.standard_normal((sum(lengths), 4)) * [5, 3, 0.1, 0.1]
    return Trajectories(states, np.array(lengths), pd.DataFrame({"question_id": list(questions)}))


def test_one_chain_of_a_question_is_chosen_the_longest_that_fits():
    assert choose(chains([3, 9, 4, 40, 5], "aabbc"), 5).tolist() == [1, 4, 2]
    assert choose(chains([3, 9, 4, 40, 5], "aabbc"), 2).tolist() == [1, 4]


def test_a_trail_grows_by_a_point_and_stays():
    path = np.array([[0.0, 1.0], [2.0, 3.0]])
    found = trail(path, 3)
    assert np.isnan(found[0, 1:]).all() and found[0, 0].tolist() == [0, 1]
    assert found[1, :2].tolist() == found[2, :2].tolist() == path.tolist() and np.isnan(found[2, 2]).all()


def test_paths_are_the_states_in_the_plane_and_the_control_holds_the_same_states():
    traj = chains([4, 6, 5], "abc")
    figure = draw_paths(traj, seed=1)
    left = [curve for curve in figure.curves if curve.panel == 0]
    right = [curve for curve in figure.curves if curve.panel == 1]
    assert figure.start == (5,) and len(left) == len(right) == 1 + 3 + 1
    for chain, ordered, shuffled in zip((1, 2, 0), left[1:4], right[1:4], strict=True):
        steps = np.linalg.norm(np.diff(traj[chain] - traj.states.mean(axis=0), axis=0), axis=1)
        both = [np.stack([c.at("x", (5,)), c.at("y", (5,))], axis=1) for c in (ordered, shuffled)]
        seen = [path[: traj.lengths[chain]] for path in both]
        assert np.linalg.norm(np.diff(seen[0], axis=0), axis=1) == pytest.approx(steps, rel=0.05)
        assert np.sort(seen[0][:, 0]) == pytest.approx(np.sort(seen[1][:, 0]))
    assert left[-1].at("x", (5,))[0] == pytest.approx(left[1].at("x", (5,))[5])
    assert figure.words[3].startswith("After sentence 4: 2 of 3 go on.")
