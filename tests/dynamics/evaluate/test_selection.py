import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.evaluate.selection import choose_rank, choose_regimes
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.folds import question_folds

# Maximum likelihood: no penalty on the map or on the noise.
FREE = {"drift_prior": 0.0, "covariance_prior": 0.0}
QUICK = {"n_init": 2, "max_iter": 50}
CORNERS = 4 * np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]])


def regimes(b, seed, noise=None, n_chains=60, steps=12):
    K = len(b)
    Sigma = np.stack([0.2 * np.eye(2)] * K) if noise is None else np.stack([v * np.eye(2) for v in noise])
    T = 0.8 * np.eye(K) + 0.2 / K
    p = SLDSParameters(np.full(K, 1 / K), T, np.stack([-0.5 * np.eye(2)] * K), b, Sigma)
    return SLDS.from_parameters(p).simulate([np.zeros((1, 2))] * n_chains, steps, seed=seed)


def linear_fit(traj):
    """Least squares A, c and residual covariance of h_{t+1} on h_t."""
    h, h_next, _ = traj.pairs()
    design = np.column_stack([h, np.ones(len(h))])
    coefficients = np.linalg.lstsq(design, h_next, rcond=None)[0]
    residuals = h_next - design @ coefficients
    return coefficients, residuals.T @ residuals / len(h)


def held_out_by_hand(traj, fold):
    """Log densities and forecasts of every transition by the linear fit of the other folds."""
    h, h_next, chain = traj.pairs()
    density, forecast = np.empty(len(h)), np.empty(h.shape)
    for f in np.unique(fold):
        coefficients, Sigma = linear_fit(traj.select(fold != f))
        rows = fold[chain] == f
        forecast[rows] = np.column_stack([h[rows], np.ones(rows.sum())]) @ coefficients
        density[rows] = multivariate_normal(np.zeros(traj.width), Sigma).logpdf(h_next[rows] - forecast[rows])
    return density, forecast


def test_criteria_of_one_regime_are_those_of_the_linear_fit(ragged):
    row = choose_regimes(ragged, [1], n_folds=2, **FREE).loc[1]
    n, D, p = ragged.n_transitions, 5, 5 * 5 + 5 + 15
    volume = np.linalg.slogdet(linear_fit(ragged)[1])[1]
    log_likelihood = -0.5 * n * (D * np.log(2 * np.pi) + volume + D)
    assert row["n_parameters"] == p
    assert row["log_likelihood"] == pytest.approx(log_likelihood, rel=1e-6)
    assert row["aic"] == pytest.approx(2 * p - 2 * log_likelihood, rel=1e-6)
    assert row["bic"] == pytest.approx(p * np.log(57) - 2 * log_likelihood, rel=1e-6)


def test_criteria_of_many_regimes_count_the_markov_chain():
    traj = regimes(CORNERS, seed=1, n_chains=10)
    table = choose_regimes(traj, [2, 3], n_folds=2, **QUICK)
    for K in (2, 3):
        p = K * (4 + 2 + 3) + K * (K - 1) + K - 1
        row = table.loc[K]
        assert row["n_parameters"] == p
        assert row["aic"] == pytest.approx(2 * p - 2 * row["log_likelihood"])
        assert row["bic"] == pytest.approx(p * np.log(120) - 2 * row["log_likelihood"])


def test_held_out_columns_are_those_of_linear_fits_to_the_other_folds(ar1):
    traj = ar1(0.6, 20, 15, 3, seed=2)
    row = choose_regimes(traj, [1], n_folds=4, seed=3, n_bootstrap=100, **FREE).loc[1]
    density, forecast = held_out_by_hand(traj, question_folds(traj, 4, 3))
    assert row["held_out"] == pytest.approx(density.mean(), rel=1e-6)
    per_chain = density.reshape(20, 14).sum(axis=1)
    interval = bootstrap_chains(lambda w: w @ per_chain / (14 * w.sum(axis=1)), 20, n_bootstrap=100, seed=3)
    assert row["held_out_low"] == pytest.approx(interval.low, rel=1e-6)
    assert row["held_out_high"] == pytest.approx(interval.high, rel=1e-6)
    h_next = traj.pairs()[1]
    r2 = 1 - ((h_next - forecast) ** 2).sum() / ((h_next - h_next.mean(axis=0)) ** 2).sum()
    assert row["r2_h"] == pytest.approx(r2, rel=1e-5)
    assert row[["gain", "gain_low", "gain_high"]].tolist() == [0, 0, 0]


