import dataclasses

import numpy as np
import pandas as pd
import pytest

from lmphys.pages.knowledge import scores, verdicts
from lmphys.pages.knowledge.asking import truths
from lmphys.pages.knowledge.models import FIVE, ONE
from lmphys.pages.knowledge.shelf import ASKED, AnswerShelf
from lmphys.training.recipes import RECIPES

WORLD = {"n_people": 80, "n_values": 4, "n_names": 8}


def array_of(wanted, longest):
    return np.array(
        [[list(answer) + [1] * (longest - len(answer)) for answer in row] for row in wanted], dtype=np.uint16
    )


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Two trainings that know everything of the half `train`, and of the others every second person."""
    for name in ASKED:
        recipe = RECIPES[name]
        monkeypatch.setitem(RECIPES, name, dataclasses.replace(recipe, options={**recipe.options, "world": WORLD}))
    shelf = AnswerShelf(tmp_path / "knowledge")
    for name in ASKED:
        for seed in (0, 1):
            questions = scores.with_seed(name, seed).source()
            found = {}
            for half in ("train", "test"):
                wanted = truths(questions, questions.world.half(half))
                found[half] = array_of(wanted, max(len(answer) for row in wanted for answer in row))
            found["test"][::2] = 0
            if questions.steps:
                found["test, at once"] = np.zeros((40, 5, 1), dtype=np.uint16)
            shelf.put(name, seed, found, pd.DataFrame([{"recipe": name, "seed": seed}]))
    return AnswerShelf(shelf.folder)


def test_shares_are_those_that_were_put_there(shelf):
    assert shelf.seeds("ask-many") == [0, 1] and shelf.has("inverse", 1) and not shelf.has("inverse", 2)
    assert len(shelf.trainings) == 10
    for name in ASKED:
        assert scores.Answered(shelf, name, "train").right().mean() == 100
        each = scores.Answered(shelf, name, "test").right(first=False)
        assert each.shape == (2, 40) and each[:, ::2].max() == 0 and each[:, 1::2].min() == 100
    table = scores.Answered(shelf, "ask-many", "test").by_attribute()
    assert table["accuracy"].tolist() == [50.0] * 6 and table.index[0] == "birthday"
    assert ((table["low"] < 50) & (table["high"] > 50)).all()
    assert scores.Answered(shelf, "remainder-steps", "test, at once").right(slice(-1, None)).max() == 0


def test_answers_of_others_are_counted_as_by_hand(shelf):
    found = scores.Answered(shelf, "ask-many", "train")
    questions = scores.with_seed("ask-many", 0).source()
    people = questions.world.half("train")
    by_hand = []
    for me in people:
        fits = [
            questions.world.value(me, what) == questions.world.value(you, what)
            for you in people if you != me for what in questions.attributes[1:]
        ]  # fmt: skip
        by_hand.append(100 * np.mean(fits))
    assert found.of_others()[0] == pytest.approx(np.array(by_hand))
    tops = []
    for seed in (0, 1):
        world = scores.with_seed("ask-many", seed).source().world
        half = world.half("train")
        tops += [np.bincount(world.values[what][half, 0]).max() / 40 for what in world.attributes[1:]]
    assert found.guess == pytest.approx(100 * np.mean(tops))


def test_the_formula_is_that_of_guessing_where_the_value_is_wrong():
    assert scores.formula(np.array([0.0, 100.0, 84.5])) == pytest.approx([20, 100, 87.6])
    rng = np.random.default_rng(0)
    known = rng.random(200_000) < 0.845
    right = known | (rng.integers(5, size=200_000) == 0)
    assert 100 * right.mean() == pytest.approx(scores.formula(np.array(84.5)), abs=0.3)


def test_rows_tell_what_is_lacking(shelf):
    recall = {ONE: np.full((3, 40), 99.5), FIVE: np.full((3, 40), 99.5)}
    fair = verdicts.Fair(recall, 2000)
    assert fair.lacking() == ""
    few = verdicts.Fair({**recall, ONE: recall[ONE][:1]}, 2000)
    assert few.lacking() == "1 training of each kind, where 3 are needed" == fair.lacking(n=1)
    assert few.lacking((ONE,), trainings=1) == ""
    low = verdicts.Fair({**recall, FIVE: np.array([[99.5] * 40, [90.0] * 40, [99.5] * 40])}, 500)
    assert low.lacking() == (
        "500 people, where 2,000 are needed; 90.0 % of the values of their texts known, where 99 % are needed"
    )

    (row,) = verdicts.extraction_entries(shelf, fair)
    assert row.lacking == "2 trainings of each kind, where 3 are needed"
    assert row.obtained.low <= 0 <= row.obtained.high
    hint, without, formula = verdicts.remainder_entries(shelf, fair)
    assert hint.obtained["trained with, asked without"].value == 50
    assert without.obtained["trained without"].value == 50
    assert formula.obtained.value == pytest.approx(-10)  # half are right and half are wrong, none by a guess
    (inverse,) = verdicts.inverse_entries(shelf, fair)
    assert inverse.obtained.value == 50 and inverse.controls["people asked for in training"].value == 100
    assert not inverse.lacking
    assert verdicts.extraction_entries(AnswerShelf(shelf.folder / "nowhere"), fair) == []
