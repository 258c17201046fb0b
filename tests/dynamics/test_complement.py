import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.residuals import gaussian_nll, residual_nll
from lmphys.dynamics.slds.estimator import SLDS

SETTINGS = [
    {"standardise": standardise, "whiten": whiten, "of": of}
    for standardise in (False, True)
    for whiten in (False, True)
    for of in ("states", "increments")
]


def unit(projection):
    return np.sqrt(projection.explained_variance_[: projection.rank]) if projection.whiten else np.ones(projection.rank)


def outside_map(a, c, noise, n_chains, length, seed):
    """Chains whose first two dimensions are AR(1) and whose last three obey u' = a u + c + noise."""
    rng = np.random.default_rng(seed)
    states = np.zeros((n_chains, length, 5))
    states[:, 0, :2] = 20 * rng.standard_normal((n_chains, 2))
    states[:, 0, 2:] = rng.standard_normal((n_chains, 3))
    for t in range(1, length):
        inside = 0.9 * states[:, t - 1, :2] + 9 * rng.standard_normal((n_chains, 2))
        outside = a * states[:, t - 1, 2:] + c + rng.standard_normal((n_chains, 3)) @ noise
        states[:, t] = np.concatenate([inside, outside], axis=1)
    return Trajectories.from_list(list(states))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("memory", [None, 1.0])
def test_density_is_one_gaussian_in_raw_units_built_by_hand(ragged, settings, memory):
    projection = Projection(2, **settings).fit(ragged)
    inside = projection.transform(ragged)
    drift = LinearDrift().fit(inside)
    completion = Complement(projection, memory=memory).fit(ragged)
    Sigma = drift.noise_covariance_ + 1e-6 * np.trace(drift.noise_covariance_) / 2 * np.eye(2)
    found = completion.log_density(ragged) - residual_nll(drift.residuals(inside), drift.residuals(inside))

    spread = np.diag(projection.scale_)
    frame = np.concatenate([spread @ projection.basis_ * unit(projection), spread @ completion.basis_], axis=1)
    noise = np.zeros((5, 5))
    noise[:2, :2], noise[2:, 2:] = Sigma, completion.covariance_
    h_next = ragged.pairs()[1]
    residuals = h_next - completion.forecast(ragged, drift.predict(inside).mean)
    peer = multivariate_normal(np.zeros(5), frame @ noise @ frame.T).logpdf(residuals)
    np.testing.assert_allclose(found, peer, rtol=1e-9)


@pytest.mark.parametrize("settings", [{}, {"standardise": True, "whiten": True}])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_density_integrates_to_one_over_the_raw_space(settings, rank):
    # An importance sample of the next state, with the model asked for the density of each draw.
    rng = np.random.default_rng(1)
    mix = np.array([[3.0, 0.4, 0.0], [0.0, 1.0, 0.5], [0.2, 0.0, 0.3]])
    train = Trajectories.from_list(list(np.cumsum(rng.standard_normal((40, 8, 3)), axis=1) @ mix))
    projection = Projection(rank, **settings).fit(train)
    inside = projection.transform(train)
    drift = LinearDrift().fit(inside)
    completion = Complement(projection).fit(train)
    h = train[0][-1]
    proposal = multivariate_normal(h, 3 * np.cov(train.increments().T))
    draws = proposal.rvs(20_000, random_state=2)
    pairs = Trajectories.from_list(list(np.stack([np.broadcast_to(h, draws.shape), draws], axis=1)))
    inside_nll = residual_nll(drift.residuals(inside), drift.residuals(projection.transform(pairs)))
    ratio = np.exp(completion.log_density(pairs) - inside_nll - proposal.logpdf(draws))
    assert ratio.mean() == pytest.approx(1, abs=5 * ratio.std() / np.sqrt(20_000))
    assert ratio.std() / np.sqrt(20_000) < 0.02


def test_total_density_does_not_depend_on_whitening(ragged):
    totals = []
    for whiten in (False, True):
        projection = Projection(3, whiten=whiten).fit(ragged)
        inside = projection.transform(ragged)
        drift = LinearDrift(0.0).fit(inside)
        nll = residual_nll(drift.residuals(inside), drift.residuals(inside))
        totals.append(nll - Complement(projection).fit(ragged).log_density(ragged))
    np.testing.assert_allclose(totals[0], totals[1], atol=2e-3)
    assert totals[0].mean() == pytest.approx(totals[1].mean(), abs=1e-4)


