import sys
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from tests.dynamics.slds.brute import brute_force

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics import peers
from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.latent import LatentParameters, filter_one_step
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.peers import LatentSLDS, SSMPeer, compare_peers, from_ssm, log_likelihood, to_ssm
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.dynamics.ssm_shim import import_ssm


@pytest.fixture
def ssm():
    try:
        return import_ssm()
    except LmphysError as error:
        pytest.skip(str(error))


def covariances(rng, *shape):
    root = rng.standard_normal((*shape, shape[-1]))
    return root @ np.swapaxes(root, -1, -2) / shape[-1] + 0.2 * np.eye(shape[-1])


def switching(K, D, seed=0):
    """Regimes that overlap, and a pi that ssm can write: silent @ T."""
    rng = np.random.default_rng(seed)
    T = rng.dirichlet(np.full(K, 2.0), K)
    M = -0.5 * np.eye(D) + 0.3 * rng.standard_normal((K, D, D))
    return SLDSParameters(rng.dirichlet(np.ones(K)) @ T, T, M, rng.standard_normal((K, D)), covariances(rng, K, D))


def silent_step(p, smoothed):
    """P(z_0 = i, z_1 = j | all) of the regime that ssm adds in front: z_0 has its law given z_1 alone."""
    silent = to_ssm(p).init_state_distn.init_state_distn
    return silent[:, None] * p.T / p.pi * smoothed


def simulated(p, lengths, seed=0):
    rng = np.random.default_rng(seed)
    chains = []
    for length in lengths:
        h, z = [rng.standard_normal(p.width)], rng.choice(p.n_regimes, p=p.pi)
        while len(h) < length:
            h.append(rng.multivariate_normal(h[-1] + p.M[z] @ h[-1] + p.b[z], p.Sigma[z]))
            z = rng.choice(p.n_regimes, p=p.T[z])
        chains.append(np.array(h))
    return Trajectories.from_list(chains)


def latent(K, L, D, seed=0, R=0.3):
    rng = np.random.default_rng(seed)
    return LatentParameters(
        pi=rng.dirichlet(np.ones(K)),
        T=rng.dirichlet(np.ones(K), K),
        A=0.5 * np.eye(L) + 0.3 * rng.standard_normal((K, L, L)),
        b=rng.standard_normal((K, L)),
        Q=covariances(rng, K, L),
        C=rng.standard_normal((D, L)),
        d=rng.standard_normal(D),
        R=R * covariances(rng, D),
        mean=rng.standard_normal(L),
        covariance=covariances(rng, L),
    )


def observed(p, length, rng):
    x, z, y = rng.multivariate_normal(p.mean, p.covariance), rng.choice(len(p.pi), p=p.pi), []
    for _ in range(length):
        y.append(rng.multivariate_normal(p.C @ x + p.d, p.R))
        x = rng.multivariate_normal(p.A[z] @ x + p.b[z], p.Q[z])
        z = rng.choice(len(p.pi), p=p.T[z])
    return np.array(y)


def joint_law(p, path):
    """Mean and covariance of (y_0, ..., y_n) for a path of n regimes, from the matrices that make y of the noise."""
    L, n = len(p.mean), len(path)
    # Rows of `state`: what x_t is made of, (x_0 - mean, w_1, ..., w_n); `centre` is its mean.
    state, centre = np.eye(L, L * (n + 1)), p.mean
    rows, centres = [state], [centre]
    for t, z in enumerate(path):
        state, centre = p.A[z] @ state + np.eye(L, L * (n + 1), L * (t + 1)), p.A[z] @ centre + p.b[z]
        rows, centres = [*rows, state], [*centres, centre]
    noise = np.zeros((L * (n + 1), L * (n + 1)))
    for t, block in enumerate([p.covariance, *(p.Q[z] for z in path)]):
        noise[t * L : (t + 1) * L, t * L : (t + 1) * L] = block
    G = np.kron(np.eye(n + 1), p.C) @ np.concatenate(rows)
    return np.concatenate([p.C @ c + p.d for c in centres]), G @ noise @ G.T + np.kron(np.eye(n + 1), p.R)


