"""The table of ablations: which model, which definition, and what chains without regimes make of it."""

import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.ablation import (
    SPACES,
    WEIGHTS,
    ablate,
    likeness,
    readings,
)
from lmphys.stats.regression import pooled_r2

LEAKING = WEIGHTS[1:]
SETTINGS = {"rank": 4, "n_regimes": 3, "noise_rank": 2, "max_iter": 5}


@pytest.fixture(scope="module")
def chains():
    truth = random_parameters(3, 6, separation=6.0, stay=0.9, memory=0.9, seed=1)
    return tuple(draw_chains(truth, n, (2, 9), seed=seed) for n, seed in ((120, 2), (40, 3)))


@pytest.fixture(scope="module")
def found(chains):
    return ablate(*chains, **SETTINGS)


@pytest.fixture(scope="module")
def scores(found):
    return found.scores(n_bootstrap=20).r2


def test_full_model_has_the_numbers_of_one_step_scores(chains, found, scores):
    train, test = chains
    model = found.fits["full model"]
    peer = one_step_scores(model, test, train=train, projection=found.projection, n_bootstrap=2)
    for weights in WEIGHTS:
        mine = scores.loc["full model", :, :, weights]
        assert mine["k", "h"] == pytest.approx(peer.r2_h[weights], abs=1e-10)
        assert mine["k", "Δh"] == pytest.approx(peer.r2_dh[weights], abs=1e-10)
        assert mine["D", "h"] == pytest.approx(peer.full_r2_h[weights], abs=1e-10)
        assert mine["D", "Δh"] == pytest.approx(peer.full_r2_dh[weights], abs=1e-10)
    assert found.nll["full model"] == pytest.approx(peer.full_nll["predictive"])


def test_without_regimes_all_weights_give_the_numbers_of_one_linear_map(chains, found, scores):
    inside, outside = (found.projection.transform(t) for t in chains)
    peer = LinearDrift(found.fits["no regimes"].ridge_, penalty="A-I").fit(inside)
    h, h_next, _ = outside.pairs()
    forecast = peer.predict(outside).mean
    for weights in WEIGHTS:
        assert scores["no regimes", "k", "h", weights] == pytest.approx(pooled_r2(h_next, forecast), abs=1e-9)
        assert scores["no regimes", "k", "Δh", weights] == pytest.approx(pooled_r2(h_next - h, forecast - h), abs=1e-9)


def test_eq_10_leaves_the_directions_outside_where_they_are(chains, found, scores):
    test = chains[1]
    model, projection = found.fits["one linear map"], found.projection
    h, h_next, _ = test.pairs()
    x = projection.transform(test)
    forecast = h + (model.predict(x).mean - x.pairs()[0]) @ projection.basis_.T
    assert scores["one linear map", "Eq. 10", "h", "predictive"] == pytest.approx(pooled_r2(h_next, forecast))


def test_a_model_of_all_dimensions_is_scored_on_its_own_coordinates(chains, found, scores):
    test, model = chains[1], found.fits["no projection"]
    h, h_next, _ = test.pairs()
    basis = found.projection.basis_
    forecast = model.forecasts(test)["smoothed"]
    assert scores["no projection", "D", "h", "smoothed"] == pytest.approx(pooled_r2(h_next, forecast))
    assert scores["no projection", "Eq. 10", "h", "smoothed"] == scores["no projection", "D", "h", "smoothed"]
    expected = pooled_r2((h_next - h) @ basis, (forecast - h) @ basis)
    assert scores["no projection", "k", "Δh", "smoothed"] == pytest.approx(expected)


def test_where_there_are_regimes_the_weights_that_know_more_score_higher(scores):
    # The oracle takes one regime, so that a mixture of two may beat it; neither is a bound of the other.
    missed = 1 - scores.xs(("full model", "k", "h"), level=("model", "space", "target"))
    assert (missed[list(LEAKING)] < 0.5 * missed.predictive).all()
    # These regimes last, so that even the honest forecast is better than that of one map.
    assert missed.predictive < 0.9 * (1 - scores["no regimes", "k", "h", "predictive"])


