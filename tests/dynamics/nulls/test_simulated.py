import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import linear_surrogates, simulated_surrogates
from lmphys.dynamics.slds.estimator import SLDS
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