def exact_one_step(p, y):
    """Forecasts and log densities of one chain by conditioning the joint Gaussian of every path of regimes."""
    D, forecast, log_density = p.width, [], []
    for t in range(len(y) - 1):
        past, log_past, log_both, means = y[: t + 1].ravel(), [], [], []
        for path in product(range(len(p.pi)), repeat=t + 1):
            log_prior = np.log(p.pi[path[0]]) + sum(np.log(p.T[i, j]) for i, j in pairwise(path))
            mean, covariance = joint_law(p, path)
            seen, new = slice(0, past.size), slice(past.size, past.size + D)
            log_past.append(log_prior + multivariate_normal.logpdf(past, mean[seen], covariance[seen, seen]))
            log_both.append(log_prior + multivariate_normal.logpdf(y[: t + 2].ravel(), mean, covariance))
            means.append(mean[new] + covariance[new, seen] @ np.linalg.solve(covariance[seen, seen], past - mean[seen]))
        forecast.append(np.exp(np.array(log_past) - logsumexp(log_past)) @ np.array(means))
        log_density.append(logsumexp(log_both) - logsumexp(log_past))
    return np.array(forecast), np.array(log_density)


# The package ssm


def test_parameters_survive_the_way_to_ssm_and_back(ssm):
    p = switching(3, 2)
    back = from_ssm(to_ssm(p))
    for name in ("pi", "T", "M", "b", "Sigma"):
        np.testing.assert_allclose(getattr(back, name), getattr(p, name), atol=1e-12)


def test_ssm_equals_enumeration_in_likelihood_posteriors_and_path(ssm):
    p = switching(3, 2)
    traj = simulated(p, [7, 1, 2, 5], seed=1)
    model = to_ssm(p)
    exact = [brute_force(p, states) for states in traj]
    np.testing.assert_allclose(log_likelihood(model, traj), [x.log_density.sum() for x in exact], rtol=1e-10)
    for states, x in zip(traj, exact, strict=True):
        if len(states) > 1:
            states_posterior, joint_posterior, _ = model.expected_states(states)
            np.testing.assert_allclose(states_posterior[1:], x.smoothed, atol=1e-10)
            np.testing.assert_allclose(model.filter(states)[1:], x.predictive, atol=1e-10)
            np.testing.assert_array_equal(model.most_likely_states(states)[1:], x.path)
            np.testing.assert_allclose(
                joint_posterior[0] - silent_step(p, x.smoothed[0]), x.pairs.sum(axis=0), atol=1e-10
            )


def test_zeros_in_the_transitions_and_a_pi_at_the_edge_are_exact(ssm):
    p = switching(2, 2, seed=3)
    T = np.array([[1.0, 0.0], [0.3, 0.7]])
    p = SLDSParameters(T[1], T, p.M, p.b, p.Sigma)
    traj = simulated(p, [6, 4], seed=3)
    exact = [brute_force(p, states).log_density.sum() for states in traj]
    np.testing.assert_allclose(log_likelihood(to_ssm(p), traj), exact, rtol=1e-10)
    with pytest.raises(LmphysError, match="no mixture of the rows of T"):
        to_ssm(SLDSParameters([0.1, 0.9], T, p.M, p.b, p.Sigma))


