from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.early_warning.alarms import KNOWING, alarm_leads
from lmphys.pages.early_warning.forecast_scores import areas
from lmphys.pages.early_warning.lead_time import RANDOM
from lmphys.pages.early_warning.outcomes import Outcome, at_risk, outcomes_of
from lmphys.pages.early_warning.signals import join
from lmphys.pages.early_warning.study import Study
from lmphys.pages.early_warning.verdicts import gain_entry, lead_entries, sure_gains


def test_outcomes_are_wrong_answers_of_both_and_derailments_of_the_labelled(corpus):
    one, two = corpus(0), corpus(1)
    astray = np.zeros(len(two.states), dtype=bool)
    astray[two.offsets[3] + 2] = True  # the third sentence of the fourth chain
    two.sentences["astray"] = astray
    found = outcomes_of({"a": one, "b": two}, "a", "b")
    assert list(found) == ["wrong answer, a", "wrong answer, b", "derailment, b"]
    assert (found["wrong answer, a"].event == ~one.chains["correct"]).all()
    assert np.flatnonzero(found["derailment, b"].event).tolist() == [3]
    assert found["derailment, b"].exposure[3] == 2
    assert (found["wrong answer, b"].exposure == two.lengths - 1).all()


def test_at_risk_are_chains_that_go_on(corpus):
    traj = corpus()
    event = np.arange(len(traj)) % 2 == 0
    found = at_risk({"x": Outcome("a", traj, event, None)}, [1, 5, 9])
    assert found["chains at risk"].tolist() == [96, (traj.lengths > 5).sum(), 0]
    assert found.loc[("x", 5), "share with the event"] == pytest.approx(event[traj.lengths > 5].mean())
    assert np.isnan(found.loc[("x", 9), "share with the event"])


@pytest.fixture(scope="module")
def study(signals, event):
    outcomes = {"wrong answer, a": Outcome("a", signals.traj, event, None)}
    return Study(outcomes, {"a": join(signals, {"random weights": signals})}, [1, 2], 2, seed=3)


def test_scores_along_the_chain_are_those_of_its_forecasts(study):
    scores = study.scores
    assert set(scores.loc[("wrong answer, a", 1)].index) < set(scores.loc[("wrong answer, a", 2)].index)
    table = study.forecasts["wrong answer, a", 2]
    value = areas(table, "SLDS", n_bootstrap=0)[0]
    gains = study.gains()
    line = gains.loc[("wrong answer, a", "SLDS")]
    assert line.auroc == pytest.approx(value)
    known = areas(table, "known", n_bootstrap=0)[0]
    assert line.gain == pytest.approx(areas(table, "+ SLDS", n_bootstrap=0)[0] - known)
    assert line["least seen"] == pytest.approx((line.gain_high - line.gain_low) / 2)
    # The random weights are the same signals again.
    assert gains.loc[("wrong answer, a", "SLDS, random weights")].auroc == pytest.approx(line.auroc, abs=0.02)


def test_nulls_and_planted_signals_have_a_row_an_outcome(study):
    null = study.nulls(4)
    assert list(null.columns) == [(name, q) for name in ("permuted", "shuffled") for q in (0.025, 0.5, 0.975)]
    assert null["permuted"].loc["wrong answer, a"].is_monotonic_increasing
    planted = study.planted(2)
    assert planted.loc["wrong answer, a"].gain[2.0] > planted.loc["wrong answer, a"].gain[0.0] + 0.1


def test_tables_say_what_the_forecasts_score(study):
    text = study.of_one().loc[("wrong answer, a", "known")]
    table = study.forecasts["wrong answer, a", 2]
    for within in ("all", "task", "question"):
        assert text[within].startswith(f"{areas(table, 'known', within=within, n_bootstrap=0)[0]:.2f}"[:4].rstrip("0"))
    by_task = study.by_task()
    assert set(by_task.index.get_level_values(1)) == {"sums", "letters"}
    assert by_task["chains"].sum() == len(table)
    skill = study.skill().loc["wrong answer, a"]
    assert skill.loc["task and length", "beyond_skill"] == 0
    assert skill.loc["task", "skill"] == pytest.approx(
        1 - skill.loc["task", "brier"] / ((table["base rate"] - table["event"]) ** 2).mean()
    )


def test_an_alarm_is_set_beside_others_or_the_reason_is_told(study, signals, event, capsys):
    place = np.where(event, 1.0, np.inf)
    outcome = Outcome("a", signals.traj, event, place)
    lead = alarm_leads(study.signals["a"], outcome, rate=0.2)
    assert list(lead.summary.index) == ["SLDS", KNOWING, "place alone", RANDOM]
    assert f"{event.sum()} derailments" in capsys.readouterr().out
    (entry,) = lead_entries("a", lead)
    others = lead.summary.drop("SLDS")
    assert entry.obtained.value == pytest.approx(lead.summary.lead["SLDS"] - others.lead.max())
    best = others.loc[others.lead.idxmax()]
    assert (entry.obtained.low, entry.obtained.high) == (best.difference_low, best.difference_high)
    assert f"beside {best.name}; " in entry.note
    none = Outcome("a", signals.traj, ~event & event, np.full(len(event), np.inf))
    assert alarm_leads(study.signals["a"], none, rate=0.2) is None and lead_entries("a", None) == []
    assert "need chains of both kinds" in capsys.readouterr().out
    with pytest.raises(LmphysError, match="needs the place"):
        alarm_leads(study.signals["a"], SimpleNamespace(place=None), rate=0.2)


def test_the_entry_of_a_gain_names_its_null_and_its_power():
    index = pd.MultiIndex.from_product([["x"], ["SLDS", "SLDS, random weights", "difficulty"]])
    gains = pd.DataFrame(
        {"auroc": 0.6, "gain": [0.1, 0.02, 0.3], "gain_low": [0.05, -0.1, 0.2], "gain_high": [0.15, 0.1, 0.4]}, index
    ).rename_axis(["outcome", "signal"])
    columns = pd.MultiIndex.from_product([["permuted", "shuffled"], [0.025, 0.5, 0.975]])
    null = pd.DataFrame([[-0.1, 0.01, 0.1, 0.4, 0.5, 0.6]], ["x"], columns)
    planted = pd.DataFrame(
        {"gain": [0.0, 0.12, 0.2], "seen": [0.0, 0.8, 1.0]}, pd.MultiIndex.from_product([["x"], [0.0, 1.0, 2.0]])
    )
    entry = gain_entry("slds.warning.derailment", "x", 3, gains, null, planted)
    assert tuple(entry.obtained) == (0.1, 0.05, 0.15)
    assert entry.controls == {"no gain": 0.0, "signals of another chain": (0.01, -0.1, 0.1)}
    assert "0.60, gain with random weights 0.020, power 80 % for a gain of 0.12" in entry.note
    assert sure_gains(gains, 3) == "x: beyond task and length, 3 sentences in, SLDS (+0.10)"
