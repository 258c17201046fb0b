"""EM: monotone for every option, optimal, right in closed form, and honest about what cannot be learned."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import adjusted_rand_score
from tests.dynamics.slds.brute import brute_force

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.slds import init as starts
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.init import labels, prepare
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters

FLAT = {"drift_prior": 0.0, "covariance_prior": 0.0, "concentration": 1.0}
DRIFTS, COVARIANCES = ("switching", "shared", "none"), ("full", "diagonal", "tied", "low-rank")


@pytest.fixture(scope="module")
def chains() -> Trajectories:
    """Three regimes, 4 dimensions, 80 chains of 2 to 12 states."""
    return draw_chains(random_parameters(3, 4, separation=3.0, seed=0), 80, (2, 12), seed=1)


@pytest.mark.parametrize(("drift", "covariance"), list(product(DRIFTS, COVARIANCES)))
@pytest.mark.parametrize("prior", ["default", "flat", "strong"])
def test_objective_never_falls(chains, drift, covariance, prior):
    strong = {"drift_prior": 5.0, "covariance_prior": 10.0, "concentration": 3.0, "stickiness": 20.0}
    penalties = {"default": {}, "flat": FLAT, "strong": strong}[prior]
    for init in ("kmeans", "mixture", "random"):
        model = SLDS(
            3, drift=drift, covariance=covariance, noise_rank=1, init=init, n_init=2, max_iter=30, tol=0.0, **penalties
        ).fit(chains)
        for monitor in model.monitors_:
            rise = np.diff(monitor.objective)
            rise = np.delete(rise, [when - 1 for when, _ in monitor.reseeded if when <= len(rise)])
            assert rise.min(initial=0.0) > -1e-8 * abs(monitor.objective[0])
        assert model.monitor_.objective[-1] == max(m.objective[-1] for m in model.monitors_)
        if prior == "flat":  # then the objective is the likelihood
            np.testing.assert_allclose(model.monitor_.objective, model.monitor_.log_likelihood, rtol=1e-12)
        assert model.monitor_.log_likelihood[-1] == pytest.approx(model.log_likelihood(chains).sum(), rel=1e-9)


@pytest.mark.parametrize(("drift", "covariance"), list(product(DRIFTS, COVARIANCES)))
def test_restricted_models_are_what_they_say(chains, drift, covariance):
    model = SLDS(3, drift=drift, covariance=covariance, noise_rank=1, n_init=1, max_iter=5).fit(chains)
    p = model.parameters_
    if drift == "none":
        assert not p.M.any()
    assert np.allclose(p.M[0], p.M[1:]) == (drift != "switching")
    off_diagonal = p.Sigma * (1 - np.eye(4))
    assert np.allclose(off_diagonal, 0) == (covariance == "diagonal")
    assert np.allclose(p.Sigma[0], p.Sigma[1:]) == (covariance == "tied")
    if covariance == "low-rank":  # off the diagonal a matrix of rank 1: u_i u_j u_k u_l = S_ij S_kl = S_ik S_jl
        S = p.Sigma
        np.testing.assert_allclose(S[:, 0, 1] * S[:, 2, 3], S[:, 0, 2] * S[:, 1, 3], atol=1e-12)


def penalised(model: SLDS, p: SLDSParameters, chains: Trajectories, scale: np.ndarray) -> float:
    """Log posterior written out from the docstring of `Prior`, for own M and own full Sigma."""
    D = p.width
    total = SLDS.from_parameters(p).log_likelihood(chains).sum()
    count = model.covariance_prior * D
    for M, Sigma in zip(p.M, p.Sigma, strict=True):
        inner = model.ridge_ * M @ M.T + count * np.diag(scale)
        total -= 0.5 * np.trace(np.linalg.solve(Sigma, inner)) + 0.5 * count * np.linalg.slogdet(Sigma)[1]
    total += (model.concentration - 1) * (np.log(p.pi).sum() + np.log(p.T).sum())
    return total + model.stickiness * np.log(np.diag(p.T)).sum()


def test_fit_is_a_maximum_of_the_stated_posterior(chains):
    model = SLDS(
        3, drift_prior=0.5, covariance_prior=2.0, concentration=1.5, stickiness=4.0, n_init=2, max_iter=2000, tol=1e-12
    )
    p = model.fit(chains).parameters_
    residuals = LinearDrift(model.ridge_, penalty="A-I").fit(chains).residuals(chains)
    scale = np.minimum(residuals**2, np.quantile(residuals**2, 0.99, axis=0, method="inverted_cdf")).mean(axis=0)
    assert model.ridge_ == pytest.approx(0.5 * chains.pairs()[0].var(axis=0).sum())
    top = penalised(model, p, chains, scale)
    assert top == pytest.approx(model.monitor_.objective[-1], rel=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(40):
        M, b = (0.02 * rng.standard_normal(x.shape) for x in (p.M, p.b))
        S = 0.02 * rng.standard_normal(p.Sigma.shape)
        noise = np.exp(0.05 * rng.standard_normal((4, 3)))
        pi, T = p.pi * noise[0], p.T * noise[1:]
        sides = [
            penalised(
                model,
                SLDSParameters(
                    q / q.sum(),
                    R / R.sum(1, keepdims=True),
                    p.M + s * M,
                    p.b + s * b,
                    p.Sigma + s * (S + S.transpose(0, 2, 1)),
                ),
                chains,
                scale,
            )
            for s, q, R in ((1, pi, T), (-1, p.pi**2 / pi, p.T**2 / T))
        ]
        assert max(sides) < top + 1e-6


def test_one_step_of_em_is_the_textbook_step(chains):
    """Regime weights by enumeration, then weighted least squares, in numpy, priors off."""
    few = chains.select(np.flatnonzero(chains.lengths <= 8))
    start = random_parameters(3, 4, separation=2.0, seed=5)
    found = SLDS(3, init=start, max_iter=1, tol=0.0, **FLAT).fit(few).parameters_
    exact = [brute_force(start, chain) for chain in few]
    gamma = np.concatenate([e.smoothed for e in exact])
    h, h_next, _ = few.pairs()
    X = np.hstack([h, np.ones((len(h), 1))])
    for j in range(3):
        w = gamma[:, j, None]
        W = np.linalg.solve(X.T @ (w * X), X.T @ (w * (h_next - h))).T
        error = h_next - h - X @ W.T
        np.testing.assert_allclose(found.M[j], W[:, :4], atol=1e-8)
        np.testing.assert_allclose(found.b[j], W[:, 4], atol=1e-8)
        np.testing.assert_allclose(found.Sigma[j], (w * error).T @ error / w.sum(), atol=1e-8)
    pairs = np.concatenate([e.pairs for e in exact]).sum(axis=0)
    np.testing.assert_allclose(found.T, pairs / pairs.sum(axis=1, keepdims=True), atol=1e-10)
    first = np.array([e.smoothed[0] for e in exact]).sum(axis=0)
    np.testing.assert_allclose(found.pi, first / first.sum(), atol=1e-10)


@pytest.mark.parametrize("prior", [0.0, 0.7])
def test_one_regime_is_one_linear_map(chains, prior):
    model = SLDS(1, drift_prior=prior, covariance_prior=0.0).fit(chains)
    linear = LinearDrift(model.ridge_, penalty="A-I").fit(chains)
    np.testing.assert_allclose(model.parameters_.M[0], linear.A_ - np.eye(4), atol=1e-10)
    np.testing.assert_allclose(model.parameters_.b[0], linear.c_, atol=1e-10)
    np.testing.assert_allclose(model.forecasts(chains)["predictive"], linear.predict(chains).mean, atol=1e-9)
    if not prior:
        np.testing.assert_allclose(model.parameters_.Sigma[0], linear.noise_covariance_, atol=1e-10)
        residuals = multivariate_normal(np.zeros(4), linear.noise_covariance_).logpdf(linear.residuals(chains))
        np.testing.assert_allclose(model.predict(chains).log_density, residuals, atol=1e-9)
        # Gauss: at the maximum the mean log density is minus the entropy of the noise.
        entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * linear.noise_covariance_)[1]
        assert model.score(chains) == pytest.approx(-entropy, rel=1e-10)


@pytest.mark.slow
def test_low_rank_noise_is_factor_analysis():
    rng = np.random.default_rng(8)
    steps = rng.standard_normal((400, 2)) @ rng.standard_normal((2, 6)) + rng.standard_normal((400, 6)) * rng.uniform(
        0.5, 2, 6
    )
    traj = Trajectories.from_list(
        [np.stack([h, h + step]) for h, step in zip(rng.standard_normal((400, 6)), steps, strict=True)]
    )
    model = SLDS(1, drift="none", covariance="low-rank", noise_rank=2, max_iter=3000, tol=1e-10, **FLAT).fit(traj)
    peer = FactorAnalysis(2, svd_method="lapack", tol=1e-10, max_iter=5000).fit(steps)
    # Both creep up a flat ridge, and stop a little below the maximum.
    assert model.score(traj) == pytest.approx(peer.score(steps), abs=2e-4)
    np.testing.assert_allclose(model.parameters_.Sigma[0], peer.get_covariance(), rtol=0.02, atol=0.02)


def test_restarts_side_by_side_are_restarts_one_by_one(chains):
    """The last of three restarts, fitted together with two that end earlier or later, and alone from its start."""
    together = SLDS(3, n_init=3, init="random", random_state=3, tol=1e-5).fit(chains)
    assert len({m.n_iter for m in together.monitors_}) > 1
    starts = [SLDS(3, n_init=3, init="random", random_state=3, max_iter=0).fit(chains)]
    best = together.monitors_.index(together.monitor_)
    assert together.monitor_.objective[-1] == max(m.objective[-1] for m in together.monitors_)
    # A fit of no iteration keeps the best start; go on from it alone.
    kept = starts[0].monitors_.index(starts[0].monitor_)
    alone = SLDS(3, init=starts[0].parameters_, tol=1e-5).fit(chains)
    np.testing.assert_allclose(alone.monitor_.objective, together.monitors_[kept].objective, rtol=1e-9)
    assert 0 <= best < 3


def test_same_seed_same_result(chains):
    one, two, other = (SLDS(3, random_state=seed, init="random").fit(chains) for seed in (0, 0, 1))
    for name in ("pi", "T", "M", "b", "Sigma"):
        np.testing.assert_array_equal(getattr(one.parameters_, name), getattr(two.parameters_, name))
    assert one.monitor_.objective == two.monitor_.objective
    assert one.monitors_[0].objective != other.monitors_[0].objective


def test_float32_finds_the_same_model(chains):
    exact, fast = (SLDS(3, dtype=dtype, n_init=2).fit(chains) for dtype in ("float64", "float32"))
    assert fast.score(chains) == pytest.approx(exact.score(chains), abs=1e-4)
    assert adjusted_rand_score(fast.viterbi(chains), exact.viterbi(chains)) > 0.99


def test_a_dead_regime_is_placed_anew_and_reported(chains):
    good = SLDS(2, n_init=1).fit(chains).parameters_
    far = SLDSParameters(
        np.array([0.5, 0.5, 0.0]),
        np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.0, 0.0, 1.0]]),
        np.concatenate([good.M, good.M[:1]]),
        np.concatenate([good.b, np.full((1, 4), 1e3)]),
        np.concatenate([good.Sigma, good.Sigma[:1]]),
    )  # fmt: skip
    model = SLDS(3, init=far, max_iter=100, tol=1e-6).fit(chains)
    assert (1, 2) in model.monitor_.reseeded
    assert model.infer(chains).smoothed.sum(axis=0).min() > 1
    assert model.monitor_.log_likelihood[-1] > SLDS.from_parameters(good).log_likelihood(chains).sum() + 20


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_default_priors_never_give_a_singular_regime(covariance):
    """More parameters than data: 12 transitions in 6 dimensions, one of them constant, for 5 regimes."""
    rng = np.random.default_rng(9)
    states = [np.hstack([rng.standard_normal((4, 5)), np.ones((4, 1))]) for _ in range(4)]
    model = SLDS(5, covariance=covariance, noise_rank=2, init="random").fit(states)
    assert np.linalg.eigvalsh(model.parameters_.Sigma).min() > 0
    assert np.isfinite(model.score(states))


def test_information_criteria_and_their_parameter_counts(chains):
    for (drift, covariance), K in product(product(DRIFTS, COVARIANCES), (1, 3)):
        model = SLDS(K, drift=drift, covariance=covariance, noise_rank=2, n_init=1, max_iter=2).fit(chains)
        own_M = {"switching": 16 * K, "shared": 16, "none": 0}[drift]
        # Rank 2 plus diagonal in 4 dimensions: 8 loadings less 1 rotation plus 4, more than the 10 of a full one.
        own_S = {"full": 10 * K, "diagonal": 4 * K, "tied": 10, "low-rank": 10 * K}[covariance]
        assert model.n_parameters == own_M + 4 * K + own_S + K * (K - 1) + K - 1
    log_likelihood = model.log_likelihood(chains).sum()
    assert model.aic(chains) == pytest.approx(2 * model.n_parameters - 2 * log_likelihood)
    assert model.bic(chains) == pytest.approx(np.log(chains.n_transitions) * model.n_parameters - 2 * log_likelihood)


def test_simulation_has_the_moments_of_the_model():
    p = random_parameters(2, 3, separation=4.0, stay=0.7, seed=2)
    start = Trajectories.from_list([np.full((1, 3), 2.0)] * 20000)
    drawn = SLDS.from_parameters(p).simulate(start, 2, seed=0)
    states = drawn.states.reshape(20000, 3, 3)
    z = drawn.sentences["regime"].to_numpy().reshape(20000, 3)
    assert (z[:, 0] == -1).all()
    np.testing.assert_allclose(np.bincount(z[:, 1]) / 20000, p.pi, atol=0.015)
    for i in range(2):
        np.testing.assert_allclose(np.bincount(z[z[:, 1] == i, 2]) / (z[:, 1] == i).sum(), p.T[i], atol=0.015)
        at = z[:, 1] == i
        np.testing.assert_allclose(states[at, 1].mean(axis=0), p.means(np.full((1, 3), 2.0))[i, 0], atol=0.04)
        noise = states[at, 2] - p.means(states[at, 1])[z[at, 2], np.arange(at.sum())]
        np.testing.assert_allclose(np.cov(noise.T), np.eye(3), atol=0.06)


def test_continuation_starts_from_what_the_prefix_says():
    p = random_parameters(3, 3, separation=6.0, stay=0.9, seed=3)
    prefix = draw_chains(p, 1, 5, seed=4)
    model = SLDS.from_parameters(p)
    expected = brute_force(p, prefix[0]).filtered[-1] @ p.T
    many = Trajectories.concatenate([prefix] * 4000)
    drawn = model.simulate(many, np.arange(4000) % 2 + 1, seed=1)
    np.testing.assert_array_equal(drawn.lengths, 5 + np.arange(4000) % 2 + 1)
    np.testing.assert_array_equal(drawn[17][:5], prefix[0])
    regime = drawn.sentences["regime"].to_numpy()
    first = regime[drawn.offsets[:-1] + 5]
    np.testing.assert_allclose(np.bincount(first, minlength=3) / 4000, expected, atol=0.03)
    again = model.simulate(many, np.arange(4000) % 2 + 1, seed=1)
    np.testing.assert_array_equal(again.states, drawn.states)
    with pytest.raises(LmphysError, match="one for each"):
        model.simulate(prefix, np.array([1, 2]), seed=0)


def test_saved_and_loaded_models_are_the_same(chains, tmp_path):
    model = SLDS(3, covariance="tied", n_init=2, max_iter=20).fit(chains)
    model.save(tmp_path / "model")
    loaded = SLDS.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.forecasts(chains)["predictive"], model.forecasts(chains)["predictive"])
    assert loaded.monitor_ == model.monitor_ and loaded.monitors_ == model.monitors_
    assert loaded.ridge_ == model.ridge_
    SLDS(np.int64(2), drift_prior=np.float32(0.5), n_init=1, max_iter=1).fit(chains).save(tmp_path / "numpy")
    assert SLDS.load(tmp_path / "numpy").n_regimes == 2
    assert not [f for f in (tmp_path / "model").iterdir() if f.suffix not in (".json", ".safetensors")]
    (tmp_path / "model" / "parameters.safetensors").write_bytes(b"damaged")
    with pytest.raises(LmphysError, match="no readable model"):
        SLDS.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_regimes": 0}, "n_regimes 0"),
        ({"n_regimes": 500}, "500 regimes for"),
        ({"drift": "free"}, "choose one of switching"),
        ({"covariance": "spherical"}, "choose one of full"),
        ({"covariance": "low-rank", "noise_rank": 4}, "use a smaller one"),
        ({"dtype": "float16"}, "choose one of float32"),
        ({"init": "kmeans++"}, "choose one of auto"),
        ({"init": random_parameters(2, 4, separation=1.0)}, "2 regimes in 4 dimensions, the fit 3 in 4"),
        ({"drift_prior": -1.0}, "drift_prior -1.0"),
        ({"drift_prior": np.nan}, "drift_prior nan"),
        ({"concentration": 0.5}, "concentration 0.5"),
        ({"n_regimes": 2.5}, "use a whole number, 1 or more"),
        ({"random_state": -1}, "random_state -1"),
        ({"tol": None}, "tol None: use a number"),
        ({"init": np.zeros(3)}, "give SLDSParameters"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message, chains):
    few = chains.select(range(10))
    with pytest.raises(LmphysError, match=message):
        SLDS(**{"n_regimes": 3, **settings}).fit(few)


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ([], "no sequences"),
        ([np.zeros((1, 2))], "no transitions"),
        ([np.full((3, 2), np.nan)], "not finite"),
        ([np.zeros((3, 2)), np.zeros((3, 4))], "one width"),
        ([np.zeros(3)], "matrices"),
        ([np.ones((5, 2))], "do not vary"),
    ],
)
def test_states_that_cannot_be_fitted_are_refused(states, message):
    with pytest.raises(LmphysError, match=message):
        SLDS(1).fit(states)


def test_without_a_prior_too_few_transitions_are_refused():
    rng = np.random.default_rng(10)
    with pytest.raises(LmphysError, match="raise drift_prior"):
        SLDS(1, **FLAT).fit([rng.standard_normal((4, 6))])
    with pytest.raises(LmphysError, match="raise covariance_prior"):
        SLDS(1, **{**FLAT, "drift_prior": 1.0}).fit([rng.standard_normal((4, 6))])


def test_it_is_an_estimator(chains):
    model = SLDS(2, covariance="diagonal", n_init=1, max_iter=3)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert model.fit(list(chains)) is model
    np.testing.assert_array_equal(model.score(list(chains)), model.score(chains))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gpu_and_cpu_agree(chains):
    cpu, gpu = (SLDS(3, device=device, n_init=2).fit(chains) for device in ("cpu", "cuda"))
    assert gpu.monitor_.objective[-1] == pytest.approx(cpu.monitor_.objective[-1], rel=1e-8)


@pytest.mark.parametrize(
    ("drift", "covariance"),
    [
        pytest.param(drift, noise, marks=[pytest.mark.slow] if drift == "none" or noise == "low-rank" else [])
        for drift, noise in product(DRIFTS, COVARIANCES)
    ],
)
def test_start_from_parameters_of_another_kind_is_brought_into_its_own(chains, drift, covariance):
    """A better model that the structure does not allow must not end the fit where it begins."""
    free = SLDS(3, n_init=2).fit(chains).parameters_
    settings = {"drift": drift, "covariance": covariance, "noise_rank": 1}
    warm = SLDS(3, init=free, tol=1e-7, max_iter=500, **settings).fit(chains)
    assert np.diff(warm.monitor_.objective).min() > -1e-8 * abs(warm.monitor_.objective[0])
    assert warm.monitor_.n_iter > 1 or warm.monitor_.objective[-1] >= warm.monitor_.objective[0]
    cold = SLDS(3, n_init=4, tol=1e-7, max_iter=500, **settings).fit(chains)
    assert warm.monitor_.objective[-1] > cold.monitor_.objective[-1] - 0.02 * abs(cold.monitor_.objective[-1])


@pytest.mark.parametrize("seed", range(6))
def test_what_is_shared_stays_shared_when_regimes_die(seed):
    rng = np.random.default_rng(seed)
    states = [np.cumsum(rng.standard_normal((5, 3)), axis=0) for _ in range(6)]
    for settings in ({"drift": "shared"}, {"covariance": "tied"}, {"drift": "shared", "covariance": "tied"}):
        model = SLDS(8, init="random", n_init=4, random_state=seed, **settings).fit(states)
        p = model.parameters_
        for name, matrices in (("drift", p.M), ("covariance", p.Sigma)):
            if name in settings:
                np.testing.assert_allclose(matrices, np.broadcast_to(matrices[:1], matrices.shape), atol=1e-12)
        for monitor in model.monitors_:
            rise = np.diff(monitor.objective)
            rise = np.delete(rise, [when - 1 for when, _ in monitor.reseeded if when <= len(rise)])
            assert rise.min(initial=0.0) > -1e-8 * abs(monitor.objective[0])


@pytest.mark.parametrize("drift", DRIFTS)
@pytest.mark.parametrize("init", ["auto", "random"])
def test_as_many_regimes_as_transitions_can_be_fitted(drift, init):
    for seed in range(5):
        states = list(np.random.default_rng(seed).standard_normal((4, 2, 2)))
        model = SLDS(4, drift=drift, init=init, random_state=seed).fit(states)
        assert np.isfinite(model.score(states))
        assert np.isfinite([m.objective for m in model.monitors_ if m is model.monitor_]).all()


@pytest.mark.parametrize("scale", [1e-9, 1e-6, 1e6, 1e9])
def test_unit_of_the_states_does_not_matter(chains, scale):
    plain = SLDS(3, n_init=2).fit(chains)
    scaled = SLDS(3, n_init=2).fit(chains.with_states(chains.states * scale))
    # k-means and mixtures have thresholds in units of their own, so EM may take another number of steps.
    assert adjusted_rand_score(scaled.viterbi(chains.with_states(chains.states * scale)), plain.viterbi(chains)) > 0.97
    np.testing.assert_allclose(
        np.linalg.slogdet(scaled.parameters_.Sigma / scale**2)[1].sum(),
        np.linalg.slogdet(plain.parameters_.Sigma)[1].sum(),
        atol=0.1,
    )


def test_unit_of_one_direction_does_not_matter_to_one_regime(chains):
    unit = np.array([1.0, 1e-5, 1e4, 1.0])
    plain, scaled = (SLDS(1, drift_prior=0.0).fit(traj) for traj in (chains, chains.with_states(chains.states * unit)))
    np.testing.assert_allclose(
        scaled.parameters_.Sigma[0] / np.outer(unit, unit), plain.parameters_.Sigma[0], rtol=1e-6, atol=1e-9
    )


def test_one_outlier_does_not_dissolve_the_regimes(chains):
    """A state 100 standard deviations away takes one regime for itself, and leaves the others as they were."""
    states = chains.states.copy()
    states[chains.offsets[40] + 1] += 100.0
    spoilt = SLDS(4).fit(chains.with_states(states))
    rest = chains.select(np.delete(np.arange(80), 40))
    assert adjusted_rand_score(SLDS(3).fit(rest).viterbi(rest), spoilt.viterbi(rest)) > 0.7


def test_float32_says_when_it_is_too_coarse():
    """A regime whose noise is a ten-thousandth of the other's: its moments drown in the rounding of the sum."""
    quiet, loud = np.eye(3), 1e8 * np.eye(3)
    truth = SLDSParameters(
        np.array([0.5, 0.5]),
        np.full((2, 2), 0.5),
        np.stack([-np.eye(3)] * 2),
        np.zeros((2, 3)),
        np.stack([quiet, loud]),
    )
    traj = draw_chains(truth, 200, 10, seed=0)
    settings = {"init": truth, "max_iter": 20, **FLAT}
    exact = SLDS(2, **settings).fit(traj).parameters_
    np.testing.assert_allclose(np.diagonal(exact.Sigma[0]), 1.0, atol=0.15)
    with pytest.raises(LmphysError, match="float32 is too coarse"):
        SLDS(2, dtype="float32", **settings).fit(traj)


