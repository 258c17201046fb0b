"""Filter, smoother, Viterbi and likelihood against enumeration of every path of regimes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from tests.dynamics.slds.brute import brute_force, emissions

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters


def random_model(K, D, rng, *, zeros=False, spread=1.0):
    A = rng.standard_normal((K, D, D))
    T = rng.dirichlet(np.ones(K), K)
    pi = rng.dirichlet(np.ones(K))
    if zeros and K > 1:  # some passages are impossible
        T = np.where(rng.random((K, K)) < 0.4, 0.0, T) + 1e-3 * np.eye(K)
        T /= T.sum(axis=1, keepdims=True)
        pi = np.eye(K)[rng.integers(K)]
    return SLDSParameters(
        pi, T, 0.5 * rng.standard_normal((K, D, D)), spread * rng.standard_normal((K, D)),
        A @ A.transpose(0, 2, 1) + 0.2 * np.eye(D),
    )  # fmt: skip


@st.composite
def cases(draw):
    K, D = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # A spread of 30 puts regimes hundreds of nats apart, where a recursion in plain numbers underflows.
    parameters = random_model(K, D, rng, zeros=draw(st.booleans()), spread=draw(st.sampled_from([0.3, 3.0, 30.0])))
    return parameters, Trajectories.from_list([2 * rng.standard_normal((n, D)) for n in lengths])


@settings(max_examples=60, deadline=None)
@given(cases())
def test_inference_is_enumeration(case):
    parameters, traj = case
    model = SLDS.from_parameters(parameters)
    exact = [brute_force(parameters, chain) for chain in traj]
    if not traj.n_transitions:
        with pytest.raises(LmphysError, match="no transitions"):
            model.infer(traj)
        return
    found = model.infer(traj)
    close = {"rtol": 1e-10, "atol": 1e-10}
    for name in ("predictive", "filtered", "smoothed", "log_density"):
        np.testing.assert_allclose(getattr(found, name), np.concatenate([getattr(e, name) for e in exact]), **close)
    np.testing.assert_allclose(model.log_likelihood(traj), [e.log_density.sum() for e in exact], **close)
    np.testing.assert_allclose(model.predict(traj).log_density, found.log_density)
    assert model.score(traj) == pytest.approx(found.log_density.mean(), rel=1e-12)
    passages = model._messages(traj)[0].smoothed()[1][0]
    np.testing.assert_allclose(passages, sum(e.pairs.sum(axis=0) for e in exact), **close)
    # Paths of equal probability may differ: the probability must not.
    path, start = model.viterbi(traj), 0
    with np.errstate(divide="ignore"):
        log_pi, log_T = np.log(parameters.pi), np.log(parameters.T)
    for chain, e in zip(traj, exact, strict=True):
        n = len(chain) - 1
        if n:
            z = path[start : start + n]
            value = log_pi[z[0]] + log_T[z[:-1], z[1:]].sum() + emissions(parameters, chain)[np.arange(n), z].sum()
            assert value == pytest.approx(e.log_path, rel=1e-10, abs=1e-10)
        start += n


def test_both_index_conventions_are_one_model():
    """App. B: Z_0 ~ pi drives nothing, Z_{t+1} drives the step from t to t+1. Summed by hand over (Z_0, Z_1, Z_2)."""
    rng = np.random.default_rng(0)
    parameters = random_model(3, 2, rng)
    silent = rng.dirichlet(np.ones(3))
    chain = rng.standard_normal((3, 2))
    logs = []
    for z0 in range(3):
        for z1 in range(3):
            for z2 in range(3):
                log = np.log(silent[z0] * parameters.T[z0, z1] * parameters.T[z1, z2])
                for t, z in ((0, z1), (1, z2)):
                    mean = chain[t] + parameters.M[z] @ chain[t] + parameters.b[z]
                    log += multivariate_normal(mean, parameters.Sigma[z]).logpdf(chain[t + 1])
                logs.append(log)
    shifted = SLDSParameters(silent @ parameters.T, parameters.T, parameters.M, parameters.b, parameters.Sigma)
    assert SLDS.from_parameters(shifted).log_likelihood([chain])[0] == pytest.approx(logsumexp(logs), rel=1e-12)


def test_a_chain_does_not_depend_on_the_chains_beside_it():
    rng = np.random.default_rng(1)
    model = SLDS.from_parameters(random_model(3, 4, rng))
    chains = [rng.standard_normal((n, 4)) for n in (7, 2, 1, 30, 4, 30, 2)]
    together = model.infer(chains)
    alone = [model.infer([c]) for c in chains if len(c) > 1]
    for name in ("predictive", "filtered", "smoothed", "log_density"):
        np.testing.assert_allclose(
            getattr(together, name), np.concatenate([getattr(a, name) for a in alone]), rtol=1e-10, atol=1e-13
        )
    np.testing.assert_array_equal(
        model.viterbi(chains), np.concatenate([model.viterbi([c]) for c in chains if len(c) > 1])
    )
    assert model.log_likelihood(chains)[2] == 0


def test_relabelled_regimes_are_the_same_model():
    rng = np.random.default_rng(2)
    parameters = random_model(4, 3, rng)
    order = np.array([2, 0, 3, 1])
    chains = [rng.standard_normal((n, 3)) for n in (5, 9, 3)]
    one, other = SLDS.from_parameters(parameters), SLDS.from_parameters(parameters.permute(order))
    np.testing.assert_allclose(one.log_likelihood(chains), other.log_likelihood(chains), rtol=1e-12)
    np.testing.assert_allclose(one.infer(chains).smoothed[:, order], other.infer(chains).smoothed, atol=1e-12)
    np.testing.assert_array_equal(one.viterbi(chains), order[other.viterbi(chains)])


def test_likelihood_under_a_change_of_coordinates_changes_by_the_jacobian():
    """h -> S h + o turns M into S M S^-1 and densities by |S|, whatever the origin that sums are taken about."""
    rng = np.random.default_rng(3)
    p = random_model(3, 3, rng)
    S, o = rng.standard_normal((3, 3)) + 2 * np.eye(3), 1e4 * rng.standard_normal(3)
    M = S @ p.M @ np.linalg.inv(S)
    moved = SLDSParameters(p.pi, p.T, M, p.b @ S.T - M @ o, S @ p.Sigma @ S.T)
    chains = [rng.standard_normal((n, 3)) for n in (6, 4, 11)]
    shift = np.linalg.slogdet(S)[1] * np.array([5, 3, 10])
    there = SLDS.from_parameters(moved).log_likelihood([c @ S.T + o for c in chains])
    np.testing.assert_allclose(there, SLDS.from_parameters(p).log_likelihood(chains) - shift, rtol=1e-8)


def test_float32_sums_agree_with_float64():
    rng = np.random.default_rng(4)
    p = random_model(4, 20, rng)
    chains = [c + 100.0 for c in (rng.standard_normal((n, 20)) for n in (20, 30, 40))]
    exact, fast = (SLDS.from_parameters(p, dtype=d).log_likelihood(chains) for d in ("float64", "float32"))
    np.testing.assert_allclose(fast, exact, rtol=1e-5)


def test_regime_weights_of_the_forecasts_are_those_they_are_named_for():
    rng = np.random.default_rng(5)
    p = random_model(3, 2, rng)
    chain = rng.standard_normal((6, 2))
    e = brute_force(p, chain)
    means = p.means(chain[:-1])
    found = SLDS.from_parameters(p).forecasts([chain])
    assert list(found) == ["predictive", "filtered_after_update", "smoothed", "oracle"]
    for name, weights in zip(found, (e.predictive, e.filtered, e.smoothed), strict=False):
        np.testing.assert_allclose(found[name], np.einsum("tk,ktd->td", weights, means), atol=1e-10)
    nearest = np.argmin(np.linalg.norm(means - chain[1:], axis=2), axis=0)
    np.testing.assert_allclose(found["oracle"], means[nearest, np.arange(5)])


def test_predictive_forecast_and_density_never_see_what_comes_later():
    rng = np.random.default_rng(6)
    model = SLDS.from_parameters(random_model(3, 2, rng))
    traj = Trajectories.from_list([rng.standard_normal((n, 2)) for n in (5, 8)])
    before, sources = model.forecasts(traj), traj.sources()
    leaks = dict.fromkeys(before, 0.0)
    for i, source in enumerate(sources):
        states = traj.states.copy()
        states[source + 1 : traj.offsets[np.searchsorted(traj.offsets, source, side="right")]] += 3.0
        after = model.forecasts(traj.with_states(states))
        for name in before:
            leaks[name] = max(leaks[name], np.abs(after[name][i] - before[name][i]).max())
        found = model.predict(traj.with_states(states))
        np.testing.assert_array_equal(found.mean, after["predictive"])
        np.testing.assert_allclose(found.log_density[:i], model.predict(traj).log_density[:i], rtol=1e-12)
    # Rounding alone: sums are taken about the mean of all states.
    assert leaks["predictive"] < 1e-12
    assert min(leaks[name] for name in ("filtered_after_update", "smoothed", "oracle")) > 0.01


def test_parameters_tell_fixed_points_eigenvalues_and_dwell_times():
    M = np.stack([np.diag([-0.5, -0.1]), -np.eye(2)])
    b = np.array([[1.0, 2.0], [3.0, 4.0]])
    T = np.array([[0.9, 0.1], [0.5, 0.5]])
    p = SLDSParameters(np.array([0.5, 0.5]), T, M, b, np.stack([np.eye(2)] * 2))
    np.testing.assert_allclose(p.fixed_points(), [[2.0, 20.0], [3.0, 4.0]])
    np.testing.assert_allclose(p.eigenvalues(), [[0.9, 0.5], [0.0, 0.0]], atol=1e-15)
    np.testing.assert_allclose(p.stationary(), [5 / 6, 1 / 6])
    np.testing.assert_allclose(p.dwell_times(), [10, 2])
    np.testing.assert_allclose(p.means(p.fixed_points())[[0, 1], [0, 1]], p.fixed_points())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"T": np.full((2, 2), 0.4)}, "sum to 1"),
        ({"b": np.array([[np.nan], [0.0]])}, "not finite"),
        ({"M": np.zeros((2, 2, 2))}, "disagree in shape"),
    ],
)
def test_parameters_that_are_no_model_are_refused(change, message):
    good = {
        "pi": [0.5, 0.5],
        "T": np.eye(2),
        "M": np.zeros((2, 1, 1)),
        "b": np.zeros((2, 1)),
        "Sigma": np.ones((2, 1, 1)),
    }
    SLDSParameters(**good)
    with pytest.raises(LmphysError, match=message):
        SLDSParameters(**{**good, **change})


def test_states_of_another_width_are_refused():
    model = SLDS.from_parameters(random_model(2, 3, np.random.default_rng(7)))
    with pytest.raises(LmphysError, match=r"width 2, model fitted on 3"):
        model.infer([np.zeros((4, 2))])
    with pytest.raises(LmphysError, match=r"width 2, model fitted on 3"):
        model.simulate([np.zeros((4, 2))], 3, seed=0)
