import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.pages.manifold.leakage import leakage_intervals, subspace_leakage


@pytest.fixture
def fitted(ragged):
    return LinearDrift(1.0).fit(ragged), Projection(2).fit(ragged)


def test_drift_of_rank_k_inside_the_subspace_does_not_leak(fitted, ragged):
    drift, projection = fitted
    V = projection.basis_
    drift.A_ = np.eye(5) + V @ np.array([[-0.5, 0.2], [0.1, -0.3]]) @ V.T
    drift.c_ = V @ np.array([0.7, -1.3])
    found = subspace_leakage(drift, projection, ragged, epsilon=2.0)
    np.testing.assert_allclose(found.values, 0, atol=1e-12)
    assert found.rho == pytest.approx(0, abs=1e-10)
    assert found.sup <= found.bound


def test_supremum_is_approached_from_below_by_random_directions(fitted, ragged):
    drift, projection = fitted
    found = subspace_leakage(drift, projection, ragged, epsilon=0.5)
    rng = np.random.default_rng(5)
    v = rng.standard_normal((20_000, 5))
    v -= v @ projection.basis_ @ projection.basis_.T
    v *= 0.5 / np.linalg.norm(v, axis=1, keepdims=True)

    def mu(x):
        return drift.step(x) - x

    for row in (0, 17, 40):
        x = ragged.states[row]
        sampled = np.linalg.norm(mu(x + v) - mu(x), axis=1).max() / np.linalg.norm(mu(x))
        assert sampled <= found.values[row] * (1 + 1e-12)
        assert sampled == pytest.approx(found.values[row], rel=1e-3)
    assert found.sup == found.values.max() <= found.bound


def test_isotropic_drift_leaks_in_proportion_to_distance(ar1):
    # mu(h) = -g h: the leakage at x is epsilon / ||x||, rho the largest share of x outside the subspace.
    traj = ar1(0.5, 30, 5, 4, seed=6)
    drift, projection = LinearDrift().fit(traj), Projection(2).fit(traj)
    drift.A_, drift.c_ = 0.6 * np.eye(4), np.zeros(4)
    found = subspace_leakage(drift, projection, traj, epsilon=0.1)
    norms = np.linalg.norm(traj.states, axis=1)
    np.testing.assert_allclose(found.values, 0.1 / norms)
    outside = np.linalg.norm(traj.states - traj.states @ projection.basis_ @ projection.basis_.T, axis=1)
    assert found.rho == pytest.approx((outside / norms).max())
    assert found.bound == pytest.approx(found.rho + 0.1 / norms.min())


def test_what_has_no_leakage_is_refused(fitted, ragged):
    drift, projection = fitted
    with pytest.raises(LmphysError, match="standardise=False"):
        subspace_leakage(drift, Projection(2, standardise=True).fit(ragged), ragged, epsilon=1.0)
    narrow = ragged.with_states(ragged.states[:, :3])
    with pytest.raises(LmphysError, match="width 3"):
        subspace_leakage(drift, Projection(2).fit(narrow), ragged, epsilon=1.0)
    drift.A_, drift.c_ = np.zeros((5, 5)), np.ones(5)
    with pytest.raises(LmphysError, match="vanishes"):
        subspace_leakage(drift, projection, Trajectories.from_list([np.ones((2, 5))]), epsilon=1.0)


def test_intervals_of_the_typical_and_the_largest_leakage(fitted, ragged):
    drift, projection = fitted
    found = subspace_leakage(drift, projection, ragged, epsilon=0.5)
    intervals = leakage_intervals(found, ragged)
    values = np.sort(found.values)
    n = len(values)
    assert intervals["median over states"].value in (values[(n - 1) // 2], values[n // 2])
    assert intervals["median over states"].low < intervals["median over states"].high
    assert intervals["supremum"].value == intervals["supremum"].high == found.sup
