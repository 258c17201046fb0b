import json

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.sentences import PHASES
from lmphys.training.reasoner.reference import (
    acceptance_checks,
    chance,
    compare,
    difficulty_slope,
    load_reference,
    outcome_mean,
)


def table(n_questions=40, n_chains=4, *, family="story", difficulties=(2, 4, 6, 8), accuracy=lambda d: 0.6, seed=0):
    rng = np.random.default_rng(seed)
    d = np.array([difficulties[q % len(difficulties)] for q in range(n_questions) for _ in range(n_chains)])
    question = [f"{family}:{k}/0-{i // n_chains}" for i, k in enumerate(d)]
    names = ("slipped", "corrected", "recovered", "derailed", "ended")
    return pd.DataFrame(
        {
            "question_id": question, "family": family, "difficulty": d,
            "correct": rng.random(len(d)) < np.array([accuracy(k) for k in d]), "n_sentences": d + 4,
            **dict.fromkeys(names, False), **dict.fromkeys((f"n_{phase}" for phase in PHASES), 1),
        }
    )  # fmt: skip


def test_the_record_is_read_and_a_missing_one_said(tmp_path):
    found = load_reference()
    assert len(found.outcomes) == 2160 and set(found.outcomes["correct"].unique()) == {True, False}
    assert found.loss["step"].iloc[-1] == found.training["recipe"]["steps"]
    assert found.training["kept_steps"][-1] == found.training["recipe"]["steps"]
    with pytest.raises(LmphysError, match="git checkout data"):
        load_reference(tmp_path)
    (tmp_path / "training.json").write_text(json.dumps({}))
    found.loss.to_csv(tmp_path / "loss.csv", index=False)
    for name in ("outcomes.csv", "accuracy_by_step.csv"):
        found.outcomes.to_csv(tmp_path / name, index=False)
    again = load_reference(tmp_path)
    assert again.greedy is None and again.by_step is not None
    pd.testing.assert_frame_equal(again.outcomes, found.outcomes)


def test_means_and_intervals_are_those_of_questions():
    outcomes = table()
    value, low, high = outcome_mean(outcomes, "correct")
    assert value == pytest.approx(outcomes["correct"].mean())
    spread = outcomes.groupby("question_id")["correct"].mean().std() / np.sqrt(40)
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.2)
    twice = pd.concat([outcomes, outcomes])  # the same questions again: nothing new is known
    assert outcome_mean(twice, "correct") == pytest.approx((value, low, high))


def test_weights_stand_for_copies():
    outcomes = table()
    weight = np.where(outcomes["difficulty"] == 2, 3.0, 1.0)
    copies = pd.concat([outcomes, *[outcomes[outcomes["difficulty"] == 2]] * 2])
    found, expected = outcome_mean(outcomes, "correct", weight)[0], copies["correct"].mean()
    assert found == pytest.approx(expected)
    assert np.isnan(outcome_mean(outcomes, "correct", np.zeros(len(outcomes)))).all()


def test_a_share_of_none_or_all_has_an_interval():
    """Forty questions without an exception: 1 - r per question, to the power of forty, is a fortieth."""
    value, low, high = outcome_mean(table(), "slipped")
    assert (value, low) == (0, 0) and (1 - high) ** 40 == pytest.approx(0.025)
    value, low, high = outcome_mean(table().assign(slipped=True), "slipped")
    assert (value, high) == (1, 1) and low**40 == pytest.approx(0.025)


def test_slope_is_that_of_least_squares():
    outcomes = table(accuracy=lambda d: 1 - d / 10)
    value, low, high = difficulty_slope(outcomes)
    assert value == pytest.approx(np.polyfit(outcomes["difficulty"], outcomes["correct"].astype(float), 1)[0])
    assert low < -0.1 < high < 0
    assert np.isnan(difficulty_slope(outcomes[outcomes["difficulty"] == 2])).all()


def test_the_reference_is_taken_at_the_mix_of_the_run():
    """A run of hard questions only is compared with hard ones, and so agrees."""
    reference = table(400, accuracy=lambda d: 1.0 if d < 5 else 0.3)
    hard = table(60, difficulties=(8,), accuracy=lambda d: 0.3, seed=1)
    found = compare(hard, reference).loc["correct"]
    assert found.reference == pytest.approx(reference.loc[reference["difficulty"] == 8, "correct"].mean())
    assert found.agree
    assert not compare(hard.assign(correct=True), reference).loc["correct", "agree"]
    none = compare(hard.assign(family="kin"), reference).loc["correct"]  # nothing to compare with
    assert np.isnan(none.reference) and not none.agree


def test_promises_are_judged_by_size_and_sign():
    good = table(accuracy=lambda d: 1 - d / 15)
    found = acceptance_checks(good.assign(slipped=good["difficulty"] > 4), good.assign(correct=True))
    assert found.loc["accuracy a further step", "kept"] == "yes"
    assert found.loc["accuracy at 5 to 7 steps", "kept"] == "yes"
    assert found.loc["sentences a chain", "value"] == 9 and found.loc["sentences a chain", "kept"] == "yes"
    assert found.loc["chains with a slip", "kept"] == "yes"
    assert found.loc["chains with a correction", "kept"] == "cannot tell"  # none was seen, few may be
    assert found.loc["accuracy at the easiest level, greedy", "kept"] == "yes"
    bad = acceptance_checks(table(accuracy=lambda d: d / 10, difficulties=(2, 9)).assign(n_correct=0))
    assert bad.loc["accuracy a further step", "kept"] == "no"
    assert bad.loc["accuracy at 5 to 7 steps", "kept"] == "cannot tell"
    assert bad.loc["phases that occur", "value"] == 5 and bad.loc["phases that occur", "kept"] == "no"


def test_chance_is_that_of_the_choices():
    outcomes = pd.concat([table(4, family="rules"), table(4, family="story")], ignore_index=True)
    found = chance(outcomes)
    assert found["rules"] == 0.5 and found["story"] == 0
