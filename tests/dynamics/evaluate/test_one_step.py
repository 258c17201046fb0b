from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.base import Forecast
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.evaluate.one_step import contenders, held_out_scores, one_step_scores
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import phase_randomise, shuffle_chains, shuffle_order
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.residuals import residual_nll
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import random_parameters
from lmphys.stats.regression import expected_r2_ar1, r2_gain, r2_interval

COLUMNS = [
    "r2_h",
    "r2_h_low",
    "r2_h_high",
    "r2_dh",
    "r2_dh_low",
    "r2_dh_high",
    "nll",
    "nll_low",
    "nll_high",
    "nll_chain",
]
FULL_COLUMNS = ["full_r2_h", "full_r2_dh", "full_nll"]
BASELINES = ["persistence", "mean", "per-trace mean", "shuffled order", "phase-randomised"]


class TwoForecasts(BaseEstimator):
    """A model with an honest forecast and one that has seen its target, as a switching model has."""

    name = "predictive"

    def fit(self, traj):
        self.drift_ = LinearDrift().fit(traj)
        return self

    def predict(self, traj):
        return Forecast(self.drift_.predict(traj).mean, np.full(traj.n_transitions, -2.5))

    def forecasts(self, traj):
        return {"predictive": self.drift_.predict(traj).mean, "oracle": traj.pairs()[1]}


def split(traj):
    return traj.split(0.5, seed=0)


@pytest.mark.parametrize("r", [-0.5, 0.0, 0.6, 0.9])
def test_ar1_gives_the_closed_forms(r, ar1):
    train, test = ar1(r, 400, 30, 3, seed=10), ar1(r, 400, 30, 3, seed=11)
    scores = one_step_scores(LinearDrift().fit(train), test, train=train, n_bootstrap=200)
    r2_h, r2_dh = expected_r2_ar1(r)
    row = scores.loc["one linear map"]
    assert row.r2_h == pytest.approx(r2_h, abs=0.015)
    assert row.r2_dh == pytest.approx(r2_dh, abs=0.015)
    assert row.r2_h_low < row.r2_h < row.r2_h_high
    # Persistence errs by the whole increment: 1 - E dh^2 / E h^2 = 1 - 2 (1 - r).
    assert scores.r2_h["persistence"] == pytest.approx(2 * r - 1, abs=0.03)
    assert scores.r2_dh["persistence"] == pytest.approx(0, abs=1e-3)
    # Entropy of the innovations, 3 dimensions of variance 1 - r^2.
    assert row.nll == pytest.approx(1.5 * np.log(2 * np.pi * np.e * (1 - r**2)), abs=0.03)


def test_states_without_dynamics_give_half_and_nothing(ar1):
    assert expected_r2_ar1(0.0) == (0.0, 0.5)
    train, test = (shuffle_chains(ar1(0.9, 300, 20, 4, seed=s), seed=s) for s in (12, 13))
    scores = one_step_scores(LinearDrift().fit(train), test, train=train, n_bootstrap=10)
    for name in ("one linear map", "mean", "shuffled order"):
        assert scores.r2_h[name] == pytest.approx(0, abs=0.01)
        assert scores.r2_dh[name] == pytest.approx(0.5, abs=0.01)


def test_rows_columns_and_point_values_are_those_of_the_definition(ar1):
    train, test = split(ar1(0.7, 40, 12, 3, seed=14))
    model = LinearDrift().fit(train)
    scores = one_step_scores(model, test, train=train, n_bootstrap=50)
    assert list(scores.index) == ["one linear map", *BASELINES]
    assert list(scores) == COLUMNS
    h, h_next, _ = test.pairs()
    running = np.concatenate([[x[: t + 1].mean(axis=0) for t in range(len(x) - 1)] for x in test])
    by_hand = {
        "one linear map": model.predict(test).mean,
        "persistence": h,
        "mean": np.broadcast_to(train.pairs()[1].mean(axis=0), h.shape),
        "per-trace mean": running,
    }
    for name, forecast in by_hand.items():
        # scikit-learn's variance-weighted R^2 is the pooled one.
        expected = r2_score(h_next, forecast, multioutput="variance_weighted")
        assert scores.r2_h[name] == pytest.approx(expected)
        expected = r2_score(h_next - h, forecast - h, multioutput="variance_weighted")
        assert scores.r2_dh[name] == pytest.approx(expected)


