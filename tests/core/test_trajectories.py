import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories


def ragged(lengths, width=3, seed=0):
    rng = np.random.default_rng(seed)
    return Trajectories.from_list([rng.standard_normal((n, width)) for n in lengths], model="toy")


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_pairs_are_the_neighbours_inside_each_chain(lengths):
    traj = ragged(lengths)
    h, h_next, chain = traj.pairs()
    expected = [(c, t) for c, n in enumerate(lengths) for t in range(n - 1)]
    assert len(h) == traj.n_transitions == len(expected)
    for row, (c, t) in enumerate(expected):
        assert chain[row] == c
        np.testing.assert_array_equal(h[row], traj[c][t])
        np.testing.assert_array_equal(h_next[row], traj[c][t + 1])
    np.testing.assert_array_equal(traj.increments(), h_next - h)
    assert [len(x) for x in traj] == lengths


def test_selection_keeps_states_and_tables_together():
    traj = ragged([2, 4, 3])
    picked = traj.select([2, 0])
    np.testing.assert_array_equal(picked[0], traj[2])
    np.testing.assert_array_equal(picked[1], traj[0])
    assert picked.chains["chain_id"].tolist() == [2, 0]
    assert picked.sentences["chain"].tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(traj.select(np.array([True, False, True])).states, traj.select([0, 2]).states)
    assert len(traj.select([])) == 0


def test_concatenation_inverts_selection():
    traj = ragged([2, 4, 3, 1])
    again = Trajectories.concatenate([traj.select([0, 1]), traj.select([2, 3])])
    np.testing.assert_array_equal(again.states, traj.states)
    pd.testing.assert_frame_equal(again.sentences, traj.sentences)
    assert again.meta == {"model": "toy"}
    with pytest.raises(LmphysError, match="different width"):
        Trajectories.concatenate([traj, ragged([2], width=2)])


def test_split_never_divides_a_question():
    base = ragged([3] * 40)
    chains = pd.DataFrame({"chain_id": range(40), "question_id": np.repeat([f"q{i}" for i in range(10)], 4)})
    traj = Trajectories(base.states, base.lengths, chains)
    first, second = traj.split(0.7, seed=1)
    questions = [set(part.chains["question_id"]) for part in (first, second)]
    assert not questions[0] & questions[1]
    assert len(questions[0]) == 7
    assert len(first) + len(second) == 40
    np.testing.assert_array_equal(first.states, traj.split(0.7, seed=1)[0].states)
    by_chain = traj.split(0.5, seed=1, by="chain_id")
    assert [len(part) for part in by_chain] == [20, 20]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"fraction": 1.0}, "between 0 and 1"), ({"by": "nothing"}, "split by"), ({"fraction": 0.01}, "too few")],
)
def test_impossible_splits_are_refused(options, message):
    with pytest.raises(LmphysError, match=message):
        ragged([2, 2, 2]).split(**{"fraction": 0.5, **options}, seed=0)


def test_what_is_saved_is_loaded(tmp_path):
    traj = ragged([2, 5])
    traj.save(tmp_path / "x")
    again = Trajectories.load(tmp_path / "x")
    np.testing.assert_array_equal(again.states, traj.states)
    np.testing.assert_array_equal(again.lengths, traj.lengths)
    pd.testing.assert_frame_equal(again.sentences, traj.sentences)
    assert again.meta == traj.meta


@pytest.mark.parametrize("name", ["states.safetensors", "meta.json", "chains.jsonl"])
def test_missing_or_damaged_files_are_named(tmp_path, name):
    ragged([2, 5]).save(tmp_path / "x")
    (tmp_path / "x" / name).write_bytes(b"{")
    with pytest.raises(LmphysError, match="no readable trajectories"):
        Trajectories.load(tmp_path / "x")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_states_that_are_not_finite_are_refused(value):
    states = np.zeros((5, 2))
    states[3, 1] = value
    with pytest.raises(LmphysError, match=r"state 3 \(chain 1\)"):
        Trajectories(states, np.array([2, 3]))


def test_shapes_that_disagree_are_refused():
    with pytest.raises(LmphysError, match="disagree"):
        Trajectories(np.zeros((5, 2)), np.array([2, 2]))
    with pytest.raises(LmphysError, match="without states"):
        Trajectories(np.zeros((2, 2)), np.array([2, 0]))
    with pytest.raises(LmphysError, match="tables disagree"):
        Trajectories(np.zeros((2, 2)), np.array([2]), pd.DataFrame({"chain_id": [1, 2]}))
