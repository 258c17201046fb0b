from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories, as_trajectories

MATRIX = np.arange(6.0).reshape(3, 2)


def test_trajectories_are_kept_and_lists_become_them(ragged):
    assert as_trajectories(ragged) is ragged
    made = as_trajectories(list(ragged))
    np.testing.assert_array_equal(made.states, ragged.states)
    np.testing.assert_array_equal(made.lengths, ragged.lengths)


@pytest.mark.parametrize(
    "chains",
    [
        [MATRIX.tolist(), MATRIX.tolist()],
        (MATRIX, MATRIX),
        np.stack([MATRIX, MATRIX]),
        [torch.from_numpy(MATRIX), pd.DataFrame(MATRIX)],
        [MATRIX.astype(np.uint8), MATRIX.astype(np.float16)],
        [MATRIX, MATRIX.astype(np.float32)],
    ],
)
def test_whatever_holds_real_matrices_is_read_in_float64(chains):
    traj = as_trajectories(chains)
    assert traj.states.dtype == np.float64
    np.testing.assert_array_equal(traj.states, np.concatenate([MATRIX, MATRIX]))
    assert traj.lengths.tolist() == [3, 3]


def test_float32_stays_float32_and_small_integers_do_not_wrap_around():
    assert as_trajectories([MATRIX.astype(np.float32)]).states.dtype == np.float32
    falling = as_trajectories([np.array([[5], [3]], dtype=np.uint8)])
    assert falling.increments().tolist() == [[-2.0]]


@pytest.mark.parametrize(
    ("chains", "message"),
    [
        (None, "of type NoneType"),
        (3.0, "of type float"),
        ({"a": MATRIX}, "of type dict"),
        ((x for x in [MATRIX]), "of type generator"),
        (np.array(1.0), "of type ndarray"),
        ("states.safetensors", r"chain 0 has shape \(\) and type <U1"),
        (["one", "two"], r"chain 0 has shape \(\) and type <U3"),
        ([None], r"chain 0 has shape \(\) and type object"),
        ([MATRIX, [[1.0, 2.0], [3.0]]], "chain 1 is ragged"),
        ([MATRIX, torch.ones(3, 2, requires_grad=True)], "chain 1 is ragged or otherwise no matrix"),
        ([MATRIX, 1j * MATRIX], r"chain 1 has shape \(3, 2\) and type complex128"),
        ([MATRIX > 2], r"chain 0 has shape \(3, 2\) and type bool"),
        ([[[Fraction(1, 2)]]], r"chain 0 has shape \(1, 1\) and type object"),
        ([np.zeros((3, 0))], r"chain 0 has shape \(3, 0\)"),
        (MATRIX, r"chain 0 has shape \(2,\)"),
        ([np.zeros((2, 3, 4))], r"chain 0 has shape \(2, 3, 4\)"),
        ([MATRIX, np.zeros((3, 4))], r"chains have the widths \[2, 4\]"),
        ([], "no sequences"),
        ([np.zeros((0, 2))], "a chain without states"),
        ([np.full((3, 2), np.inf)], "not finite: leave such states out"),
        ([MATRIX, np.pad(MATRIX, ((0, 2), (0, 0)))], "chain 1 ends in rows of zeros, as padded arrays do"),
    ],
)
def test_what_is_no_list_of_real_matrices_is_refused_in_one_line(chains, message):
    with pytest.raises(LmphysError, match=message) as caught:
        as_trajectories(chains)
    assert "\n" not in str(caught.value)


def test_a_state_of_zeros_and_a_chain_of_zeros_are_no_padding():
    at_rest = [np.zeros((4, 2)), np.concatenate([MATRIX, np.zeros((1, 2))]), np.concatenate([np.zeros((2, 2)), MATRIX])]
    assert as_trajectories(at_rest).lengths.tolist() == [4, 4, 5]


def test_chains_of_one_question_stay_together():
    traj = Trajectories.from_list([MATRIX] * 6, questions=["a", "b", "a", "c", "b", "c"], source="mine")
    assert traj.questions.tolist() == [0, 1, 0, 2, 1, 2] and traj.meta == {"source": "mine"}
    train, test = traj.split(0.5, seed=0)
    assert not set(train.chains["question_id"]) & set(test.chains["question_id"])
    with pytest.raises(LmphysError, match="2 questions for 3 chains: give one for each chain"):
        Trajectories.from_list([MATRIX] * 3, questions=["a", "b"])