def test_nll_columns_are_sums_of_log_densities_over_chains(ragged):
    model = LinearDrift().fit(ragged)
    test = ragged.select([0, 1, 2, 4, 5])
    row = one_step_scores(model, test, train=ragged, n_bootstrap=30, seed=2).loc["one linear map"]
    covariance = model.noise_covariance_ + 1e-6 * np.trace(model.noise_covariance_) / 5 * np.eye(5)
    log_density = multivariate_normal(np.zeros(5), covariance).logpdf(model.residuals(test))
    # Lengths 9, 1, 14, 30 and 7: one chain has no transition, and does not count as a trajectory.
    of_chain = np.array([part.sum() for part in np.split(log_density, [8, 8, 21, 50])])
    assert row.nll == pytest.approx(-of_chain.sum() / 56)
    assert row.nll_chain == pytest.approx(-of_chain.sum() / 4)
    weights = np.random.default_rng(2).multinomial(5, np.full(5, 0.2), size=30)
    replicates = -(weights @ of_chain) / (weights @ [8, 0, 13, 29, 6])
    np.testing.assert_allclose([row.nll_low, row.nll_high], np.quantile(replicates, [0.025, 0.975]))


@pytest.mark.parametrize("model", [LinearDrift(), TwoForecasts()])
def test_forecasts_never_see_their_target(ragged, model):
    train, test = ragged.select([0, 2, 4, 5]), ragged.select([0, 1, 2, 3])
    for contender in contenders(model.fit(train), test, train=train, seed=1):
        before = contender.model.predict(contender.test).mean
        for i, source in enumerate(contender.test.sources()):
            states = contender.test.states.copy()
            states[source + 1] += 100.0
            after = contender.model.predict(contender.test.with_states(states)).mean
            np.testing.assert_array_equal(after[i], before[i])


def test_completed_forecasts_never_see_their_target(ragged):
    train, test = ragged.select([0, 2, 4, 5]), ragged.select([0, 1, 2, 3])
    projection = Projection(2, standardise=True).fit(train)
    model = LinearDrift().fit(projection.transform(train))

    def completed(contender, traj):
        forecast = contender.model.predict(projection.transform(traj)).mean
        return contender.full.completion.forecast(traj, forecast)

    for contender in contenders(model, test, train=train, projection=projection, seed=1):
        full = contender.full.test
        before = completed(contender, full)
        for i, source in enumerate(full.sources()):
            states = full.states.copy()
            states[source + 1] += 100.0
            np.testing.assert_allclose(completed(contender, full.with_states(states))[i], before[i], rtol=1e-9)


def test_leak_test_catches_a_forecast_that_has_seen_its_target(ragged):
    (contender, *_) = contenders(TwoForecasts().fit(ragged), ragged, train=ragged)
    shifted = ragged.with_states(ragged.states + 100.0 * (np.arange(len(ragged.states)) == 1)[:, None])
    before, after = ({n: x for n, x, _ in replace(contender, test=t).forecasts()} for t in (ragged, shifted))
    np.testing.assert_array_equal(before["predictive"][0], after["predictive"][0])
    assert np.abs(before["oracle"][0] - after["oracle"][0]).min() == pytest.approx(100)


class Wrapped(BaseEstimator):
    """Somebody's own estimator: a regression of scikit-learn from one state to the next."""

    def __init__(self, regressor):
        self.regressor = regressor

    def fit(self, traj):
        self.regressor_ = clone(self.regressor).fit(*traj.pairs()[:2])
        return self

    def predict(self, traj):
        return Forecast(self.regressor_.predict(traj.pairs()[0]))


def test_a_regression_of_somebody_else_is_scored_as_our_own_map(ar1):
    train, test = split(ar1(0.7, 40, 12, 3, seed=15))
    ours = one_step_scores(LinearDrift(0.0).fit(train), test, train=train, n_bootstrap=20, seed=4)
    theirs = one_step_scores(Wrapped(LinearRegression()).fit(train), test, train=train, n_bootstrap=20, seed=4)
    assert list(theirs.index) == ["Wrapped", "one linear map", *BASELINES]
    theirs = theirs.drop(index="one linear map").rename(index={"Wrapped": "one linear map"})
    pd.testing.assert_frame_equal(theirs, ours, rtol=1e-6)
    named = Wrapped(LinearRegression()).fit(train)
    named.name = "least squares"
    assert one_step_scores(named, test, train=train, n_bootstrap=2).index[0] == "least squares"