def test_on_noise_the_leaking_columns_rise_and_the_honest_one_does_not():
    rng = np.random.default_rng(0)
    noise = [Trajectories.from_list(list(rng.standard_normal((150, 8, 5)))) for _ in range(2)]
    r2 = ablate(*noise, rank=4, n_regimes=4, noise_rank=2, max_iter=5).scores(n_bootstrap=2).r2
    for model in ("full model", "no projection"):
        assert abs(r2[model, "k", "h", "predictive"]) < 0.03
        assert all(r2[model, "k", "h", weights] > 0.08 for weights in LEAKING)
    assert all(abs(r2["no regimes", "k", "h", weights]) < 0.03 for weights in WEIGHTS)
    # Eq. 10 as printed predicts that nothing returns outside the subspace: on noise it must be worse than the mean.
    assert r2["no regimes", "Eq. 10", "h", "predictive"] < r2["no regimes", "D", "h", "predictive"] - 0.1


def test_the_honest_forecast_does_not_change_when_the_future_does(chains, found):
    train, test = chains
    moved = test.states.copy()
    last = test.offsets[1:] - 1
    moved[last] += 5 * np.random.default_rng(0).standard_normal(moved[last].shape)
    other = test.with_states(moved)
    again = ablate(train, other, **SETTINGS)
    x_next, chain = found.projection.transform(other).pairs()[1:]
    for i, model in enumerate(("full model", "no regimes")):
        before = found.fits[model].forecasts(found.projection.transform(test))["predictive"]
        expected = np.bincount(chain, ((x_next - before) ** 2).sum(axis=1), minlength=len(test))
        np.testing.assert_allclose(again.errors[i, SPACES.index("k"), WEIGHTS.index("predictive")], expected)
        if model == "full model":  # and what has seen the future does
            leaking = again.errors[i, SPACES.index("k"), WEIGHTS.index("filtered_after_update")]
            seen = found.fits[model].forecasts(found.projection.transform(test))["filtered_after_update"]
            assert not np.allclose(leaking, np.bincount(chain, ((x_next - seen) ** 2).sum(axis=1), minlength=len(test)))


def test_drops_are_paired_differences_from_the_full_model(found, scores):
    drops = found.drops(n_bootstrap=50, seed=1)
    difference = scores["no state drift", "k", "h", "predictive"] - scores["full model", "k", "h", "predictive"]
    row = drops.loc[("no state drift", "k", "h", "predictive")]
    assert row["drop"] == pytest.approx(difference)
    assert row.low < row["drop"] < row.high
    assert "full model" not in drops.index.get_level_values("model")


def test_surrogates_follow_the_lifted_map(chains, found):
    many = Trajectories.concatenate([chains[0]] * 20)
    (drawn,) = found.surrogates(many, seed=3)
    np.testing.assert_array_equal(drawn.lengths, many.lengths)
    np.testing.assert_allclose(drawn.states[drawn.offsets[:-1]], many.states[many.offsets[:-1]])
    lifted = found.completion.lift(found.fits["no regimes"].parameters_)
    drift = LinearDrift(0.0).fit(drawn)
    np.testing.assert_allclose(drift.A_, np.eye(6) + lifted.M[0], atol=0.05)
    np.testing.assert_allclose(drift.noise_covariance_, lifted.Sigma[0], atol=0.05 * np.abs(lifted.Sigma[0]).max())


def test_readings_are_those_that_the_text_admits(found, scores):
    table = found.scores(n_bootstrap=2)
    full, single = (readings(table, name) for name in ("full model", "no regimes"))
    assert len(full) == 16 and len(single) == 4
    assert full.r2["oracle, R² of Δh, k coordinates"] == scores["full model", "k", "Δh", "oracle"]
    assert full.r2["smoothed, R² of h, all D"] == scores["full model", "Eq. 10", "h", "smoothed"]
    assert single.r2["one forecast, R² of h, k coordinates"] == scores["no regimes", "k", "h", "oracle"]


def test_likeness_is_of_the_held_out_states_and_the_map_without_regimes(chains, found, scores):
    row = likeness({"real": found}).loc["real"]
    states = found.projection.transform(chains[1]).states
    assert row["spread"] == pytest.approx(np.sqrt(states.var(axis=0).sum()))
    assert row["R²(h) of one map"] == scores["no regimes", "k", "h", "predictive"]
    eigenvalues = np.linalg.eigvals(np.eye(4) + found.fits["no regimes"].parameters_.M[0])
    assert row["largest eigenvalue"] == pytest.approx(np.abs(eigenvalues).max())
