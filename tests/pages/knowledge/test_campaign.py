import dataclasses

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.knowledge import campaign
from lmphys.pages.knowledge.live import learn
from lmphys.pages.knowledge.models import FIVE, ONE, knowers
from lmphys.pages.knowledge.shelf import LIVES, AnswerShelf
from lmphys.pages.knowledge.surveyed import survey
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.recipe import Shape

WORLD = {"n_people": 200, "n_values": 3, "n_names": 8}
ASKED = ("ask-single", "remainder-steps")


@pytest.fixture
def book(tmp_path, monkeypatch):
    """An empty book with small recipes."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").touch()
    monkeypatch.chdir(tmp_path)
    for name in (*LIVES, *ASKED):
        options = {**RECIPES[name].options, "world": WORLD}
        small = dataclasses.replace(RECIPES[name], options=options, steps=4, shape=Shape(layers=2, width=16, heads=2))
        monkeypatch.setitem(RECIPES, name, small)
    return tmp_path


def test_a_campaign_keeps_models_and_answers_and_goes_on_where_it_was_stopped(book):
    shelf = AnswerShelf.of_book()
    campaign.add((*LIVES, *ASKED), [1], shelf, book / "runs")
    again = AnswerShelf.of_book()
    assert again.seeds("ask-single") == again.seeds("remainder-steps") == [1]
    assert again.get("ask-single", 1, "test").shape == (100, 6, 3)
    assert again.get("remainder-steps", 1, "test").shape == (100, 5, 3)
    assert again.get("remainder-steps", 1, "test, at once").shape == (100, 5, 1)
    assert again.trainings["recipe"].tolist() == list(ASKED) and (again.trainings["steps"] == 4).all()
    before = {path: path.stat().st_mtime_ns for path in book.rglob("*") if path.is_file()}
    campaign.add((*LIVES, *ASKED), [1], AnswerShelf.of_book(), book / "runs")
    assert {path: path.stat().st_mtime_ns for path in book.rglob("*") if path.is_file()} == before

    models = knowers()
    assert [knower.one.seed for knower in models[ONE]] == [1] and models[FIVE][0].texts.rewritings == 5
    found = survey(models, 40, block=2)
    assert found.recall[ONE].shape == found.fresh[FIVE].shape == (1, 40)
    assert found.at_name[FIVE].shape == found.mixed[ONE].shape == found.blank["late"].shape == (1, 100)
    assert found.known.shape == found.strangers.shape and np.isfinite(found.strangers).all()
    assert 100 / 3 < found.guess < 50

    curve = learn("ask-single", 3, 10, n_kept=2, seed=1)
    assert curve["step"].tolist() == [1, 1, 3, 3] and set(curve["people"]) == {"asked about in training", "others"}


def test_other_recipes_and_models_that_are_missing_are_told(book):
    with pytest.raises(LmphysError, match="no recipe 'markov' of this page; use biographies-single"):
        campaign.add(["markov"], [0], AnswerShelf.of_book(), book / "runs")
    with pytest.raises(LmphysError, match="no transformer of the recipe 'biographies-single' comes with the book"):
        campaign.add(["ask-single"], [0], AnswerShelf.of_book(), book / "runs")
