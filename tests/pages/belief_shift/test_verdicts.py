"""What is said and recorded, on chains whose law is known, and on tables made by hand."""

import numpy as np
import pandas as pd
import pytest
from tests.pages.belief_shift.conftest import THEMES, themed_chains

from lmphys.pages.belief_shift import verdicts
from lmphys.pages.belief_shift.endings import SIMULATION, compare_endings, other_draws
from lmphys.pages.belief_shift.finals import final_belief_scores
from lmphys.pages.belief_shift.folds import one_step
from lmphys.pages.belief_shift.gains import HEAVY_NULL, NULL, gain_table, gains, network_of, surrogate_steps
from lmphys.pages.belief_shift.simulated import REAL, SIMULATED, UNDISPLACED, final_beliefs, scenarios
from lmphys.pages.belief_shift.two_sample import p_value
from lmphys.stats.interval import Interval


@pytest.fixture(scope="module")
def table(folds):
    return scenarios(folds, THEMES)


@pytest.fixture(scope="module")
def steps(folds):
    return one_step(folds)


@pytest.fixture(scope="module")
def found(steps):
    fit = {"rank": 4, "n_regimes": 2, "n_folds": 2}
    return gains(steps, *(surrogate_steps(themed_chains(), heavy=heavy, **fit) for heavy in (False, True)))


def test_chains_of_one_map_show_no_gain_of_regimes(found, steps):
    assert network_of(steps) == "GRU-256"
    assert abs(found[NULL].value) < 0.02 and abs(found[HEAVY_NULL].value) < 0.02
    assert found["SLDS over r h"] == steps.gain("SLDS", "r h")
    assert gain_table(found).loc[NULL, "low"] == pytest.approx(float(found[NULL].low))


def test_endings_compare_what_they_name(table):
    tests = compare_endings(table)
    assert tests.loc[(SIMULATION, "Kolmogorov–Smirnov"), "n"] == 48
    real, made = (np.asarray(final_beliefs(table, kind, "poisoned")) for kind in (REAL, SIMULATED))
    assert tests.loc[(SIMULATION, "Kolmogorov–Smirnov"), "p"] == p_value(real, made)
    # Chains without a push end lower than pushed ones, and clean chains than poisoned ones.
    assert tests.loc[("real: poisoned, clean", "Kolmogorov–Smirnov"), "p"] < 0.05


def test_other_draws_are_further_simulations_in_order(folds, table):
    p = other_draws(folds, THEMES, 2, seed=3)
    drawn = [final_beliefs(scenarios(folds, THEMES, seed=3 + i), SIMULATED, "poisoned") for i in (1, 2)]
    real = np.asarray(final_beliefs(table, REAL, "poisoned"))
    assert p.tolist() == sorted(p_value(real, np.asarray(d), seed=3) for d in drawn)


def test_sentences_follow_their_numbers():
    shifts = {"claim": Interval(0.2, 0.1, 0.3), "neutral": Interval(0.05, 0, 0.1)}
    assert "Poison raises" in verdicts.on_poison(shifts) and "moves by +0.050" in verdicts.on_poison(shifts)
    assert "Poison lowers" in verdicts.on_poison(shifts | {"claim": Interval(-0.2, -0.3, -0.1)})
    assert "does not clearly move" in verdicts.on_poison(shifts | {"claim": Interval(0.2, -0.1, 0.3)})
    assert "neither more nor less" in verdicts.on_one_number({"SLDS over r h": Interval(0, -1, 1)}, 3)
    assert "foresees less" in verdicts.on_one_number({"SLDS over r h": Interval(-2, -3, -1)}, 3)
    tests = pd.DataFrame({"n": [20], "detectable": [0.15]}, pd.MultiIndex.from_tuples([(SIMULATION, "K")]))
    assert "is just about within its sight" in verdicts.on_power(tests, shifts["claim"])
    assert "is not within its sight" in verdicts.on_power(tests, shifts["neutral"])
    assert verdicts.on_bias(pd.DataFrame({"neutral": [0.2, 0.71]})).startswith(
        "A statement that nobody can know is believed 0.20 to 0.71"
    )
    choice = pd.DataFrame({"bic": [3, 1, 2], "held_out": [1, 2, 3], "r2_h": [3, 2, 1]}, index=[1, 2, 3])
    assert verdicts.on_regimes(choice, 3).endswith(
        "2 by BIC, 3 by held-out density, 1 by held-out forecast; the paper's 3; here 3."
    )


def test_rows_of_the_ledger_hold_their_numbers_and_controls(folds, steps, found, table):
    entries = {entry.claim: entry for entry in verdicts.forecast_entries(steps, found)}
    linear, network = (entries[f"slds.belief.slds_beats_{name}"] for name in ("linear", "gru"))
    assert linear.obtained == steps.gain("SLDS", "one linear map")
    rivals = ["no gain", "r h instead", "GRU-256 on r h instead"]
    assert list(linear.controls) == [*rivals, "chains of one map", "chains of one map with heavy tails"]
    assert list(network.controls) == ["no gain", "one linear map instead", "r h instead", "GRU-256 on r h instead"]
    assert network.controls["r h instead"] == steps.gain("r h", "GRU-256")
    plateau, push = verdicts.simulated_entries(table, "too few facts")
    real, made = (final_beliefs(table, kind, "clean") for kind in (REAL, SIMULATED))
    assert plateau.controls["clean chains"].value == pytest.approx(float((made - real).mean()))
    kinds = (SIMULATED, UNDISPLACED)
    pushed, still = (final_beliefs(table, kind, "poisoned") for kind in kinds)
    assert push.obtained.value == pytest.approx(float((pushed - still).mean()))
    assert plateau.lacking == push.lacking == "too few facts"
    scores = {e.claim: e for e in verdicts.score_entries(steps.scores(), final_belief_scores(folds, (3,)))}
    assert len(scores) == 2 * 3 * 2 + 2
    assert scores["slds.belief.gemma7b.slds_r2"].obtained == pytest.approx(steps.scores().loc["SLDS", "r2_h"])
    ends = {entry.claim: entry for entry in verdicts.ending_entries(table, THEMES)}
    assert len(ends) == 6 * 2 * 2
    expected = final_beliefs(table, REAL, "poisoned")["t1"].mean()
    assert ends["slds.belief.final.t1.real_poisoned"].obtained == pytest.approx(expected)
