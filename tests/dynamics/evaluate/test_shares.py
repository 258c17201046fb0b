import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.shares import held_out_share, relative_residual, share
from lmphys.dynamics.projection import Projection


def chains(scales, n_chains, seed):
    """Chains of three independent states whose coordinates have the given standard deviations."""
    rng = np.random.default_rng(seed)
    return Trajectories.from_list([rng.standard_normal((3, len(scales))) * scales for _ in range(n_chains)])


@pytest.mark.parametrize("of", ["states", "increments"])
def test_share_is_that_of_the_widest_coordinates(of):
    # Variances 9, 4, 1, 1 of independent states; increments have twice as much of each.
    traj = chains(np.array([3.0, 2.0, 1.0, 1.0]), 4000, 0)
    assert share(traj, 1, of=of) == pytest.approx(9 / 15, abs=0.01)
    assert share(traj, 2, of=of) == pytest.approx(13 / 15, abs=0.01)


def test_directions_of_noise_hold_no_more_than_their_number_elsewhere():
    # In the sample the chosen directions hold more than k / D; on other chains they cannot.
    found = [(share(t, 2, of="states"), held_out_share(t, 2, of="states", seed=0).value) for t in
             (chains(np.ones(10), 15, seed) for seed in range(30))]  # fmt: skip
    inside, outside = np.mean(found, axis=0)
    assert inside > 0.3
    assert outside == pytest.approx(0.2, abs=0.02)


def test_half_of_the_variance_leaves_a_residual_of_root_one_half():
    assert relative_residual(0.5) == pytest.approx(0.70710678)
    assert relative_residual(0.75) == pytest.approx(0.5)
    # The same from the states: what is left beside the first coordinate.
    traj = chains(np.array([1.0, 0.5, 0.5]), 2000, 1)
    x = traj.states - traj.states.mean(axis=0)
    left = np.sqrt((x[:, 1:] ** 2).sum() / (x**2).sum())
    assert relative_residual(share(traj, 1, of="states")) == pytest.approx(left, abs=1e-3)


@pytest.mark.parametrize("of", ["states", "increments"])
def test_the_share_on_other_questions_is_that_of_the_projection_with_an_interval(of):
    traj = chains(np.array([3.0, 2.0, 1.0, 1.0]), 300, 2)
    train, test = traj.split(0.7, seed=5)
    found = held_out_share(traj, 2, of=of, seed=5)
    assert found.value == pytest.approx(Projection(2, of=of).fit(train).share_of(test))
    assert found.low < 13 / 15 < found.high