def test_one_step_of_em_is_weighted_least_squares_under_the_exact_posterior(ssm):
    p = switching(2, 2, seed=4)
    traj = simulated(p, [5, 2, 6, 3, 7, 4, 6, 1], seed=5)
    fitted = SSMPeer(n_iter=1, init=p).fit(traj)
    exact = [brute_force(p, states) for states in traj]
    gamma = np.concatenate([x.smoothed for x in exact])
    h, h_next, _ = traj.pairs()
    design = np.hstack([h, np.ones((len(h), 1))])
    for k in range(2):
        root = np.sqrt(gamma[:, k : k + 1])
        solution = np.linalg.lstsq(root * design, root * h_next, rcond=None)[0]
        np.testing.assert_allclose(fitted.parameters_.M[k], solution[:2].T - np.eye(2), atol=1e-6)
        np.testing.assert_allclose(fitted.parameters_.b[k], solution[2], atol=1e-6)
        residual = root * (h_next - design @ solution)
        np.testing.assert_allclose(fitted.parameters_.Sigma[k], residual.T @ residual / gamma[:, k].sum(), atol=1e-6)
    # T also counts the step from the silent regime to the first: what an M step of ours leaves out.
    silent_steps = sum(silent_step(p, x.smoothed[0]) for x in exact if len(x.smoothed))
    counts = sum(x.pairs.sum(axis=0) for x in exact) + silent_steps
    T = counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.parameters_.T, T, atol=1e-7)
    np.testing.assert_allclose(fitted.parameters_.pi, silent_steps.sum(axis=1) / silent_steps.sum() @ T, atol=1e-7)


def test_history_rises_ends_at_the_parameters_and_lacks_the_first_points(ssm):
    truth = switching(2, 3, seed=6)
    traj = simulated(truth, [2, 9, 1, 6, 12, 8, 7, 10], seed=6)
    fitted = SSMPeer(2, n_iter=6, random_state=1).fit(traj)
    assert fitted.log_likelihoods_.shape == (7,)
    assert (np.diff(fitted.log_likelihoods_) > -1e-4).all()
    exact = sum(brute_force(fitted.parameters_, states).log_density.sum() for states in traj)
    assert fitted.log_likelihoods_[-1] == pytest.approx(exact, rel=1e-9)
    from_truth = SSMPeer(n_iter=0, init=truth).fit(traj)
    exact = sum(brute_force(truth, states).log_density.sum() for states in traj)
    np.testing.assert_allclose(from_truth.log_likelihoods_, [exact], rtol=1e-9)


def test_peers_neither_disturb_nor_depend_on_the_global_generator_and_are_silent(ssm, capfd):
    traj = simulated(switching(2, 2, seed=7), [6] * 8, seed=7)
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    first = SSMPeer(2, n_iter=3).fit(traj)
    first_latent = LatentSLDS(2, 1, n_iter=1).fit(traj)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(6)
    np.testing.assert_array_equal(clone(first).fit(traj).parameters_.M, first.parameters_.M)
    np.testing.assert_array_equal(clone(first_latent).fit(traj).parameters_.A, first_latent.parameters_.A)
    assert capfd.readouterr() == ("", "")


def test_what_ssm_cannot_do_is_refused(ssm, ragged, monkeypatch):
    with pytest.raises(LmphysError, match="no transitions"):
        SSMPeer(2).fit(ragged.select([1]))
    with pytest.raises(LmphysError, match="ssm broke down"):
        SSMPeer(50).fit(ragged.select([3]))
    with pytest.raises(LmphysError, match="not within 1 and 5"):
        LatentSLDS(2, 6).fit(ragged)
    monkeypatch.setitem(sys.modules, "ssm", None)
    with pytest.raises(LmphysError, match=r"ssm cannot be imported .*; install the lock under Python 3.11"):
        import_ssm()


# Ours beside ssm


def test_ours_equals_ssm_at_equal_parameters(ssm):
    p = switching(4, 3, seed=20)
    traj = simulated(p, [40, 1, 2, 17, 9], seed=20)
    ours, theirs = SLDS.from_parameters(p), to_ssm(p)
    np.testing.assert_allclose(ours.log_likelihood(traj), log_likelihood(theirs, traj), rtol=1e-10)
    inference = ours.infer(traj)
    chains = [states for states in traj if len(states) > 1]
    smoothed = np.concatenate([theirs.expected_states(states)[0][1:] for states in chains])
    np.testing.assert_allclose(inference.smoothed, smoothed, atol=1e-10)
    predictive = np.concatenate([theirs.filter(states)[1:] for states in chains])
    np.testing.assert_allclose(inference.predictive, predictive, atol=1e-10)
    path = np.concatenate([theirs.most_likely_states(states)[1:] for states in chains])
    np.testing.assert_array_equal(ours.viterbi(traj), path)