def test_three_separated_regimes_are_chosen():
    table = choose_regimes(regimes(CORNERS, seed=4), range(1, 5), n_folds=3, **QUICK)
    assert table["bic"].idxmin() == 3
    assert table["aic"].idxmin() == 3
    # A fourth regime may idle at no cost, so the choice is the first row near the best.
    near_best = table["held_out"] > table["held_out"].max() - 0.01
    assert near_best.idxmax() == 3
    assert table.loc[3, "gain_low"] > table.loc[2, "gain_high"]
    assert table["log_likelihood"].iloc[:3].is_monotonic_increasing


def test_one_regime_is_not_beaten_by_more():
    table = choose_regimes(regimes(np.zeros((1, 2)), seed=5), range(1, 5), n_folds=3, **QUICK)
    assert table["held_out"].idxmax() == 1
    assert table["bic"].idxmin() == 1
    assert (table["gain_low"] <= 0).all()


def test_likelihood_and_forecast_disagree_where_regimes_differ_in_noise_alone():
    traj = regimes(np.zeros((2, 2)), seed=6, noise=(0.05, 2.0))
    table = choose_regimes(traj, [1, 2], n_folds=3, **QUICK)
    assert table.loc[2, "gain_low"] > 0.3
    assert abs(table.loc[2, "r2_h"] - table.loc[1, "r2_h"]) < 0.02


@pytest.mark.parametrize("settings", [{}, {"standardise": True, "whiten": True}])
def test_basis_and_regimes_are_learned_on_the_training_part_of_each_fold(ar1, settings):
    traj = ar1(0.6, 18, 10, 4, seed=12)
    traj = traj.with_states(traj.states @ np.diag([5.0, 3, 2, 2]) + 7)
    projection = Projection(2, **settings)
    row = choose_regimes(traj, [2], projection=projection, n_folds=3, seed=13, **QUICK).loc[2]
    fold, chain, h_next = question_folds(traj, 3, 13), traj.pairs()[2], traj.pairs()[1]
    density, forecast, target = np.empty(len(chain)), np.empty(h_next.shape), np.empty(h_next.shape)
    for f in range(3):
        basis = Projection(2, **settings).fit(traj.select(fold != f))
        train, test = (basis.transform(traj.select(part)) for part in (fold != f, fold == f))
        model = SLDS(2, **QUICK).fit(train)
        rows = fold[chain] == f
        density[rows] = model.infer(test).log_density
        # Back to raw units by the equation of the projection.
        back = basis.unit_ * (basis.basis_ * basis.scale_[:, None])
        forecast[rows] = model.forecasts(test)["predictive"] @ back.T + basis.mean_
        scaled = (h_next[rows] - basis.mean_) / basis.scale_
        target[rows] = scaled @ basis.basis_ @ basis.basis_.T * basis.scale_ + basis.mean_
    assert row["held_out"] == pytest.approx(density.mean())
    r2 = 1 - ((target - forecast) ** 2).sum() / ((target - target.mean(axis=0)) ** 2).sum()
    assert row["r2_h"] == pytest.approx(r2)

    whole = projection.fit(traj).transform(traj)
    leaking = choose_regimes(whole, [2], n_folds=3, seed=13, **QUICK).loc[2]
    of_all_chains = ["n_parameters", "log_likelihood", "aic", "bic"]
    assert row[of_all_chains].tolist() == pytest.approx(leaking[of_all_chains].tolist())
    assert abs(row["held_out"] - leaking["held_out"]) > 1e-3


def test_gain_over_one_regime_is_the_same_in_the_subspace_and_completed(ar1):
    # What a completion adds to the density does not depend on the regimes.
    traj = ar1(0.6, 18, 10, 4, seed=14)
    inside = choose_regimes(traj, [1, 3], projection=Projection(2), n_folds=3, **QUICK)["held_out"]
    completed = [choose_rank(traj, [2], n_regimes=K, n_folds=3, **QUICK).loc[2] for K in (1, 3)]
    np.testing.assert_allclose(inside, [row["subspace"] for row in completed])
    assert inside[3] - inside[1] == pytest.approx(completed[1]["held_out"] - completed[0]["held_out"])


def test_lists_of_arrays_are_chains_too(ar1):
    traj = ar1(0.6, 12, 8, 3, seed=15)
    for choose, values in ((choose_regimes, [1, 2]), (choose_rank, [1, 2])):
        found, expected = (choose(x, values, n_folds=2, n_init=1, max_iter=5) for x in (list(traj), traj))
        pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("settings", [{}, {"standardise": True, "whiten": True}, {"of": "increments", "whiten": True}])
