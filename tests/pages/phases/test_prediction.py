import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.implanted import implant, implanted_chains
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.phases import prediction
from lmphys.stats.regression import pooled_r2


@pytest.fixture(scope="module")
def made():
    """Chains of three regimes that last, labelled by them; two chains a question."""
    rng = np.random.default_rng(0)
    real = Trajectories.from_list(list(rng.standard_normal((120, 7, 3)) * [3, 2, 1]))
    real.chains["question_id"] = np.arange(120) // 2
    truth = implant(SLDS(1).fit(real).parameters_, real, 3, separation=5.0, stay=0.8, seed=1)
    traj = implanted_chains(truth, real, seed=2)
    return traj, np.array(["s", "a", "b", "c"])[traj.sentences["regime"].to_numpy() + 1]


def test_exchanged_labels_keep_their_place_and_whole_chains(made):
    traj, y = made
    own = np.array([f"{c}:{t}" for c, t in zip(traj.sentences.chain, traj.sentences.t, strict=True)])
    found = prediction.exchange_labels(traj, own, np.random.default_rng(3))
    source, place = np.array([x.split(":") for x in found]).astype(int).T
    np.testing.assert_array_equal(place, traj.sentences.t)
    by_chain = source.reshape(120, 7)
    assert (by_chain == by_chain[:, :1]).all()  # equal lengths: each chain gets the labels of one other
    assert sorted(by_chain[:, 0]) == list(range(120))
    assert (by_chain[:, 0] != np.arange(120)).all()
    exchanged = prediction.exchange_labels(traj, y, np.random.default_rng(3))
    for t in range(7):
        assert sorted(exchanged[place == t]) == sorted(y[place == t])


def test_labels_that_are_the_place_gain_what_their_null_gains(made):
    traj, _ = made
    table = prediction.label_gains(traj, {"place": traj.sentences.t // 3}, n_folds=3, n_null=2, n_bootstrap=20)
    np.testing.assert_allclose(table.place, table.gain, atol=1e-12)
    np.testing.assert_allclose(table.place_high, table.gain, atol=1e-12)


def test_true_regimes_gain_beyond_both_nulls_and_hindsight_gains_most(made):
    traj, y = made
    table = prediction.label_gains(traj, {"regime": y}, n_folds=3, n_null=2, n_bootstrap=50, seed=1).loc["regime"]
    assert table.low["known"] > max(table.place_high["known"], table.random_high["known"]) + 0.1
    assert table.gain["known"] > table.gain["by label"] > max(table.place_high["by label"], 0) + 0.02
    # Regimes that a Markov chain chooses: the state has nothing to add.
    assert abs(table.gain["by state"] - table.gain["by label"]) < 0.02
    assert table["classes"].unique().tolist() == [4]


def test_held_out_forecasts_do_not_know_the_future_nor_the_rest_of_their_question(made):
    traj, y = made
    found = prediction.label_forecasts(traj, y, n_folds=3, seed=2)
    states, labels = traj.states.copy(), y.copy()
    late = (traj.sentences.chain < 2) & (traj.sentences.t >= 4)  # both chains of the first question
    states[late] += 5.0
    labels[late] = "a"
    changed = prediction.label_forecasts(traj.with_states(states), labels, n_folds=3, seed=2)
    rows = traj.sources()
    past = (traj.sentences.chain < 2).to_numpy()[rows] & (traj.sentences.t < 4).to_numpy()[rows]
    for way in ("by label", "by state"):
        np.testing.assert_array_equal(found[way][past], changed[way][past])
    assert (found["known"][past] != changed["known"][past]).any()
    # Chains of other questions are forecast by models that may have seen it.
    assert (found["by label"] != changed["by label"]).any()


def test_one_map_is_that_of_the_other_folds(made):
    traj, _ = made
    from lmphys.stats.folds import question_folds

    fold = question_folds(traj, 3, 5)
    found = prediction.one_map_forecasts(traj, n_folds=3, seed=5)
    inside = traj.select(fold == 0)
    expected = SLDS(1).fit(traj.select(fold != 0)).forecasts(inside)["predictive"]
    np.testing.assert_array_equal(found[np.repeat(fold == 0, traj.lengths - 1)], expected)


def test_ranks_are_those_of_projections_of_the_same_chains(made):
    traj, y = made
    table = prediction.gains_by_rank(traj, y, (1, 2), n_folds=3, n_null=1, n_bootstrap=20)
    flat = Projection(2).fit(traj).transform(traj)
    expected = prediction.label_gains(flat, {"y": y}, n_folds=3, n_null=1, n_bootstrap=20).loc["y"]
    assert table.index.unique("rank").tolist() == [1, 2]
    np.testing.assert_allclose(table.loc[2].astype(float), expected.astype(float))


def test_offsets_of_lasting_regimes_are_worth_what_one_map_lacks(made):
    traj, y = made
    settings = {"n_folds": 3, "n_null": 1, "n_bootstrap": 20}
    own, shared = (
        prediction.label_gains(traj, {"y": y}, drift=drift, **settings).loc["y"] for drift in ("switching", "shared")
    )
    found = prediction.what_phases_add(own, shared)
    h_next = traj.pairs()[1].astype(float)
    base = pooled_r2(h_next, prediction.one_map_forecasts(traj, n_folds=3))
    assert found["one map, no phases"] == pytest.approx(base)
    # The implanted regimes differ in their offsets alone: maps of their own have nothing to add.
    assert found["one map, offsets of the phases"] > found["one map, no phases"] + 0.1
    assert found["maps of the phases"] == pytest.approx(found["one map, offsets of the phases"], abs=0.02)
    assert found["mean of the phase"] < found["one map, offsets of the phases"]
