import warnings

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.simulate import simulate

# Regime 0 halves the state at each step, regime 1 doubles it; neither is ever left.
BOTH = SLDSParameters(
    [0.5, 0.5],
    np.eye(2),
    [[[-0.5]], [[1.0]]],
    np.zeros((2, 1)),
    np.full((2, 1, 1), 1e-6),
)
STARTS = Trajectories.from_list([np.ones((1, 1))] * 2)


def test_states_grow_as_the_regime_says():
    traj = simulate(BOTH, STARTS, np.array([20, 1000]), np.eye(2), seed=0)
    assert traj[0][-1, 0] == pytest.approx(0, abs=0.01)
    np.testing.assert_allclose(np.log2(np.abs(traj[1][10:, 0])), np.arange(10, 1001), atol=0.05)
    assert traj.sentences["regime"].tolist() == [-1, *[0] * 20, -1, *[1] * 1000]


def test_states_that_are_no_longer_finite_are_refused_with_the_regime_that_expands():
    # 2^1024 is the first power of 2 that float64 does not hold.
    with pytest.raises(LmphysError, match=r"after 1024 steps: I \+ M of regime 1 .* modulus 2, .* raise drift_prior"):
        simulate(BOTH, STARTS, 1100, np.eye(2), seed=0)


def test_a_chain_that_has_ended_disturbs_no_other():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        traj = simulate(BOTH, STARTS, np.array([1100, 5]), np.eye(2), seed=0)
    assert np.isfinite(traj.states).all()
    assert traj.lengths.tolist() == [1101, 6]
    alone = simulate(BOTH, STARTS, np.array([1100, 0]), np.eye(2), seed=0)
    np.testing.assert_array_equal(traj[0], alone[0])


@pytest.mark.parametrize("steps", [-1, np.array([1, 2, 3]), np.array([3, -1]), np.inf, [np.nan, 1], "ten", [True, 1j]])
def test_unusable_steps_are_refused(steps):
    with pytest.raises(LmphysError, match="for 2 chains: give a number or one for each, 0 or more"):
        simulate(BOTH, STARTS, steps, np.eye(2), seed=0)


@pytest.mark.parametrize("steps", [2.7, np.array([3.0, 2.7])])
def test_a_part_of_a_step_is_refused(steps):
    with pytest.raises(LmphysError, match=r"steps 2\.7 is no whole number"):
        simulate(BOTH, STARTS, steps, np.eye(2), seed=0)


def test_whole_numbers_are_steps_in_any_type():
    expected = simulate(BOTH, STARTS, np.array([3, 3]), np.eye(2), seed=0).states
    for steps in (3, 3.0, [3, 3], np.array([3.0, 3.0]), np.array([3, 3], dtype=np.uint8)):
        np.testing.assert_array_equal(simulate(BOTH, STARTS, steps, np.eye(2), seed=0).states, expected)


def test_a_negative_seed_is_refused():
    with pytest.raises(LmphysError, match="seed -1: use 0 or more"):
        simulate(BOTH, STARTS, 3, np.eye(2), seed=-1)