def test_one_step_of_our_em_without_priors_is_that_of_ssm(ssm):
    p = switching(3, 3, seed=21)
    traj = simulated(p, [12, 2, 8, 15, 1, 9, 11, 20, 7], seed=21)
    theirs = SSMPeer(n_iter=1, init=p).fit(traj).parameters_
    ours = SLDS(3, init=p, max_iter=1, drift_prior=0.0, covariance_prior=0.0, concentration=1.0).fit(traj).parameters_
    for name in ("M", "b", "Sigma"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-5)
    # Theirs counts one step more for each chain, from the silent regime to the first one.
    before = SLDS.from_parameters(p)
    first = before.infer(traj).smoothed[np.unique(traj.pairs()[2], return_index=True)[1]]
    silent = sum(silent_step(p, smoothed) for smoothed in first)
    pairs = before._messages(traj)[0].smoothed()[1][0].numpy()
    np.testing.assert_allclose(ours.T, pairs / pairs.sum(axis=1, keepdims=True), atol=1e-10)
    np.testing.assert_allclose(ours.pi, first.mean(axis=0), atol=1e-10)
    counts = pairs + silent
    np.testing.assert_allclose(theirs.T, counts / counts.sum(axis=1, keepdims=True), atol=1e-7)
    np.testing.assert_allclose(theirs.pi, silent.sum(axis=1) / len(first) @ theirs.T, atol=1e-7)


def test_our_em_goes_on_where_that_of_ssm_ends_for_its_pi_is_less_free(ssm):
    # Every chain starts in the one regime that no regime leads to: no mixture of the rows of T.
    p = switching(2, 2, seed=22)
    p = SLDSParameters([1.0, 0.0], [[0.05, 0.95], [0.05, 0.95]], p.M, p.b * 3, p.Sigma)
    traj = simulated(p, [8] * 20, seed=22)
    near = SLDSParameters(p.T[0], p.T, p.M, p.b, p.Sigma)
    theirs = SSMPeer(n_iter=40, init=near).fit(traj)
    flat = SLDS(2, init=theirs.parameters_, max_iter=40, drift_prior=0.0, covariance_prior=0.0, concentration=1.0)
    ours = flat.fit(traj)
    gain = ours.log_likelihood(traj).sum() - theirs.log_likelihoods_[-1]
    assert theirs.log_likelihoods_[-1] == pytest.approx(
        SLDS.from_parameters(theirs.parameters_).log_likelihood(traj).sum(), rel=1e-9
    )
    # At most what the first regime's probability can cost, -log 0.05 for each chain.
    assert 20 < gain < 20 * np.log(20)
    assert ours.parameters_.pi.max() > 0.95


# The filter of the latent state


@pytest.mark.parametrize(("L", "D"), [(2, 3), (3, 2), (2, 2)])
def test_one_regime_is_the_kalman_filter_by_conditioning_the_joint_gaussian(L, D):
    p = latent(1, L, D, seed=L)
    y = np.random.default_rng(8).standard_normal((7, D)) * 2
    found, exact = filter_one_step(p, y), exact_one_step(p, y)
    np.testing.assert_allclose(found.mean, exact[0], atol=1e-10)
    np.testing.assert_allclose(found.log_density, exact[1], atol=1e-10)


def test_equal_regimes_are_one_regime():
    one = latent(1, 2, 3, seed=9)
    rng = np.random.default_rng(9)
    copies = {name: np.repeat(getattr(one, name), 3, axis=0) for name in ("A", "b", "Q")}
    rest = {name: getattr(one, name) for name in ("C", "d", "R", "mean", "covariance")}
    three = LatentParameters(pi=rng.dirichlet(np.ones(3)), T=rng.dirichlet(np.ones(3), 3), **copies, **rest)
    y = rng.standard_normal((8, 3))
    np.testing.assert_allclose(filter_one_step(three, y).mean, filter_one_step(one, y).mean, atol=1e-12)
    np.testing.assert_allclose(filter_one_step(three, y).log_density, filter_one_step(one, y).log_density, atol=1e-12)


