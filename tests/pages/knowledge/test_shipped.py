"""What comes with the book is what its recipes make."""

import numpy as np
import pytest

from lmphys.pages.knowledge.models import FIVE, ONE, knowers
from lmphys.pages.knowledge.scores import Answered, with_seed
from lmphys.pages.knowledge.shelf import ASKED, AnswerShelf
from lmphys.training.loop import first_losses
from lmphys.training.tiny.learner import learner_of

SHELF = AnswerShelf.of_book()


def test_every_training_of_the_table_has_its_answers():
    assert {(row.recipe, row.seed) for row in SHELF.trainings.itertuples()} == {
        (name, seed) for name in ASKED for seed in SHELF.seeds(name)
    }
    for name in ASKED:
        for seed in SHELF.seeds(name):
            world = with_seed(name, seed).source().world
            for half in ("train", "test"):
                assert len(SHELF.get(name, seed, half)) == len(world.half(half))


def test_both_kinds_have_one_world_for_each_seed():
    models = knowers()
    for single, many in zip(models[ONE], models[FIVE], strict=True):
        assert single.world == many.world and single.one.seed == many.one.seed
        assert single.one.recipe.steps == many.one.recipe.steps


@pytest.mark.parametrize("name", [name for name in ASKED if SHELF.seeds(name)])
def test_the_first_updates_have_the_recorded_loss_again(name):
    """A training with questions that is begun anew from the shipped weights, up to the rounding of the machine."""
    row = SHELF.trainings[SHELF.trainings["recipe"] == name].iloc[0]
    recipe = with_seed(name, int(row["seed"]))
    again = first_losses(recipe, learner_of(recipe, "cpu", recipe.source()), 10)
    assert np.mean(again) == pytest.approx(row["first_loss"], rel=2e-3)


def test_models_answer_what_they_were_trained_on():
    for name in ASKED:
        if SHELF.seeds(name):
            assert Answered(SHELF, name, "train").right().mean() > 50
