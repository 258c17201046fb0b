import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.implanted import (
    implant,
    implant_maps,
    implanted_chains,
    regime_separation,
    white_residuals,
)
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters

D, K = 5, 4


@pytest.fixture(scope="module")
def traj():
    """Chains of one map with correlated noise; two chains a question, lengths 2 to 9."""
    rng = np.random.default_rng(0)
    mix = rng.standard_normal((D, D))
    lengths = rng.integers(2, 10, size=60)
    chains = []
    for n in lengths:
        h = np.empty((n, D))
        h[0] = 3 * rng.standard_normal(D)
        for t in range(1, n):
            h[t] = 0.6 * h[t - 1] + mix @ rng.standard_t(6, D)
        chains.append(h)
    made = Trajectories.from_list(chains)
    made.chains["question_id"] = np.arange(60) // 2
    return made


@pytest.fixture(scope="module")
def base(traj):
    return SLDS(1).fit(traj).parameters_


def mahalanobis(p):
    return pdist(p.b, "mahalanobis", VI=np.linalg.inv(p.Sigma[0]))


@pytest.mark.parametrize("along", ["loud", "any"])
@pytest.mark.parametrize("separation", [0.0, 0.7, 3.0, 9.0])
def test_offsets_are_as_far_apart_as_stated_and_the_spread_is_that_of_the_base(traj, base, separation, along):
    p = implant(base, traj, K, separation=separation, along=along, seed=3)
    np.testing.assert_allclose(mahalanobis(p), separation, atol=1e-6)
    own = p.b - base.b
    np.testing.assert_allclose(own.sum(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(p.Sigma.mean(axis=0) + own.T @ own / K, base.Sigma[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(p.M, np.stack([base.M[0]] * K))
    assert regime_separation(p, traj) == pytest.approx(separation, abs=1e-6)


def test_regimes_of_drift_are_apart_on_average_and_agree_at_the_mean_state(traj, base):
    p = implant(base, traj, 3, separation=2.0, differ="drift", seed=1)
    h = traj.pairs()[0]
    expected = p.means(h)
    np.testing.assert_allclose(expected.mean(axis=0), base.means(h)[0], atol=1e-9)
    at_mean = p.means(h.mean(axis=0, keepdims=True))[:, 0]
    np.testing.assert_allclose(at_mean, np.stack([at_mean[0]] * 3), atol=1e-9)
    inverse = np.linalg.inv(p.Sigma[0])
    for i, j in ((0, 1), (0, 2), (1, 2)):
        apart = expected[i] - expected[j]
        assert np.einsum("ni,ij,nj->n", apart, inverse, apart).mean() == pytest.approx(4.0)
    own = expected - base.means(h)
    between = np.einsum("kni,knj->ij", own, own) / (3 * len(h))
    np.testing.assert_allclose(p.Sigma[0] + between, base.Sigma[0], rtol=1e-9, atol=1e-9)


def test_regimes_of_noise_differ_in_size_alone(traj, base):
    p = implant(base, traj, 3, separation=1.5, differ="noise")
    np.testing.assert_allclose(p.Sigma.mean(axis=0), base.Sigma[0])
    np.testing.assert_allclose(np.sqrt(p.Sigma[1:, 0, 0] / p.Sigma[:-1, 0, 0]), np.exp(0.75))
    assert regime_separation(p, traj) == pytest.approx(0, abs=1e-12)


def test_regimes_are_equally_frequent_and_go_on_as_stated(traj, base):
    p = implant(base, traj, K, separation=1.0, stay=0.7)
    np.testing.assert_allclose(p.stationary(), 1 / K)
    np.testing.assert_allclose(p.pi, 1 / K)
    np.testing.assert_allclose(np.diag(p.T), 0.7)
    np.testing.assert_allclose(p.T[~np.eye(K, dtype=bool)], 0.1)


def test_loud_regimes_lie_in_the_principal_directions_of_the_noise(traj, base):
    own = implant(base, traj, 3, separation=3.0, seed=2).b - base.b
    axes = np.linalg.eigh(base.Sigma[0])[1][:, ::-1]
    np.testing.assert_allclose(own @ axes[:, 2:], 0, atol=1e-9)
    other = implant(base, traj, 3, separation=3.0, along="any", seed=2).b - base.b
    assert np.abs(other @ axes[:, 2:]).max() > 0.1


def test_separation_is_that_of_all_pairs_by_their_weights(traj):
    rng = np.random.default_rng(4)
    T = rng.dirichlet(np.ones(3), size=3)
    noise = rng.standard_normal((3, D, D))
    Sigma = noise @ noise.transpose(0, 2, 1) + np.eye(D)
    p = SLDSParameters(np.ones(3) / 3, T, 0.1 * rng.standard_normal((3, D, D)), rng.standard_normal((3, D)), Sigma)
    share, expected = p.stationary(), p.means(traj.pairs()[0])
    inverse = np.linalg.inv(np.tensordot(share, Sigma, 1))
    total = weights = 0.0
    for i in range(3):
        for j in range(3):
            if i != j:
                apart = expected[i] - expected[j]
                total += share[i] * share[j] * np.einsum("ni,ij,nj->n", apart, inverse, apart).mean()
                weights += share[i] * share[j]
    assert regime_separation(p, traj) == pytest.approx(np.sqrt(total / weights))


def test_residuals_are_white_and_a_step_adds_one_of_them(traj, base):
    white = white_residuals(base, traj)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(D), atol=1e-12)
    row = white[7:8]
    drawn = implanted_chains(base, traj, innovations=row, seed=0)
    h, h_next, _ = drawn.pairs()
    kick = np.linalg.cholesky(base.Sigma[0]) @ row[0]
    np.testing.assert_allclose(h_next, base.means(h)[0] + kick, atol=1e-9)


def test_chains_begin_as_the_real_ones_do_and_are_as_long(traj, base):
    p = implant(base, traj, K, separation=2.0)
    twins = implanted_chains(p, traj, seed=5)
    np.testing.assert_array_equal(twins.lengths, traj.lengths)
    np.testing.assert_array_equal(twins.states[twins.offsets[:-1]], traj.states[traj.offsets[:-1]])
    assert twins.chains.question_id.tolist() == traj.chains.question_id.tolist()
    z = twins.sentences["regime"].to_numpy()
    assert (z[twins.offsets[:-1]] == -1).all()
    assert set(z[twins.sources() + 1]) == set(range(K))
    many = implanted_chains(p, traj, n_chains=150, length=4, seed=5)
    assert many.lengths.tolist() == [4] * 150
    few = implanted_chains(p, traj, n_chains=60, seed=5)  # each real chain once
    assert sorted(few.chains.chain_id) == sorted(traj.chains.chain_id)


def test_what_the_true_parameters_find_rises_from_nothing_to_everything(traj, base):
    found = []
    for separation in (0.0, 2.0, 4.0, 60.0):
        p = implant(base, traj, K, separation=separation, seed=1)
        drawn = implanted_chains(p, traj, n_chains=400, seed=2)
        z = drawn.sentences["regime"].to_numpy()[drawn.sources() + 1]
        found.append(adjusted_rand_score(z, SLDS.from_parameters(p).viterbi(drawn)))
    assert abs(found[0]) < 0.02
    assert found[0] + 0.1 < found[1] < found[2] - 0.1
    assert found[3] == 1.0


def test_unusable_settings_are_refused(traj, base):
    two = implant(base, traj, 2, separation=1.0)
    with pytest.raises(LmphysError, match="a model of 2"):
        implant(two, traj, 2, separation=1.0)
    with pytest.raises(LmphysError, match="7 regimes"):
        implant(base, traj, D + 2, separation=1.0)
    for wrong in ({"separation": -1.0}, {"stay": 1.2}, {"differ": "shape"}, {"along": "south"}):
        with pytest.raises(LmphysError, match="use separation >= 0"):
            implant(base, traj, 2, **{"separation": 1.0, **wrong})
    assert implant(base, traj, D + 1, separation=1.0).n_regimes == D + 1


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_maps_of_their_own_explain_the_stated_share_and_leave_the_average(base, traj, share):
    p = implant_maps(base, traj, K, share=share, seed=3)
    np.testing.assert_allclose(p.M.mean(axis=0), base.M[0], atol=1e-12)
    np.testing.assert_allclose(p.b.mean(axis=0), base.b[0], atol=1e-12)
    h = traj.pairs()[0]
    own = p.means(h) - base.means(h)
    within = p.Sigma.mean(axis=0)
    moved = np.einsum("kni,knj->ij", own, own) / (K * len(h))
    np.testing.assert_allclose(moved + within, base.Sigma[0], rtol=1e-8)
    assert np.trace(moved) / np.trace(base.Sigma[0]) == pytest.approx(share)


def test_maps_of_their_own_reach_all_directions_and_offsets_do_not(base, traj):
    h = traj.pairs()[0]
    maps = implant_maps(base, traj, 2, share=0.5, seed=0)
    offsets = implant(base, traj, 2, separation=3.0, seed=0)
    ranks = [np.linalg.matrix_rank((p.means(h) - base.means(h)).reshape(-1, D), tol=1e-6) for p in (maps, offsets)]
    assert ranks == [D, 1]
    with pytest.raises(LmphysError, match="share"):
        implant_maps(base, traj, 2, share=1.0)