def test_two_regimes_are_exact_at_first_and_close_afterwards():
    rng = np.random.default_rng(10)
    error_forecast, error_density, spread = [], [], []
    for seed in range(12):
        p = latent(2, 2, 2, seed=seed)
        y = observed(p, 6, rng)
        found, exact = filter_one_step(p, y), exact_one_step(p, y)
        np.testing.assert_allclose(found.mean[:3], exact[0][:3], atol=1e-10)
        np.testing.assert_allclose(found.log_density[:2], exact[1][:2], atol=1e-10)
        error_forecast.append(np.abs(found.mean - exact[0]).max())
        error_density.append(np.abs(found.log_density - exact[1]).max())
        spread.append(exact[0].std(axis=0).mean())
    assert 1e-6 < max(error_forecast) < 0.06 * np.mean(spread)
    assert 1e-6 < max(error_density) < 0.06


def test_without_observation_noise_it_is_the_switching_model_of_the_states():
    p = switching(3, 2, seed=11)
    states = simulated(p, [7], seed=11)[0]
    limit = LatentParameters(
        pi=p.pi,
        T=p.T,
        A=np.eye(2) + p.M,
        b=p.b,
        Q=p.Sigma,
        C=np.eye(2),
        d=np.zeros(2),
        R=1e-10 * np.eye(2),
        mean=np.zeros(2),
        covariance=np.eye(2),
    )
    found, exact = filter_one_step(limit, states), brute_force(p, states)
    np.testing.assert_allclose(found.log_density, exact.log_density, atol=1e-6)
    forecast = np.einsum("tk,ktd->td", exact.predictive, p.means(states[:-1]))
    np.testing.assert_allclose(found.mean, forecast, atol=1e-6)


def test_a_change_of_the_latent_coordinates_changes_nothing():
    p = latent(3, 2, 3, seed=12)
    G, shift = np.array([[2.0, -1.0], [0.5, 1.5]]), np.array([3.0, -2.0])
    inverse = np.linalg.inv(G)
    A = G @ p.A @ inverse
    other = LatentParameters(
        pi=p.pi,
        T=p.T,
        A=A,
        b=p.b @ G.T + shift - A @ shift,
        Q=G @ p.Q @ G.T,
        C=p.C @ inverse,
        d=p.d - p.C @ inverse @ shift,
        R=p.R,
        mean=G @ p.mean + shift,
        covariance=G @ p.covariance @ G.T,
    )
    y = np.random.default_rng(12).standard_normal((9, 3))
    np.testing.assert_allclose(filter_one_step(other, y).mean, filter_one_step(p, y).mean, atol=1e-10)
    np.testing.assert_allclose(filter_one_step(other, y).log_density, filter_one_step(p, y).log_density, atol=1e-10)


def test_forecast_never_sees_its_target_and_impossible_regimes_do_no_harm():
    p = latent(2, 2, 3, seed=13)
    p = LatentParameters(**{**vars(p), "pi": [1.0, 0.0], "T": [[1.0, 0.0], [0.5, 0.5]]})
    y = np.random.default_rng(13).standard_normal((6, 3))
    whole = filter_one_step(p, y)
    for t in range(5):
        altered = y.copy()
        altered[t + 1 :] += 100.0
        np.testing.assert_array_equal(filter_one_step(p, altered).mean[: t + 1], whole.mean[: t + 1])
        assert filter_one_step(p, altered).log_density[t] < whole.log_density[t]
    alone = LatentParameters(
        **{**vars(p), "pi": [1.0], "T": [[1.0]], "A": p.A[:1], "b": p.b[:1], "Q": p.Q[:1]},
    )
    np.testing.assert_allclose(whole.log_density, filter_one_step(alone, y).log_density, atol=1e-12)


def test_parameters_that_disagree_are_refused():
    p = latent(2, 2, 3)
    with pytest.raises(LmphysError, match="disagree in shape"):
        LatentParameters(**{**vars(p), "C": p.C.T})
    with pytest.raises(LmphysError, match="not finite"):
        LatentParameters(**{**vars(p), "d": np.full(3, np.nan)})
    with pytest.raises(LmphysError, match="probabilities"):
        LatentParameters(**{**vars(p), "pi": [0.5, 0.6]})