def test_what_is_fitted_does_not_change_with_the_settings(chains):
    model = SLDS(3, n_init=1, max_iter=5).fit(chains)
    before, count = model.forecasts(chains)["predictive"], model.n_parameters
    model.set_params(n_regimes=2)
    np.testing.assert_array_equal(model.forecasts(chains)["predictive"], before)
    assert model.n_parameters == count


@pytest.mark.parametrize(("dtype", "init"), [("float64", "mixture"), ("float32", "kmeans")])
def test_memory_mapped_states_give_the_same_numbers_from_mapped_rows(chains, tmp_path, dtype, init):
    states = chains.states.astype(dtype)
    mapped = np.memmap(tmp_path / "states", dtype, "w+", shape=states.shape)
    mapped[:] = states
    settings = {"n_init": 1, "init": init, "max_iter": 5, "dtype": dtype}
    of_memory = Trajectories(states, chains.lengths)
    of_file = Trajectories(np.memmap(tmp_path / "states", dtype, "r", shape=states.shape), chains.lengths)
    fits = [SLDS(3, **settings).fit(traj) for traj in (of_memory, of_file)]
    for name in ("pi", "T", "M", "b", "Sigma"):
        a, b = (getattr(fit.parameters_, name) for fit in fits)
        np.testing.assert_array_equal(a, b)
    assert fits[0].monitor_.objective == fits[1].monitor_.objective
    rows = [fits[0]._packed(traj).rows for traj in (of_memory, of_file)]
    assert torch.equal(*rows)
    files = Path("/proc/self/maps")
    if files.exists():  # the rows lie in a file that has no name any more
        address = rows[1].data_ptr()
        (line,) = [
            text
            for text in files.read_text().splitlines()
            if int(text.split("-")[0], 16) <= address < int(text.split("-")[1].split()[0], 16)
        ]
        assert line.endswith("(deleted)")


@pytest.mark.parametrize("kind", ["kmeans", "mixture"])
def test_groups_of_some_transitions_are_those_of_all(monkeypatch, kind):
    rng = np.random.default_rng(0)
    regimes = rng.integers(3, size=(200, 5))
    # Steps of length 10 along one of three axes: what a state is tells nothing of the next step.
    steps = 10 * np.eye(4)[regimes] + 0.1 * rng.standard_normal((200, 5, 4))
    traj = Trajectories.from_list(list(np.concatenate([np.zeros((200, 1, 4)), steps.cumsum(axis=1)], axis=1)))
    packed = SLDS(3)._packed(traj)
    single, _ = prepare(packed, SLDS(3).structure, drift_prior=0.3, covariance_prior=1.0, concentration=1.1)
    monkeypatch.setattr(starts, "GROUPED", 300)
    monkeypatch.setattr(starts, "ROWS", 64)
    some = labels(packed, single, 3, kind, 0)
    truth = regimes.T.reshape(-1)  # packed: the first step of every chain, then every second one
    assert len(some) == 1000
    assert adjusted_rand_score(truth, some) == 1.0
