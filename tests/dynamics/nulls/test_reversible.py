import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.reversible import ReversibleTwin
from lmphys.dynamics.reversal import arrow_of_time

A = np.array([[0.8, 0.0], [0.0, 0.3]])


def sliding(n_chains, length, away, seed):
    """Chains x' = A x + noise of unit stationary covariance, begun `away` from the middle."""
    rng = np.random.default_rng(seed)
    x = [rng.standard_normal((n_chains, 2)) + away]
    for _ in range(length - 1):
        x.append(x[-1] @ A.T + rng.standard_normal((n_chains, 2)) * np.sqrt(1 - np.diag(A) ** 2))
    return Trajectories.from_list(list(np.stack(x, axis=1)))


def test_a_process_in_detailed_balance_is_its_own_twin():
    twin = ReversibleTwin().fit(sliding(4_000, 10, 0.0, 0))
    np.testing.assert_allclose(twin.A_, A, atol=0.02)
    np.testing.assert_allclose(twin.C_, np.eye(2), atol=0.04)
    np.testing.assert_allclose(twin.Q_, np.eye(2) - A @ A.T, atol=0.04)


def test_a_rotation_loses_its_current_and_keeps_its_pace():
    turn = 0.8 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    rng = np.random.default_rng(1)
    x = [rng.standard_normal((4_000, 2))]
    for _ in range(9):
        x.append(x[-1] @ turn.T + 0.6 * rng.standard_normal((4_000, 2)))
    chains = Trajectories.from_list(list(np.stack(x, axis=1)))
    twin = ReversibleTwin().fit(chains)
    # The symmetric part of r R(angle) is r cos(angle) in all directions.
    np.testing.assert_allclose(twin.A_, 0.8 * np.cos(0.5) * np.eye(2), atol=0.02)
    flux = twin.A_ @ twin.C_
    np.testing.assert_allclose(flux, flux.T, atol=1e-12)
    settled = [twin.simulate(chains, settled=True, seed=seed) for seed in (2, 3)]
    np.testing.assert_allclose(np.cov(settled[0].states.T), twin.C_, atol=0.05)
    assert abs(arrow_of_time(*settled).nats.value) < 0.01


def test_relaxation_has_a_direction_that_cut_ends_do_not_remove():
    train, test = (sliding(400, 8, 6.0, seed) for seed in (4, 5))
    twin = ReversibleTwin().fit(train)
    begun = [twin.simulate(traj, seed=seed) for seed, traj in enumerate((train, test))]
    assert begun[0].lengths.tolist() == train.lengths.tolist()
    first = train.offsets[:-1]
    np.testing.assert_allclose(begun[0].states[first], train.states[first])
    assert arrow_of_time(*begun).told.value > 0.9
    assert arrow_of_time(*begun, trim=2).told.low > 0.5


def test_too_few_transitions_are_refused():
    with pytest.raises(LmphysError, match="2 transitions in 2 dimensions"):
        ReversibleTwin().fit(sliding(1, 3, 0.0, 6))