def test_model_with_several_forecasts_has_a_row_for_each_and_no_density_for_a_leaking_one(ar1):
    train, test = split(ar1(0.7, 40, 12, 3, seed=15))
    scores = one_step_scores(TwoForecasts().fit(train), test, train=train, n_bootstrap=20)
    assert list(scores.index) == ["predictive", "oracle", "one linear map", *BASELINES]
    assert scores.r2_h["oracle"] == 1
    of_density = ["nll", "nll_low", "nll_high", "nll_chain"]
    np.testing.assert_allclose(scores.loc["predictive", of_density], [2.5, 2.5, 2.5, 2.5 * 11])
    assert scores.loc["oracle", of_density].isna().all()
    linear = one_step_scores(LinearDrift().fit(train), test, train=train, n_bootstrap=20)
    same = ["r2_h", "r2_h_low", "r2_dh_high"]
    pd.testing.assert_frame_equal(scores.loc[BASELINES, same], linear.loc[BASELINES, same])
    linear = one_step_scores(LinearDrift(penalty="A-I").fit(train), test, train=train, n_bootstrap=20)
    pd.testing.assert_series_equal(scores.loc["one linear map"], linear.loc["one linear map"])
    assert scores.nll["shuffled order"] == 2.5


def test_linear_baseline_has_the_ridge_of_the_model(ar1):
    class Ridged(TwoForecasts):
        ridge_ = 300.0

    train, test = split(ar1(0.7, 40, 12, 3, seed=15))
    for model, ridge in ((TwoForecasts(), 1.0), (Ridged(), 300.0)):
        scores = one_step_scores(model.fit(train), test, train=train, n_bootstrap=2)
        forecast = LinearDrift(ridge, penalty="A-I").fit(train).predict(test).mean
        expected = r2_score(test.pairs()[1], forecast, multioutput="variance_weighted")
        assert scores.r2_h["one linear map"] == pytest.approx(expected)


def test_linear_baseline_of_given_parameters_has_a_ridge_of_one(ar1):
    train, test = split(ar1(0.7, 40, 12, 3, seed=15))
    given = SLDS.from_parameters(random_parameters(2, 3, separation=1.0), n_init=1, max_iter=5)
    scores = one_step_scores(given, test, train=train, n_bootstrap=2)
    forecast = LinearDrift(1.0, penalty="A-I").fit(train).predict(test).mean
    expected = r2_score(test.pairs()[1], forecast, multioutput="variance_weighted")
    assert scores.r2_h["one linear map"] == pytest.approx(expected)


def test_surrogates_are_fitted_without_the_parameters_that_the_model_started_from(ar1):
    train, test = split(ar1(0.7, 40, 12, 3, seed=20))
    start = random_parameters(2, 3, separation=3.0, seed=1)
    settings = {"n_init": 2, "max_iter": 2, "random_state": 3}
    told, untold = (SLDS(2, init=init, **settings).fit(train) for init in (start, "auto"))
    told_scores, untold_scores = (one_step_scores(m, test, train=train, n_bootstrap=5, seed=2) for m in (told, untold))
    surrogates = ["shuffled order", "phase-randomised"]
    pd.testing.assert_frame_equal(told_scores.loc[surrogates], untold_scores.loc[surrogates])
    assert abs(told_scores.nll["predictive"] - untold_scores.nll["predictive"]) > 1e-3
    assert told.init is start


