import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import linear_surrogates, simulated_surrogates, student_surrogates
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.stats.student import mardia_excess


def test_surrogates_begin_where_the_chains_do(ragged):
    model = SLDS(2, n_init=1, max_iter=2).fit(ragged)
    surrogates = simulated_surrogates(model, ragged, seed=5)
    np.testing.assert_array_equal(surrogates.lengths, ragged.lengths)
    np.testing.assert_array_equal(surrogates.states[surrogates.offsets[:-1]], ragged.states[ragged.offsets[:-1]])
    assert surrogates.chains.equals(ragged.chains)
    assert np.abs(surrogates.increments() - ragged.increments()).mean() > 0.1


@pytest.mark.parametrize("noise", ["gaussian", "student"])
def test_surrogates_keep_starts_covariance_and_kurtosis(noise):
    rng = np.random.default_rng(5)
    mix = rng.standard_normal((3, 3))
    kicks = stats.multivariate_t(np.zeros(3), np.eye(3), df=12).rvs(40_000, random_state=rng) @ mix
    moved = lfilter([1], [1, -0.5], kicks.reshape(-1, 10, 3), axis=1)  # x_{t+1} = x_t / 2 + kick, from 0
    traj = Trajectories.from_list(list(np.pad(moved, ((0, 0), (1, 0), (0, 0)))))
    drift = LinearDrift().fit(traj)
    surrogates = linear_surrogates(drift, traj, noise=noise, seed=1)
    starts = traj.offsets[:-1]
    np.testing.assert_array_equal(surrogates.states[starts], traj.states[starts])
    again = drift.residuals(surrogates)
    scale = np.trace(drift.noise_covariance_)
    np.testing.assert_allclose(np.cov(again.T), drift.noise_covariance_, atol=0.02 * scale)
    wanted = mardia_excess(drift.residuals(traj)) if noise == "student" else 0
    assert mardia_excess(again) == pytest.approx(wanted, abs=0.08)
    np.testing.assert_allclose(LinearDrift().fit(surrogates).A_, drift.A_, atol=0.02)


def test_surrogates_of_ragged_chains_keep_their_lengths_and_drop_the_texts(ragged):
    drift = LinearDrift(10.0).fit(ragged)
    told = Trajectories(ragged.states, ragged.lengths, sentences=ragged.sentences.assign(text="so"))
    surrogates = linear_surrogates(drift, told, noise="gaussian", seed=0)
    np.testing.assert_array_equal(surrogates.lengths, ragged.lengths)
    assert list(surrogates.sentences) == ["chain", "t"]
    assert not np.array_equal(surrogates.states, linear_surrogates(drift, told, noise="gaussian", seed=1).states)
    with pytest.raises(LmphysError, match="use 'gaussian' or 'student'"):
        linear_surrogates(drift, ragged, noise="laplace", seed=0)


def test_student_surrogates_have_the_covariance_of_the_model_and_the_tail_of_the_residuals():
    rng = np.random.default_rng(0)
    traj = Trajectories.from_list([np.zeros((11, 3))] * 4000)
    parameters = SLDSParameters(np.ones(1), np.ones((1, 1)), -0.5 * np.eye(3)[None], np.zeros((1, 3)), np.eye(3)[None])
    model = SLDS.from_parameters(parameters)
    tail = stats.multivariate_t(np.zeros(2), np.eye(2), df=10).rvs(200_000, random_state=rng)  # excess 2 / 6
    h, h_next, _ = student_surrogates(model, traj, tail, seed=1).pairs()
    kicks = h_next - 0.5 * h
    np.testing.assert_allclose(np.cov(kicks.T), np.eye(3), atol=0.04)
    assert mardia_excess(kicks) == pytest.approx(1 / 3, abs=0.12)
    light = student_surrogates(model, traj, rng.uniform(-1, 1, (5000, 2)), seed=1).pairs()
    assert mardia_excess(light[1] - 0.5 * light[0]) == pytest.approx(0, abs=0.05)
