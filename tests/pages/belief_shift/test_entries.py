import numpy as np
import pandas as pd
import pytest
from tests.pages.belief_shift.conftest import themed_chains

from lmphys.core.trajectories import Trajectories
from lmphys.pages.belief_shift import verdicts
from lmphys.pages.belief_shift.entries import (
    GREATEST,
    LEAST,
    _mean_belief,
    ends_over_middle,
    entry_shares,
    entry_shifts,
)
from lmphys.pages.belief_shift.finals import final_gains, predict
from lmphys.pages.belief_shift.folds import one_step
from lmphys.stats.interval import Interval


def test_entries_are_counted_where_they_are_possible():
    # Two chains of six and three steps. Into 1 can enter what comes first, or after another regime.
    traj = Trajectories.from_list([np.zeros((7, 1)), np.zeros((4, 1))])
    path = np.array([1, 1, 0, 1, 0, 0, 0, 0, 1])
    # Chain 0: steps 1, 4 and 6 could, steps 1 and 4 do. Chain 1: all three could, the last does.
    assert entry_shares(path, traj, 1).tolist() == pytest.approx([2 / 3, 1 / 3])
    assert entry_shares(path, traj, 2).tolist() == [0, 0]


def test_a_chain_does_not_follow_on_the_one_before():
    traj = Trajectories.from_list([np.zeros((2, 1)), np.zeros((2, 1))])
    assert entry_shares(np.array([1, 1]), traj, 1).tolist() == [1, 1]


def test_poison_that_pushes_the_belief_leads_into_the_regime_of_greatest_belief(folds):
    found = entry_shifts(folds)
    believed = _mean_belief(folds[0])
    assert believed.max() > believed.min()
    assert found[GREATEST].low <= found[GREATEST].value <= found[GREATEST].high
    # With two regimes, who enters one leaves the other: the two shifts are of one motion.
    assert set(found) == {GREATEST, LEAST}


@pytest.mark.parametrize(("beliefs", "sign"), [([0.05, 0.95] * 20, 1), ([0.5] * 40, -1), ([0.05] * 40, 0)])
def test_two_modes_need_both_ends(beliefs, sign):
    states = np.zeros((40, 1))
    chains = pd.DataFrame({"question_id": [f"t{i}" for i in range(10)]})
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(10), 4), "t": np.tile(np.arange(4), 10), "belief": beliefs})
    found = ends_over_middle(Trajectories(states, np.full(10, 4), chains, sentences))
    assert np.sign(found.value) == np.sign(found.low) == np.sign(found.high) == sign


def test_what_is_foreseen_is_a_paired_difference(folds):
    found = final_gains(folds, 3)
    table = predict(folds, 3)
    half = table[table["target"] == "half"]
    right = {rule: ((own["score"] > 0) == own["label"]).mean() for rule, own in half.groupby("rule")}
    gain = found["SLDS"]["majority"]
    assert gain.value == pytest.approx(right["SLDS"] - right["majority"], abs=1e-9)
    assert found["majority"]["SLDS"].value == pytest.approx(-gain.value)
    entries = {e.claim: e for e in verdicts.final_entries(found, one_step(folds), 3, "")}
    assert entries["slds.belief.final_beats_linear"].obtained == found["SLDS"]["one linear map"]
    assert set(entries["slds.belief.final_beats_gru"].controls) == {"majority instead", "beliefs so far instead"}
    assert not list(verdicts.final_entries({}, one_step(folds), 3, ""))


def test_rows_about_beliefs_say_what_is_lacking():
    choice = pd.DataFrame({"bic": [3.0, 1.0], "held_out": [2.0, 1.0]}, index=[1, 2])
    entered = {GREATEST: Interval(0.1, 0, 0.2), LEAST: Interval(-0.1, -0.2, 0)}
    rows = {e.claim: e for e in verdicts.regime_entries(entered, choice, Interval(0, -1, 1), "no facts")}
    assert {e.lacking for e in rows.values()} == {"no facts"}
    assert rows["slds.belief.k"].obtained == {"BIC": 2.0, "held-out density": 1.0}
    assert rows["slds.belief.enters_misaligned"].controls == {LEAST: entered[LEAST]}
    assert len(themed_chains().questions) == len(themed_chains())