def test_lists_of_arrays_are_chains_too(ar1):
    train, test = split(ar1(0.7, 20, 6, 3, seed=21))
    model = LinearDrift().fit(train)
    found, expected = (
        one_step_scores(model, b, train=a, n_bootstrap=5) for a, b in ((list(train), list(test)), (train, test))
    )
    pd.testing.assert_frame_equal(found, expected)
    projection = Projection(2).fit(train)
    model = LinearDrift().fit(projection.transform(train))
    found, expected = (
        one_step_scores(model, b, train=a, projection=projection, n_bootstrap=5)
        for a, b in ((list(train), list(test)), (train, test))
    )
    pd.testing.assert_frame_equal(found, expected)
    found, expected = (
        leak_curve(a, b, (1, 2), n_init=1, max_iter=5) for a, b in ((list(train), list(test)), (train, test))
    )
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("whiten", [False, True])
def test_full_columns_are_those_of_the_completed_forecast(ragged, whiten):
    train, test = ragged.select([0, 2, 4, 5]), ragged.select([2, 1, 0, 3])
    projection = Projection(2, whiten=whiten, standardise=True).fit(train)
    inside_train, inside_test = projection.transform(train), projection.transform(test)
    model = LinearDrift().fit(inside_train)
    scores = one_step_scores(model, test, train=train, projection=projection, n_bootstrap=20, seed=3)
    assert list(scores) == COLUMNS + FULL_COLUMNS
    # Both surrogates commute with the projection, so in the subspace nothing depends on where they were made.
    inside = one_step_scores(model, inside_test, train=inside_train, n_bootstrap=20, seed=3)
    pd.testing.assert_frame_equal(scores[COLUMNS], inside, rtol=1e-7)

    cases = dict.fromkeys(("one linear map", "persistence", "mean", "per-trace mean"), (train, test, model))
    for name, surrogate in (("shuffled order", shuffle_order), ("phase-randomised", phase_randomise)):
        made_train, made_test = surrogate(train, seed=3), surrogate(test, seed=4)
        cases[name] = made_train, made_test, clone(model).fit(projection.transform(made_train))
    for name, (full_train, full_test, fitted) in cases.items():
        x = projection.transform(full_test).pairs()[0]
        forecast = {
            "persistence": x,
            "mean": np.broadcast_to(inside_train.pairs()[1].mean(axis=0), x.shape),
            "per-trace mean": np.concatenate(
                [np.cumsum(c, axis=0)[:-1] / np.arange(1, len(c))[:, None] for c in projection.transform(full_test)]
            ),
        }.get(name, fitted.step(x))
        completion = Complement(projection).fit(full_train)
        h, h_next, _ = full_test.pairs()
        completed = completion.forecast(full_test, forecast)
        expected = [
            r2_score(target, guess, multioutput="variance_weighted")
            for target, guess in ((h_next, completed), (h_next - h, completed - h))
        ]
        np.testing.assert_allclose(scores.loc[name, ["full_r2_h", "full_r2_dh"]], expected)
        added = scores.nll[name] - scores.full_nll[name]
        assert added == pytest.approx(completion.log_density(full_test).mean())


def test_full_score_of_the_whole_space_does_not_depend_on_its_coordinates(ragged):
    plain = LinearDrift(0.0).fit(ragged)
    raw = one_step_scores(plain, ragged, train=ragged, n_bootstrap=2)
    for settings in ({}, {"whiten": True}, {"standardise": True}, {"standardise": True, "whiten": True}):
        projection = Projection(5, **settings).fit(ragged)
        model = LinearDrift(0.0).fit(projection.transform(ragged))
        scores = one_step_scores(model, ragged, train=ragged, projection=projection, n_bootstrap=2)
        for ours, theirs in (("full_r2_h", "r2_h"), ("full_r2_dh", "r2_dh")):
            np.testing.assert_allclose(scores[ours], raw[theirs], atol=1e-8)
        np.testing.assert_allclose(scores.full_nll, raw.nll, atol=1e-3)


def test_forecast_without_a_density_has_none_in_the_full_space(ar1):
    train, test = split(ar1(0.7, 20, 8, 3, seed=19))
    projection = Projection(2).fit(train)
    model = TwoForecasts().fit(projection.transform(train))
    scores = one_step_scores(model, test, train=train, projection=projection, n_bootstrap=2)
    assert np.isnan(scores.full_nll["oracle"])
    assert np.isfinite(scores.full_nll.drop("oracle")).all()
    # The oracle knows the inside; outside it forecasts no better than the others.
    assert scores.full_r2_h["predictive"] < scores.full_r2_h["oracle"] < 1


def test_bootstrap_replicate_is_r2_of_the_resampled_chains(ragged):
    rng = np.random.default_rng(16)
    _, y, chain = ragged.pairs()
    predicted = y + rng.standard_normal(y.shape)
    interval = r2_interval(y, predicted, chain, len(ragged), n_bootstrap=40, seed=3)
    assert interval.value == pytest.approx(r2_score(y, predicted, multioutput="variance_weighted"), abs=1e-12)
    weights = np.random.default_rng(3).multinomial(len(ragged), np.full(len(ragged), 1 / len(ragged)), size=40)
    replicates = []
    for drawn in weights:
        rows = np.repeat(np.arange(len(y)), drawn[chain])
        replicates.append(r2_score(y[rows], predicted[rows], multioutput="variance_weighted"))
    np.testing.assert_allclose(interval[1:], np.quantile(replicates, [0.025, 0.975]), rtol=1e-9)