def test_known_process_outside_is_found_and_scored_at_its_entropy():
    noise = np.array([[0.5, 0.2, 0.0], [0.0, 0.4, 0.1], [0.0, 0.0, 0.3]])
    train, test = (outside_map(0.6, np.array([0.3, -0.2, 0.1]), noise, 400, 20, seed) for seed in (3, 4))
    projection = Projection(2).fit(train)
    completion = Complement(projection).fit(train)
    W = completion.basis_
    np.testing.assert_allclose(W.T @ W, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(projection.basis_.T @ W, 0, atol=1e-12)
    assert completion.memory_ == pytest.approx(0.6, abs=0.02)
    covariance = (W @ completion.covariance_ @ W.T)[2:, 2:]
    np.testing.assert_allclose(covariance, noise.T @ noise, atol=0.02)
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * noise.T @ noise)[1]
    assert -completion.log_density(test).mean() == pytest.approx(entropy, abs=0.03)


def test_memory_is_the_pooled_least_squares_slope(ragged):
    projection = Projection(2, standardise=True).fit(ragged)
    completion = Complement(projection).fit(ragged)
    u = (ragged.states - projection.mean_) / projection.scale_ @ completion.basis_
    before, after = u[ragged.sources()], u[ragged.sources() + 1]
    # One slope and an offset for each direction, as one regression.
    n, width = before.shape
    design = np.concatenate([before.reshape(-1, 1), np.tile(np.eye(width), (n, 1))], axis=1)
    slope, *offset = np.linalg.lstsq(design, after.ravel(), rcond=None)[0]
    assert completion.memory_ == pytest.approx(slope)
    np.testing.assert_allclose(completion.offset_, offset)
    peer = LedoitWolf(assume_centered=True).fit(after - slope * before - offset)
    np.testing.assert_allclose(completion.covariance_, peer.covariance_, rtol=1e-9)


@pytest.mark.parametrize("length", [5, 40])
def test_covariance_is_pulled_to_equal_variances_as_far_as_its_own_error(length):
    # Ledoit & Wolf 2004: the pull is the squared error of the sample covariance over its squared distance from mu I.
    rng = np.random.default_rng(7)
    traj = Trajectories.from_list(list(rng.standard_normal((3, length, 30)) / np.sqrt(np.arange(1, 31))))
    completion = Complement(Projection(4).fit(traj), memory=0.0).fit(traj)
    after = (traj.pairs()[1] - completion.projection.mean_) @ completion.basis_
    residuals = after - after.mean(axis=0)
    n, width = residuals.shape
    sample = residuals.T @ residuals / n
    mu = np.trace(sample) / width
    error = sum(((np.outer(r, r) - sample) ** 2).sum() for r in residuals) / n**2
    pull = min(1, error / ((sample - mu * np.eye(width)) ** 2).sum())
    assert 0.05 < pull < 1
    np.testing.assert_allclose(completion.covariance_, (1 - pull) * sample + pull * mu * np.eye(width), atol=1e-12)


def test_more_transitions_leave_less_to_pull_and_a_smaller_cost():
    # Held-out nats above the entropy of the noise, 30 directions.
    variances = 1 / np.arange(1, 33)
    test = Trajectories.from_list(list(np.random.default_rng(8).standard_normal((200, 3, 32)) * np.sqrt(variances)))
    costs = []
    for n_chains in (4, 40, 4000):
        rng = np.random.default_rng(n_chains)
        train = Trajectories.from_list(list(rng.standard_normal((n_chains, 6, 32)) * np.sqrt(variances)))
        completion = Complement(Projection(2).fit(train), memory=0.0).fit(train)
        W = completion.basis_
        best = gaussian_nll(test.pairs()[1] @ W, (W.T * variances) @ W)
        costs.append(-completion.log_density(test).mean() - best.mean())
    few, some, many = costs
    assert many < 0.1 < some < few / 3


@pytest.mark.parametrize("settings", SETTINGS)
def test_paper_moves_the_state_inside_the_subspace_alone(ragged, settings):
    projection = Projection(2, **settings).fit(ragged)
    inside = projection.transform(ragged)
    x_forecast = LinearDrift().fit(inside).predict(inside).mean
    completion = Complement(projection, memory=1.0).fit(ragged)
    h, x = ragged.pairs()[0], inside.pairs()[0]
    moved = (x_forecast - x) * unit(projection) @ projection.basis_.T * projection.scale_
    np.testing.assert_allclose(completion.forecast(ragged, x_forecast), h + moved, atol=1e-10)


def test_no_memory_forecasts_the_training_mean_outside(ragged):
    projection = Projection(3).fit(ragged)
    completion = Complement(projection, memory=0.0).fit(ragged)
    x, x_next, _ = projection.transform(ragged).pairs()
    forecast = completion.forecast(ragged, x_next)
    h_next = ragged.pairs()[1]
    np.testing.assert_allclose(forecast @ projection.basis_, h_next @ projection.basis_, atol=1e-9)
    W = completion.basis_
    np.testing.assert_allclose(forecast @ W, np.broadcast_to((h_next @ W).mean(axis=0), (len(x), 2)), atol=1e-9)


