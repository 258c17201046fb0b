"""The training on the page: what it holds out, and what is read of it."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.grammars.learning import last, progress, same_documents, teach, tokens_to_reach
from lmphys.pages.grammars.models import KINDS, of_the_reader
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.recipe import Shape


def test_a_short_lesson(tmp_path):
    recipe = replace(RECIPES["grammar-rotary"], shape=Shape(1, 16, 2), batch_size=8)
    pupil = teach(recipe, tmp_path, steps=3, held_out=0.2, n_strings=20, seed=0)
    source = pupil.recipe.source()
    taught = {source.derivation(index).words.tobytes() for index in range(200)}
    assert not taught & {words.tobytes() for words in pupil.unseen.words}
    table = progress(pupil)
    assert table["tokens"].iloc[-1] == pupil.losses["tokens"].iloc[-1]
    assert len(table) == 2 * len(pupil.kept)
    assert last(table, "unseen").value > 0.5  # it knows hardly anything yet
    counts = same_documents(pupil, (1, 3))
    assert counts.index.tolist() == [1, 3]
    assert (counts["unseen_low"] <= counts["unseen"]).all()
    own = of_the_reader([str(tmp_path)], RECIPES["grammar-rotary"])[0]
    assert own.recipe == pupil.recipe and own.kind == str(tmp_path)
    assert own.load().n_layers == 1
    assert not (own.load().model.lm_head.weight == own.untrained().model.lm_head.weight).all()
    with pytest.raises(LmphysError, match="another world"):
        of_the_reader([str(tmp_path)], RECIPES["long-grammar-rotary"])


def test_tokens_until_a_curve_is_near():
    falling = pd.DataFrame({"tokens": [10.0, 20, 30], "loss": [1.0, 0.6, 0.2]})  # running means 1, 0.8, 0.6
    models = [SimpleNamespace(kind="one", losses=falling), SimpleNamespace(kind="one", losses=falling.iloc[:2])]
    table = tokens_to_reach(models, 0.5, (0.35, 0.2, 0.05))
    assert table.loc["one", "0.35 nats"] == 20
    assert table.loc["one", ["0.2 nats", "0.05 nats"]].isna().all()
    assert tokens_to_reach(models[:1], 0.5, (0.2,)).loc["one", "0.2 nats"] == 30


def test_every_kind_has_a_recipe_of_one_grammar_and_size():
    recipes = [RECIPES[f"grammar-{kind}"] for kind in KINDS]
    assert len({str(recipe.options) for recipe in recipes}) == 1
    assert len({(recipe.steps, recipe.batch_size) for recipe in recipes}) == 1
