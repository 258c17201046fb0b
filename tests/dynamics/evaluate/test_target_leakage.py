"""The leak: regime weights that have seen the target raise R^2 where there is nothing to predict."""

import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.fitting.synthetic import draw_chains, random_parameters


@pytest.fixture(scope="module")
def noise_scores() -> pd.DataFrame:
    """R^2(h) held out, by K, on independent Gaussian states: no dynamics, no regimes."""
    rng = np.random.default_rng(0)
    train, test = (Trajectories.from_list(list(rng.standard_normal((150, 8, 5)))) for _ in range(2))
    return pd.DataFrame(
        {K: one_step_scores(SLDS(K, n_init=2).fit(train), test, train=train, n_bootstrap=2).r2_h for K in (1, 2, 4, 8)}
    ).T


def test_predictive_score_of_noise_is_zero_at_every_number_of_regimes(noise_scores):
    # Below 0 by what the extra parameters cost: K (D + 1) coefficients a coordinate on 1,050 transitions.
    cost = np.array([K * 6 / 1050 for K in noise_scores.index])
    assert (noise_scores.predictive < 0.01).all()
    assert (noise_scores.predictive > -3 * cost - 0.01).all()


def test_leaking_scores_of_noise_rise_with_the_number_of_regimes(noise_scores):
    for leaking in ("filtered_after_update", "smoothed", "oracle"):
        assert noise_scores[leaking].is_monotonic_increasing
        assert noise_scores[leaking][8] > 0.15
        assert noise_scores[leaking][1] == pytest.approx(noise_scores.predictive[1], abs=1e-9)
    assert (noise_scores.oracle >= noise_scores.filtered_after_update - 1e-12).all()


@pytest.mark.slow
def test_four_regimes_forecast_a_single_one_no_better_than_one():
    truth = random_parameters(1, 6, separation=0.0, memory=0.6, seed=2)
    train, test = (draw_chains(truth, 300, (4, 12), seed=seed) for seed in (3, 4))
    one, four = (one_step_scores(SLDS(K).fit(train), test, train=train, n_bootstrap=200) for K in (1, 4))
    assert four.r2_h["predictive"] <= one.r2_h["predictive"] + 0.002
    assert four.nll["predictive"] >= one.nll["predictive"]
    # And yet, with weights that have seen the target, it looks like a large gain.
    assert four.r2_h["filtered_after_update"] > one.r2_h["predictive"] + 0.05


def test_regimes_that_persist_do_improve_the_honest_forecast():
    """The control of the control: where regimes exist and last, the predictive score shows it."""
    truth = random_parameters(3, 6, separation=6.0, stay=0.9, memory=0.9, seed=5)
    train, test = (draw_chains(truth, 200, 12, seed=seed) for seed in (6, 7))
    one, three = (one_step_scores(SLDS(K).fit(train), test, train=train, n_bootstrap=200) for K in (1, 3))
    assert three.r2_h_low["predictive"] > one.r2_h_high["predictive"]
    assert three.nll["predictive"] < one.nll["predictive"] - 1


def test_leak_curve_has_the_scores_of_the_forecasts():
    truth = random_parameters(2, 3, separation=3.0, seed=8)
    train, test = (draw_chains(truth, 40, (2, 8), seed=seed) for seed in (9, 10))
    curve = leak_curve(train, test, (1, 3), n_init=2, random_state=1)
    assert list(curve["n_regimes"]) == [1] * 4 + [3] * 4
    scores = one_step_scores(SLDS(3, n_init=2, random_state=1).fit(train), test, train=train, n_bootstrap=2)
    of_three = curve[curve["n_regimes"] == 3].set_index("weights")
    for column in ("r2_h", "r2_dh"):
        np.testing.assert_allclose(of_three[column], scores.loc[of_three.index, column])
        assert curve[curve["n_regimes"] == 1][column].nunique() == 1
