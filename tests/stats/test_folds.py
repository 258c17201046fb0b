import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.stats.folds import group_folds, hold_out, question_folds, stratified_group_folds


def test_folds_keep_questions_together_and_use_every_chain():
    traj = Trajectories.from_list([np.zeros((2, 1))] * 60)
    fold = question_folds(traj, 5, 0)
    assert np.bincount(fold).tolist() == [12] * 5
    traj.chains["question_id"] = np.repeat(["a", "b", "c", "d", "e", "f"], 10)
    fold = question_folds(traj, 3, 0).reshape(6, 10)
    assert (fold == fold[:, :1]).all()
    assert np.bincount(fold[:, 0]).tolist() == [2, 2, 2]
    assert not np.array_equal(fold, question_folds(traj, 3, 1).reshape(6, 10))


def test_groups_are_dealt_in_the_order_of_a_permutation():
    groups = ["b", "b", "a", "c", "a", "d"]
    dealt = np.random.default_rng(5).permutation(4) % 3
    np.testing.assert_array_equal(group_folds(groups, 3, seed=5), dealt[[0, 0, 1, 2, 1, 3]])
    rng = np.random.default_rng(5)
    np.testing.assert_array_equal(group_folds(groups, 3, seed=rng), dealt[[0, 0, 1, 2, 1, 3]])
    assert not np.array_equal(group_folds(range(20), 3, seed=rng), group_folds(range(20), 3, seed=rng))
    for n_folds in (1, 5):
        with pytest.raises(LmphysError, match=f"{n_folds} folds of 4 themes"):
            group_folds(groups, n_folds, seed=0, what="themes")


def test_stratified_folds_share_labels_and_keep_groups():
    groups = np.repeat(np.arange(40), 3)
    labels = np.isin(groups, np.arange(0, 40, 4))
    fold = stratified_group_folds(labels, groups, 5, seed=1).reshape(40, 3)
    assert (fold == fold[:, :1]).all()
    assert np.bincount(fold[::4, 0]).tolist() == [2] * 5


def test_every_transition_is_scored_by_the_model_that_has_not_seen_it():
    traj = Trajectories.from_list([np.full((n, 1), float(i)) for i, n in enumerate([3, 1, 2, 4])])
    fold = np.array([0, 0, 1, 1])

    def score(train, test):
        return {"seen": np.full(test.n_transitions, train.states.mean()), "self": test.pairs()[0]}

    found = hold_out(score, traj, fold, range(2))
    np.testing.assert_array_equal(found["self"], traj.pairs()[0])
    first, second = traj.states[-6:].mean(), traj.states[:4].mean()
    np.testing.assert_allclose(found["seen"], [first] * 2 + [second] * 4)