def test_rank_of_all_dimensions_is_the_full_space(ar1, settings):
    traj = ar1(0.6, 20, 15, 3, seed=7)
    traj = traj.with_states(traj.states @ np.array([[3.0, 1, 0], [0, 0.1, 0], [0, 0, 40]]) + 7)
    projection = Projection(**settings)
    table = choose_rank(traj, [3], n_regimes=1, projection=projection, n_folds=3, **FREE)
    full = choose_regimes(traj, [1], n_folds=3, **FREE)
    columns = ["held_out", "held_out_low", "held_out_high", "r2_h"]
    np.testing.assert_allclose(table.loc[3, columns].tolist(), full.loc[1, columns].tolist(), rtol=1e-4)
    assert table.loc[3, "variance"] == pytest.approx(1)


def test_rank_of_a_part_is_scored_with_its_completion(ar1):
    traj = ar1(0.6, 18, 10, 4, seed=8)
    traj = traj.with_states(traj.states * [5, 3, 1, 0.5])
    table = choose_rank(traj, [2], n_regimes=2, n_folds=3, seed=9, **QUICK)
    fold, chain = question_folds(traj, 3, 9), traj.pairs()[2]
    h, h_next, _ = traj.pairs()
    inside, whole, forecast, share = np.empty(len(h)), np.empty(len(h)), np.empty(h.shape), np.empty(len(h))
    for f in range(3):
        train, test, rows = traj.select(fold != f), traj.select(fold == f), fold[chain] == f
        projection = Projection(2).fit(train)
        model = SLDS(2, **QUICK).fit(projection.transform(train))
        completion = Complement(projection).fit(train)
        inside[rows] = model.infer(projection.transform(test)).log_density
        whole[rows] = inside[rows] + completion.log_density(test)
        forecast[rows] = completion.forecast(test, model.forecasts(projection.transform(test))["predictive"])
        share[rows] = projection.share_of(test)
    row = table.loc[2]
    assert row["held_out"] == pytest.approx(whole.mean())
    assert row["subspace"] == pytest.approx(inside.mean())
    assert row["variance"] == pytest.approx(share.mean())
    error = ((h_next - forecast) ** 2).sum()
    assert row["r2_h"] == pytest.approx(1 - error / ((h_next - h_next.mean(axis=0)) ** 2).sum())
    dh = h_next - h
    assert row["r2_dh"] == pytest.approx(1 - error / ((dh - dh.mean(axis=0)) ** 2).sum())


def test_rank_that_holds_the_regimes_is_enough():
    # Regimes in two dimensions; the two others are small noise without memory.
    traj = regimes(CORNERS, seed=10)
    rng = np.random.default_rng(11)
    traj = traj.with_states(np.column_stack([traj.states, 0.3 * rng.standard_normal((len(traj.states), 2))]))
    table = choose_rank(traj, [1, 2, 3], n_regimes=3, n_folds=3, **QUICK)
    assert table.loc[2, "gain_low"] > 0.3
    assert table.loc[3, "gain"] < table.loc[2, "gain"] + 0.05
    # The density of the subspace alone falls with its dimension, whatever the model is worth.
    assert table["subspace"].idxmax() == 1
    assert table["variance"].is_monotonic_increasing and table.loc[2, "variance"] > 0.97
    assert table.loc[2, "r2_h"] > table.loc[1, "r2_h"]


def test_unusable_input_is_refused(ragged):
    with pytest.raises(LmphysError, match="7 folds of 6 chains"):
        choose_regimes(ragged, [1], n_folds=7)
    with pytest.raises(LmphysError, match="1 folds of 6 chains"):
        choose_rank(ragged, [1], n_folds=1)
    with pytest.raises(LmphysError, match="nothing to choose from"):
        choose_regimes(ragged, [])
    with pytest.raises(LmphysError, match="nothing to choose from"):
        choose_rank(ragged, [], n_folds=2)
    with pytest.raises(LmphysError, match="rank 6 is not usable"):
        choose_regimes(ragged, [1], projection=Projection(6), n_folds=2)
    with pytest.raises(LmphysError, match="chains cannot be of type NoneType"):
        choose_rank(None, [1])
    with pytest.raises(LmphysError, match="no transitions"):
        choose_rank(Trajectories.from_list([np.zeros((1, 3))] * 4), [1], n_folds=2)
