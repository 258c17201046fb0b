"""Forecasts of states and beliefs on chains whose law is known."""

import dataclasses

import numpy as np
import pytest
from tests.pages.belief_shift.conftest import PLACES, PUSH, THEMES, R, themed_chains

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.gru import GRUForecast, persistence
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.pages.belief_shift.finals import final_belief_scores, known_part, predict, readout_scores
from lmphys.pages.belief_shift.folds import one_step, usable_rank
from lmphys.pages.belief_shift.simulated import (
    READ,
    REAL,
    SIMULATED,
    UNDISPLACED,
    displacements,
    final_beliefs,
    scenarios,
    simulate_poisoned,
)
from lmphys.stats.regression import pooled_r2


def changed_after(traj, step):
    """The same chains with another future: states and beliefs after sentence `step`."""
    after = traj.sentences["t"].to_numpy() > step
    sentences = traj.sentences.assign(belief=np.where(after, 1 - traj.sentences["belief"], traj.sentences["belief"]))
    states = np.where(after[:, None], -3.0 * traj.states + 1.0, traj.states)
    return dataclasses.replace(traj, states=states, sentences=sentences)


def ar1(n_chains, r=0.9, n_steps=25, seed=0):
    rng = np.random.default_rng(seed)
    chains = []
    for _ in range(n_chains):
        h = [rng.standard_normal(2)]
        for _ in range(n_steps - 1):
            h.append(r * h[-1] + np.sqrt(1 - r**2) * rng.standard_normal(2))
        chains.append(5.0 * np.array(h) + 7.0)
    return Trajectories.from_list(chains)


@pytest.mark.parametrize("skip", [False, True])
def test_the_network_learns_an_ar1_process_up_to_its_noise(skip):
    network = GRUForecast(32, skip=skip, learning_rate=5e-3, max_epochs=60).fit(ar1(120))
    test = ar1(80, seed=1)
    assert pooled_r2(test.pairs()[1], network.predict(test).mean) == pytest.approx(0.81, abs=0.04)
    assert network.n_epochs_ <= 60


def test_the_network_does_not_see_the_future_and_continues_what_it_saw():
    network = GRUForecast(16, max_epochs=5).fit(ar1(20))
    test = ar1(3, seed=2)
    other = dataclasses.replace(test, states=np.where(test.sentences["t"].to_numpy()[:, None] > 10, 0.0, test.states))
    early = np.tile(np.arange(24), 3) <= 10
    a, b = network.predict(test).mean, network.predict(other).mean
    np.testing.assert_array_equal(a[early], b[early])
    assert not np.allclose(a[~early], b[~early])
    np.testing.assert_allclose(
        network.continued(known_part(test, 10), 1), a[np.tile(np.arange(24), 3) == 10], atol=1e-5
    )


def test_persistence_is_the_slope_through_the_origin():
    traj = Trajectories.from_list([np.array([[1.0, 2.0], [3.0, 0.0], [1.0, 1.0]])])
    assert persistence(traj) == pytest.approx((1 * 3 + 2 * 0 + 3 * 1 + 0 * 1) / (1 + 4 + 9 + 0))


def test_no_theme_is_on_both_sides_and_each_is_tested_once(folds):
    tested = [set(fold.test.chains["question_id"]) for fold in folds]
    assert all(not names & set(fold.train.chains["question_id"]) for names, fold in zip(tested, folds, strict=True))
    assert sorted(name for names in tested for name in names) == [f"t{i}" for i in range(8)]


def test_forecasts_of_a_known_process_reach_its_r2(folds):
    clean = [
        dataclasses.replace(f, test=f.test.select((f.test.chains["condition"] == "clean").to_numpy())) for f in folds
    ]
    scores = one_step(clean).scores()
    for name in ("SLDS", "one linear map", "GRU-256", "GRU-256 on r h", "r h"):
        assert scores.loc[name, "r2_h"] == pytest.approx(R**2, abs=0.08)
    assert scores.loc["persistence", "r2_h"] == pytest.approx(2 * R - 1, abs=0.08)
    assert -0.2 < scores.loc["mean", "r2_h"] <= 0  # poisoned chains pull it away from the mean of the clean ones
    gain = one_step(clean).gain("r h", "persistence")
    assert gain[0] == pytest.approx(scores.loc["r h", "r2_h"] - scores.loc["persistence", "r2_h"])
    assert gain[1] < gain[0] < gain[2]


