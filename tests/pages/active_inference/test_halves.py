"""Whether there is a best prompt, on tables where that is known."""

import numpy as np
import pytest

from lmphys.pages.active_inference import halves
from lmphys.pages.active_inference.prompts import DESIGN
from lmphys.pages.active_inference.table import Table


def made_up(better, n=60, seed=0):
    """Margins of 32 prompts: one prompt is always right, the others by the toss of a coin, or all by that."""
    margin = np.random.default_rng(seed).normal(size=(32, n))
    if better:
        margin[7] = np.abs(margin[7]) + 1
    return Table(tuple(f"{'ab'[i % 2]}/{i}" for i in range(n)), margin, np.abs(margin), np.ones_like(margin), {})


def test_a_planted_prompt_is_found_on_the_other_half():
    found = halves.over_halves(made_up(True), halves.gain, n=40)
    table = made_up(True)
    accuracy = table.right.mean(axis=1)
    assert found.value == pytest.approx(accuracy[7] - accuracy.mean(), abs=0.02)


def test_without_one_there_is_no_gain_and_dealing_anew_takes_it_away():
    nothing = halves.over_halves(made_up(False), halves.gain, n=100, anew=True)
    assert nothing.contains(0)
    assert abs(nothing.value) < 0.03
    dealt = halves.over_halves(made_up(True), halves.gain, n=100, anew=True)
    assert dealt.value < 0.1


def test_dealing_anew_keeps_the_answers_of_each_question():
    table = made_up(True)
    anew = halves.dealt_anew(table, np.random.default_rng(0))
    assert (np.sort(anew.margin, axis=0) == np.sort(table.margin, axis=0)).all()
    assert (anew.margin != table.margin).mean() > 0.9
    assert (anew.sure == np.abs(anew.margin)).all()  # all that belongs to an answer moves together


def test_halves_share_no_question_and_halve_each_task():
    table = made_up(False)
    for one, other in halves.halves(table, 5, 0):
        assert sorted([*one, *other]) == list(range(60))
        assert (table.task[one] == "a").sum() == 15


def test_reliability_of_pays_that_do_not_depend_on_the_question_is_one():
    table = made_up(False)
    same = Table(table.questions, np.tile(np.arange(32.0)[:, None], 60), table.sure, table.tokens, {})
    one, other = halves.halves(same, 1, 0)[0]
    assert halves.reliability(same, one, other) == pytest.approx(1, abs=1e-4)  # grades of equal margins differ by one


def test_effects_are_those_that_were_put_in():
    margin = np.random.default_rng(0).normal(size=(32, 60)) * 0.1 + DESIGN @ np.array([0, 0, 5.0, 0, 0])[:, None]
    table = Table(tuple(f"a/{i}" for i in range(60)), margin, margin, 10 + 3 * DESIGN[:, :1] * np.ones(60), {})
    found = halves.effects(table)
    assert found.loc["chat", "pay"] == pytest.approx(0.5, abs=0.05)
    assert np.abs(found.loc[["instruction", "example", "cue", "reversed"], "pay"]).max() < 0.02
    assert found["tokens"].tolist() == [3, 0, 0, 0, 0]