@pytest.mark.parametrize("settings", [{}, {"standardise": True, "whiten": True}])
def test_nothing_is_left_of_the_whole_space_but_the_jacobian(ragged, settings):
    projection = Projection(5, **settings).fit(ragged)
    completion = Complement(projection).fit(ragged)
    inside = projection.transform(ragged)
    assert completion.basis_.shape == (5, 0)
    np.testing.assert_allclose(completion.forecast(ragged, inside.pairs()[1]), ragged.pairs()[1], atol=1e-10)
    # The volume of raw space that one unit cube of coordinates covers, from the map itself.
    corners = projection.inverse_transform(np.vstack([np.zeros(5), np.eye(5)]))
    volume = np.linalg.slogdet(corners[1:] - corners[0])[1]
    np.testing.assert_allclose(completion.log_density(ragged), -volume, atol=1e-10)


def test_more_directions_than_transitions_still_have_a_density():
    rng = np.random.default_rng(5)
    train, test = (Trajectories.from_list(list(rng.standard_normal((3, 5, 60)))) for _ in range(2))
    completion = Complement(Projection(4).fit(train)).fit(train)
    assert np.linalg.eigvalsh(completion.covariance_).min() > 0.1
    assert np.isfinite(completion.log_density(test)).all()


@pytest.mark.parametrize("memory", [None, 0.0, 0.5, 1.0])
def test_one_or_two_transitions_give_a_forecast_and_no_density(memory):
    rng = np.random.default_rng(5)
    train, test = (Trajectories.from_list(list(rng.standard_normal((3, 3, 60)))) for _ in range(2))
    projection = Projection(1).fit(train)
    for few in ([train[0][:2], train[1][:1]], [train[0], train[1][:1]]):
        completion = Complement(projection, memory=memory).fit(Trajectories.from_list(few))
        assert np.isfinite(completion.forecast(test, projection.transform(test).pairs()[1])).all()
        assert np.isnan(completion.log_density(test)).all() == (len(few[0]) == 2 or memory in (None, 0.0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_states_that_do_not_leave_the_subspace_have_no_density_outside(dtype):
    rng = np.random.default_rng(6)
    train, test = (Trajectories.from_list(list((7 + rng.standard_normal((3, 4, 30))).astype(dtype))) for _ in range(2))
    projection = Projection(11).fit(train)
    completion = Complement(projection).fit(train)
    assert completion.memory_ == 0
    np.testing.assert_array_equal(completion.covariance_, 0)
    assert np.isnan(completion.log_density(test)).all()
    x = projection.transform(test).pairs()[0]
    np.testing.assert_allclose(completion.forecast(test, x), projection.inverse_transform(x), atol=1e-9)


def test_unusable_chains_are_refused(ragged):
    projection = Projection(2).fit(ragged)
    with pytest.raises(LmphysError, match="not fitted"):
        Complement(Projection(2)).fit(ragged)
    with pytest.raises(LmphysError, match="no transitions"):
        Complement(projection).fit(ragged.select([1]))
    completion = Complement(projection).fit(ragged)
    with pytest.raises(LmphysError, match="states of width 2, completion of 5"):
        completion.log_density(projection.transform(ragged))
    with pytest.raises(LmphysError, match="3 forecasts for 57 transitions"):
        completion.forecast(ragged, np.zeros((3, 2)))


@pytest.mark.parametrize("settings", [{}, {"standardise": True, "whiten": True, "of": "increments"}])
def test_lifted_model_is_the_model_inside_and_the_rule_outside(ragged, settings):
    projection = Projection(2, **settings).fit(ragged)
    inside = projection.transform(ragged)
    completion = Complement(projection).fit(ragged)
    model = SLDS(2, n_init=1).fit(inside)
    lifted = SLDS.from_parameters(completion.lift(model.parameters_))
    for name, forecast in model.forecasts(inside).items():
        if name != "oracle":  # which is closest may differ: raw distances are not those of scaled coordinates
            np.testing.assert_allclose(lifted.forecasts(ragged)[name], completion.forecast(ragged, forecast))
    density = model.predict(inside).log_density + completion.log_density(ragged)
    np.testing.assert_allclose(lifted.predict(ragged).log_density, density, rtol=1e-9)


def test_only_a_model_of_the_subspace_is_lifted(ragged):
    completion = Complement(Projection(2).fit(ragged)).fit(ragged)
    with pytest.raises(LmphysError, match="width 3, projection of rank 2"):
        completion.lift(SLDS(1).fit(Projection(3).fit(ragged).transform(ragged)).parameters_)