def test_honest_forecasts_do_not_see_their_target_and_leaks_do(folds):
    other = [dataclasses.replace(fold, test=changed_after(fold.test, 6)) for fold in folds]
    a, b = one_step(folds), one_step(other)
    last_seen = np.tile(np.arange(8), len(a.h) // 8) == 6  # the step from sentence 6 to 7
    for name, forecast in a.forecasts.items():
        same = np.allclose(forecast[last_seen], b.forecasts[name][last_seen])
        assert same != name.startswith("leak")


def test_rank_is_what_the_transitions_of_a_fold_determine():
    traj = themed_chains(2, 5, 4)
    assert traj.n_transitions == 60
    assert usable_rank(traj, 40, 3) == 4  # the width
    assert usable_rank(traj, 2, 3) == 2
    assert usable_rank(themed_chains(2, 2, 6), 40, 2) == 2  # 20 of 40 transitions


def test_the_readout_finds_a_belief_that_is_in_the_state(folds):
    scores = readout_scores(folds)
    assert scores.loc["read-out of the state", "r2"] > 0.95
    assert abs(scores.loc["position", "r2"]) < 0.15
    b = np.concatenate([fold.test.sentences["belief"] for fold in folds])
    theme = np.concatenate([np.repeat(fold.test.chains["question_id"], 9) for fold in folds])
    within = sum(((b[theme == name] - b[theme == name].mean()) ** 2).sum() for name in set(theme))
    assert scores.loc["mean of the theme", "r2"] == pytest.approx(1 - within / ((b - b.mean()) ** 2).sum())


def test_final_beliefs_are_predicted_where_they_are_known(folds):
    scores = final_belief_scores(folds, (0, 7))
    assert scores.loc[(7, "median", "present belief"), "auroc"] > scores.loc[(0, "median", "present belief"), "auroc"]
    # b_T is a rising function of x, and x after one step has correlation R with x before: Gaussian orthants.
    expected = 0.5 + np.arcsin(R) / np.pi
    assert scores.loc[(7, "median", "SLDS"), "accuracy"] == pytest.approx(expected, abs=0.1)
    assert scores.loc[(7, "median", "majority"), "auroc"] == 0.5
    assert (scores["n"] == 96).all()
    still = themed_chains()
    first = still.sentences["belief"].to_numpy().reshape(-1, 9)[:, :1]
    still.sentences["belief"] = np.repeat(first, 9)
    constant = [dataclasses.replace(fold, test=still.select(fold.rows), train=fold.train) for fold in folds]
    sure = final_belief_scores(constant, (3,))
    assert sure.loc[(3, "half", "present belief"), "accuracy"] == 1
    assert sure.loc[(3, "half", "present belief"), "auroc"] == 1


def test_what_predicts_the_end_does_not_know_it(folds):
    other = [dataclasses.replace(fold, test=changed_after(fold.test, 3)) for fold in folds]
    a, b = predict(folds, 3), predict(other, 3)
    np.testing.assert_allclose(a["score"], b["score"])
    assert not (a["label"] == b["label"]).all()


def test_displacements_are_what_was_added():
    traj = themed_chains(n_chains=40)
    forecast = R * traj.pairs()[0]
    found = displacements(traj, forecast)
    np.testing.assert_allclose(found, PUSH, atol=5 * np.sqrt(1 - R**2) / np.sqrt(320))
    np.testing.assert_allclose(displacements(traj, forecast, "clean"), 0, atol=5 * np.sqrt(1 - R**2) / np.sqrt(320))
    with pytest.raises(LmphysError, match="absent chains"):
        displacements(traj, forecast, "absent")


def test_a_simulation_without_noise_is_the_map_and_its_pushes(folds):
    quiet = SLDSParameters([1.0], [[1.0]], [(0.5 - 1) * np.eye(4)], [np.zeros(4)], [1e-18 * np.eye(4)])
    fold = dataclasses.replace(folds[0], slds=SLDS.from_parameters(quiet))
    starts = folds[0].test.select([0, 3])
    made = simulate_poisoned(fold, starts, PLACES, PUSH, 9, seed=0)
    first = starts.states[starts.offsets[:-1]]
    for t, states in enumerate(np.stack(list(made), axis=1)):
        expected = first * 0.5**t + sum(p * 0.5 ** (t - s) for s, p in zip(PLACES, PUSH, strict=True) if s <= t)
        np.testing.assert_allclose(states, expected, atol=1e-6)


def test_scenarios_move_the_belief_as_the_real_poison_does(folds):
    table = scenarios(folds, THEMES)
    assert set(table["kind"]) == {REAL, READ, SIMULATED, UNDISPLACED}
    assert len(final_beliefs(table, REAL, "clean")) == len(final_beliefs(table, SIMULATED, "clean")) == 48
    at_push = table[(table["t"] == PLACES[0]) & (table["condition"] == "poisoned")].groupby("kind")["belief"].mean()
    assert at_push[SIMULATED] == pytest.approx(at_push[REAL], abs=0.08)
    assert at_push[UNDISPLACED] < at_push[REAL] - 0.2