def test_residual_nll_is_the_gaussian_density():
    rng = np.random.default_rng(17)
    mix = rng.standard_normal((3, 3))
    train, test = rng.standard_normal((500, 3)) @ mix, rng.standard_normal((50, 3)) @ mix
    peer = -multivariate_normal(np.zeros(3), train.T @ train / 500).logpdf(test)
    np.testing.assert_allclose(residual_nll(train, test), peer, atol=1e-4)
    for unusable in (train[:2], np.zeros((9, 3))):
        np.testing.assert_array_equal(residual_nll(unusable, test), np.full(50, np.nan))


def test_unscorable_sets_are_refused(ragged, ar1):
    model = LinearDrift().fit(ragged)
    with pytest.raises(LmphysError, match="train has width 5"):
        one_step_scores(model, ar1(0.5, 3, 4, 2, seed=0), train=ragged)
    with pytest.raises(LmphysError, match="no transitions"):
        one_step_scores(model, ragged.select([1]), train=ragged)
    with pytest.raises(LmphysError, match="at least 2 chains"):
        one_step_scores(model, Trajectories.from_list([ragged[0]]), train=ragged)
    with pytest.raises(LmphysError, match="give the full states"):
        one_step_scores(model, ragged, train=ragged, projection=Projection(1).fit(ar1(0.5, 3, 4, 2, seed=0)))
    with pytest.raises(LmphysError, match="not fitted"):
        one_step_scores(model, ragged, train=ragged, projection=Projection(1))


def test_held_out_scores_are_those_of_the_steps_written_out(ar1):
    traj = ar1(0.6, 40, 8, 6, 2)
    found = held_out_scores(traj, rank=3, ridge=2.0, n_bootstrap=10, seed=5)
    train, test = traj.split(0.7, seed=5)
    projection = Projection(3).fit(train)
    train, test = projection.transform(train), projection.transform(test)
    written = one_step_scores(LinearDrift(2.0).fit(train), test, train=train, n_bootstrap=10, seed=5)
    pd.testing.assert_frame_equal(found, written)


def test_gain_is_paired_and_that_of_equal_forecasts_is_exactly_zero(ar1):
    traj = ar1(0.6, 60, 10, 3, 4)
    _, y, chain = traj.pairs()
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(y.shape)
    near, far = y + 0.5 * noise, y + 0.6 * noise
    gain = r2_gain(traj, near, far, n_bootstrap=200, seed=1)
    settings = {"n_bootstrap": 200, "seed": 1}
    one, other = (r2_interval(y, x, chain, len(traj), **settings) for x in (near, far))
    assert gain.value == pytest.approx(one.value - other.value)
    # The two errors go up and down together, so their difference is known better than either.
    assert gain.high - gain.low < 0.7 * (one.high - one.low)
    assert gain.low > 0
    assert tuple(r2_gain(traj, near, near)) == (0, 0, 0)


def test_gain_is_resampled_by_question(ar1):
    traj = ar1(0.6, 60, 10, 3, 4)
    _, y, chain = traj.pairs()
    rng = np.random.default_rng(0)
    # One error a question: the chains of a question tell nothing new.
    question = np.arange(60) // 10
    near = y + rng.standard_normal((6, 3))[question[chain]]
    by_chain = r2_gain(traj, near, 0 * y, seed=1)  # without questions each chain is its own
    asked = replace(traj, chains=traj.chains.assign(question_id=question))
    by_question = r2_gain(asked, near, 0 * y, seed=1)
    assert by_chain.value == pytest.approx(by_question.value)
    assert by_question.high - by_question.low > 2 * (by_chain.high - by_chain.low)
    scores = one_step_scores(LinearDrift().fit(asked), asked, train=asked, seed=1)
    alone = one_step_scores(LinearDrift().fit(traj), traj, train=traj, seed=1)
    row = "persistence"
    assert scores.r2_h[row] == pytest.approx(alone.r2_h[row])
    assert scores.r2_h_low[row] != alone.r2_h_low[row]
