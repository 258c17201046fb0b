import dataclasses
import json
import math
from itertools import pairwise

import pytest

from lmphys.core.errors import LmphysError
from lmphys.training.recipe import Recipe, kept_steps


def rates(**settings):
    recipe = Recipe(**{"steps": 101, "warmup": 0.1, "learning_rate": 2.0, **settings})
    return [recipe.rate_at(step) for step in range(recipe.steps)]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "wsd"])
def test_every_schedule_begins_with_a_linear_rise(schedule):
    found = rates(schedule=schedule)
    assert found[:11] == pytest.approx([2.0 * (step + 1) / 11 for step in range(11)])
    assert found[11] == 2.0
    assert rates(schedule=schedule, warmup=0.0)[0] == 2.0


def test_constant_stays():
    assert set(rates(schedule="constant")[11:]) == {2.0}


def test_cosine_is_half_a_wave_down_to_the_floor():
    found = rates(schedule="cosine")[11:]
    expected = [0.2 + 1.8 * math.cos(math.pi * i / 89 / 2) ** 2 for i in range(90)]
    assert found == pytest.approx(expected)
    assert rates(schedule="cosine", floor=0.0)[-1] == pytest.approx(0, abs=1e-12)


def test_wsd_is_constant_and_then_falls_straight():
    found = rates(schedule="wsd", decay=0.25, floor=0.1)[11:]
    falling = [2.0 * (1 - 0.9 * max(0.0, (i / 89 - 0.75) / 0.25)) for i in range(90)]
    assert found == pytest.approx(falling)
    assert found[:66] == [2.0] * 66 and found[-1] == pytest.approx(0.2)
    straight = rates(schedule="wsd", decay=1.0, floor=0.0, warmup=0.0)
    assert straight == pytest.approx([2.0 * (100 - step) / 100 for step in range(101)], abs=1e-12)


def test_a_training_of_one_step_has_its_rate():
    assert Recipe(steps=1, warmup=0.0).rate_at(0) == Recipe().learning_rate


def test_kept_steps_are_log_spaced_and_end_with_the_last():
    assert kept_steps(6000, 5) == (12, 57, 268, 1269, 6000)
    assert kept_steps(10, 5) == (1, 2, 3, 6, 10)
    assert kept_steps(3, 5) == (1, 2, 3)
    assert kept_steps(100, 1) == (100,)
    for steps in (4, 17, 360, 6000):
        for n in (1, 2, 5, 9):
            kept = kept_steps(steps, n)
            assert len(kept) == min(n, steps) and kept[-1] == steps and kept[0] >= 1
            assert all(a < b for a, b in pairwise(kept))


def test_a_recipe_survives_json_and_an_older_one_has_the_defaults():
    recipe = Recipe(schedule="wsd", betas=(0.8, 0.95), steps=7)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert Recipe.from_json({"steps": 7}) == Recipe(steps=7)
    with pytest.raises(LmphysError, match=r"not the recipe of a training .*; train anew"):
        Recipe.from_json({"colour": "red"})


@pytest.mark.parametrize(
    "change",
    [{"schedule": "step"}, {"decay": 0.0}, {"floor": 1.5}, {"betas": (0.9, 1.0)}, {"warmup": -0.1}],
)
def test_an_impossible_recipe_is_named(change):
    with pytest.raises(LmphysError, match=f"^{next(iter(change))} of a training is .*; ") as caught:
        dataclasses.replace(Recipe(), **change).check()
    assert "\n" not in str(caught.value)
