import numpy as np
import pytest
from sklearn.linear_model import Ridge

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift


@pytest.mark.parametrize("ridge", [0.0, 1.0, 50.0])
def test_penalty_on_the_map_is_ridge_of_the_next_state(ragged, ridge):
    h, h_next, _ = ragged.pairs()
    peer = Ridge(alpha=ridge, solver="svd").fit(h, h_next)
    fitted = LinearDrift(ridge).fit(ragged)
    np.testing.assert_allclose(fitted.A_, peer.coef_, atol=1e-9)
    np.testing.assert_allclose(fitted.c_, peer.intercept_, atol=1e-8)


@pytest.mark.parametrize("ridge", [0.0, 1.0, 50.0])
def test_penalty_on_the_drift_is_ridge_of_the_increment(ragged, ridge):
    peer = Ridge(alpha=ridge, solver="svd").fit(ragged.pairs()[0], ragged.increments())
    fitted = LinearDrift(ridge, penalty="A-I").fit(ragged)
    np.testing.assert_allclose(fitted.A_ - np.eye(5), peer.coef_, atol=1e-9)
    np.testing.assert_allclose(fitted.c_, peer.intercept_, atol=1e-8)


def test_printed_objective_is_at_its_minimum_by_augmented_least_squares(ragged):
    # Eq. 6 as one least-squares problem: sqrt(ridge) (A - 0) appended as rows, the intercept not penalised.
    h, h_next, _ = ragged.pairs()
    design = np.block([[h, np.ones((len(h), 1))], [np.sqrt(3.0) * np.eye(5), np.zeros((5, 1))]])
    solution = np.linalg.lstsq(design, np.vstack([h_next, np.zeros((5, 5))]), rcond=None)[0]
    fitted = LinearDrift(3.0).fit(ragged)
    np.testing.assert_allclose(np.vstack([fitted.A_.T, fitted.c_]), solution, atol=1e-8)


def test_infinite_ridge_leaves_persistence_with_drift_or_the_mean(ragged):
    h, h_next, _ = ragged.pairs()
    persistent = LinearDrift(1e14, penalty="A-I").fit(ragged)
    np.testing.assert_allclose(persistent.A_, np.eye(5), atol=1e-8)
    np.testing.assert_allclose(persistent.c_, ragged.increments().mean(axis=0), atol=1e-6)
    mean = LinearDrift(1e14).fit(ragged)
    np.testing.assert_allclose(mean.step(h), np.broadcast_to(h_next.mean(axis=0), h.shape), atol=1e-6)


def test_noiseless_map_is_recovered_and_leaves_no_residual():
    rng = np.random.default_rng(3)
    A, c = np.linalg.qr(rng.standard_normal((4, 4)))[0] * 0.98, rng.standard_normal(4)
    chains = []
    for _ in range(6):
        chain = [rng.standard_normal(4)]
        for _ in range(9):
            chain.append(A @ chain[-1] + c)
        chains.append(np.array(chain))
    traj = Trajectories.from_list(chains)
    fitted = LinearDrift(0.0).fit(traj)
    np.testing.assert_allclose(fitted.A_, A, atol=1e-10)
    np.testing.assert_allclose(fitted.residuals(traj), 0, atol=1e-10)
    np.testing.assert_allclose(fitted.step(chains[0][3]), chains[0][4], atol=1e-10)


def test_residuals_are_orthogonal_to_the_states_and_their_covariance_is_the_noise(ar1):
    traj = ar1(0.7, 400, 20, 3, seed=4)
    fitted = LinearDrift(0.0).fit(traj)
    xi = fitted.residuals(traj)
    assert xi.shape == fitted.predict(traj).mean.shape == (traj.n_transitions, 3)
    np.testing.assert_allclose(xi.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(xi.T @ traj.pairs()[0] / len(xi), 0, atol=1e-12)
    np.testing.assert_allclose(fitted.noise_covariance_, (1 - 0.7**2) * np.eye(3), atol=0.03)


def test_what_cannot_be_fitted_or_predicted_is_refused(ragged):
    with pytest.raises(LmphysError, match="no transitions"):
        LinearDrift().fit(ragged.select([1]))
    with pytest.raises(LmphysError, match="do not determine"):
        LinearDrift(0.0).fit(ragged.select([3]))
    with pytest.raises(LmphysError, match="use ridge >= 0"):
        LinearDrift(-1.0).fit(ragged)
    with pytest.raises(LmphysError, match="'A' or 'A-I'"):
        LinearDrift(penalty="I").fit(ragged)
    fitted = LinearDrift().fit(ragged)
    with pytest.raises(LmphysError, match="width 4"):
        fitted.step(np.zeros((2, 4)))
    with pytest.raises(LmphysError, match="not finite"):
        fitted.step(np.full(5, np.nan))
    with pytest.raises(LmphysError, match="not finite"):
        ragged.with_states(np.full_like(ragged.states, np.nan))