# The latent model, learned


def test_latent_model_beats_an_observed_map_where_there_is_observation_noise(ssm):
    # A slow latent AR(1), 0.9, seen through noise of its own size: h_t alone is a poor predictor.
    rng = np.random.default_rng(14)
    chains = []
    for _ in range(40):
        x = np.cumprod(np.full(8, 0.9)) * rng.standard_normal() * 2
        chains.append(x[:, None] * [1.0, -1.0, 0.5] + 0.7 * rng.standard_normal((8, 3)))
    train, test = Trajectories.from_list(chains[:20]), Trajectories.from_list([*chains[20:], np.zeros((1, 3))])
    model = LatentSLDS(1, 1, n_iter=3).fit(train)
    forecast, log_density = model.predict(test)
    assert forecast.shape == (test.n_transitions, 3) and log_density.shape == (test.n_transitions,)
    assert model.elbos_.shape == (4,) and model.elbos_[-1] > model.elbos_[0]
    observed = LinearDrift(0.0).fit(train)
    error = ((test.pairs()[1] - forecast) ** 2).mean()
    assert error < 0.95 * ((test.pairs()[1] - observed.predict(test).mean) ** 2).mean()
    np.testing.assert_allclose(forecast[:7], filter_one_step(model.parameters_, test[0]).mean)
    with pytest.raises(LmphysError, match="width 2"):
        model.predict(test.with_states(test.states[:, :2]))


def test_latent_model_is_scored_beside_the_baselines(ssm, ar1):
    train, test = ar1(0.8, 8, 5, 2, seed=15), ar1(0.8, 12, 6, 2, seed=16)
    model = LatentSLDS(2, 2, n_iter=1).fit(train)
    scores = one_step_scores(model, test, train=train, n_bootstrap=20)
    assert scores.index[0] == "latent state"
    h_next = test.pairs()[1]
    error = ((h_next - model.predict(test).mean) ** 2).sum()
    assert scores["r2_h"].iloc[0] == pytest.approx(1 - error / ((h_next - h_next.mean(axis=0)) ** 2).sum())
    assert scores["nll"].iloc[0] == pytest.approx(model.predict(test).nll.mean())
    assert scores["nll"].notna().all()


def test_peers_are_compared_on_held_out_chains(ssm):
    truth = random_parameters(2, 3, separation=4.0, seed=0)
    train, test = (draw_chains(truth, 30, 6, seed=seed) for seed in (1, 2))
    table = compare_peers(train, test, n_regimes=2, latent_dim=3, n_iter=3)
    assert list(table.index) == ["switching state", "switching state, ssm", "latent state, ssm"]
    model = SLDS(2).fit(train)
    assert table.nll["switching state"] == pytest.approx(-model.score(test))
    peer = SLDS.from_parameters(SSMPeer(2, n_iter=3).fit(train).parameters_)
    assert table.nll["switching state, ssm"] == pytest.approx(-peer.score(test))
    assert (table.seconds > 0).all()
    forecast, h_next = model.predict(test).mean, test.pairs()[1]
    expected = r2_score(h_next, forecast, multioutput="variance_weighted")
    assert table.r2_h["switching state"] == pytest.approx(expected)


def test_without_ssm_the_comparison_has_our_row_alone(monkeypatch):
    def missing():
        raise LmphysError("ssm cannot be imported") from ImportError("ssm")

    monkeypatch.setattr(peers, "import_ssm", missing)
    traj = draw_chains(random_parameters(2, 3, separation=4.0, seed=0), 10, 6)
    table = compare_peers(traj, traj, n_regimes=2)
    assert list(table.index) == ["switching state"]
    of_lists = compare_peers(list(traj), list(traj), n_regimes=2)
    pd.testing.assert_frame_equal(of_lists[["r2_h", "nll"]], table[["r2_h", "nll"]])


def test_a_latent_model_that_was_not_fitted_says_so(ragged):
    for model in (LatentSLDS(2, 2), SSMPeer(2)):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            model.predict(ragged)
