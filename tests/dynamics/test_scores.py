import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.base import BaseEstimator
from sklearn.metrics import r2_score

from lmphys.corpus import Trajectories
from lmphys.dynamics import (
    LinearDrift,
    Projection,
    expected_r2_ar1,
    held_out_scores,
    one_step_scores,
    residual_nll,
    shuffle_chains,
)
from lmphys.dynamics.scores import forecasters, r2_interval
from lmphys.errors import LmphysError

BASELINES = ["persistence", "mean", "per-trace mean", "shuffled order", "phase-randomised"]


class TwoForecasts(BaseEstimator):
    """A model with an honest forecast and one that has seen its target, as a switching model has."""

    def fit(self, traj):
        self.drift_ = LinearDrift().fit(traj)
        return self

    def forecasts(self, traj):
        return {"predictive": self.drift_.forecast(traj), "oracle": traj.pairs()[1]}

    def log_densities(self, traj):
        return {"predictive": np.full(traj.n_transitions, -2.5)}


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
    assert list(scores) == ["r2_h", "r2_h_low", "r2_h_high", "r2_dh", "r2_dh_low", "r2_dh_high", "nll"]
    h, h_next, _ = test.pairs()
    running = np.concatenate([[x[: t + 1].mean(axis=0) for t in range(len(x) - 1)] for x in test])
    by_hand = {
        "one linear map": model.forecast(test),
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


def test_forecasts_never_see_their_target(ragged):
    train, test = ragged.select([0, 2, 4, 5]), ragged.select([0, 1, 2, 3])
    for forecaster in forecasters(LinearDrift().fit(train), test, train=train, seed=1):
        before = forecaster.forecasts(forecaster.test)
        for i, source in enumerate(forecaster.test.sources()):
            states = forecaster.test.states.copy()
            states[source + 1] += 100.0
            after = forecaster.forecasts(forecaster.test.with_states(states))
            for name, forecast in before.items():
                np.testing.assert_array_equal(after[name][i], forecast[i])


def test_leak_test_catches_a_forecast_that_has_seen_its_target(ragged):
    (forecaster, *_) = forecasters(TwoForecasts().fit(ragged), ragged, train=ragged)
    shifted = ragged.with_states(ragged.states + 100.0 * (np.arange(len(ragged.states)) == 1)[:, None])
    before, after = (forecaster.forecasts(t) for t in (ragged, shifted))
    np.testing.assert_array_equal(before["predictive"][0], after["predictive"][0])
    assert np.abs(before["oracle"][0] - after["oracle"][0]).min() == pytest.approx(100)


def test_model_with_several_forecasts_has_a_row_for_each_and_no_density_for_a_leaking_one(ar1):
    train, test = split(ar1(0.7, 40, 12, 3, seed=15))
    scores = one_step_scores(TwoForecasts().fit(train), test, train=train, n_bootstrap=20)
    assert list(scores.index) == ["predictive", "oracle", *BASELINES]
    assert scores.r2_h["oracle"] == 1
    assert scores.nll["predictive"] == 2.5
    assert np.isnan(scores.nll["oracle"])
    linear = one_step_scores(LinearDrift().fit(train), test, train=train, n_bootstrap=20)
    same = ["r2_h", "r2_h_low", "r2_dh_high"]
    pd.testing.assert_frame_equal(scores.loc[BASELINES, same], linear.loc[BASELINES, same])
    assert scores.nll["shuffled order"] == 2.5


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
    peer = -multivariate_normal(np.zeros(3), train.T @ train / 500).logpdf(test).mean()
    assert residual_nll(train, test) == pytest.approx(peer, abs=1e-4)
    assert np.isnan(residual_nll(train[:2], test))
    assert np.isnan(residual_nll(np.zeros((9, 3)), test))


def test_unscorable_sets_are_refused(ragged, ar1):
    model = LinearDrift().fit(ragged)
    with pytest.raises(LmphysError, match="train has width 5"):
        one_step_scores(model, ar1(0.5, 3, 4, 2, seed=0), train=ragged)
    with pytest.raises(LmphysError, match="no transitions"):
        one_step_scores(model, ragged.select([1]), train=ragged)
    with pytest.raises(LmphysError, match="at least 2 chains"):
        one_step_scores(model, Trajectories.from_list([ragged[0]]), train=ragged)


def test_held_out_scores_are_those_of_the_steps_written_out(ar1):
    traj = ar1(0.6, 40, 8, 6, 2)
    found = held_out_scores(traj, rank=3, ridge=2.0, n_bootstrap=10, seed=5)
    train, test = traj.split(0.7, seed=5)
    projection = Projection(3).fit(train)
    train, test = projection.transform(train), projection.transform(test)
    written = one_step_scores(LinearDrift(2.0).fit(train), test, train=train, n_bootstrap=10, seed=5)
    pd.testing.assert_frame_equal(found, written)
