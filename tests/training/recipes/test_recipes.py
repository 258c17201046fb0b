import json

import numpy as np
import pytest

from lmphys.training.documents import packed
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.recipe import TinyRecipe


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_possible_and_survive_json(name):
    recipe = RECIPES[name]
    recipe.check()
    assert TinyRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert 10 < len(recipe.title) < 100


@pytest.mark.parametrize("name", RECIPES)
def test_documents_of_recipes_are_of_their_words_and_fit_their_rows(name):
    recipe = RECIPES[name]
    source = recipe.source()
    assert source.vocabulary[:2] == ("<s>", "</s>") and len(set(source.vocabulary)) == len(source.vocabulary)
    documents = [source.document(index) for index in range(40)]
    batch = packed(documents, recipe.context)
    assert batch.ids.min() >= 0 and batch.ids.max() < len(source.vocabulary)
    for (tokens, mask), again in zip(documents, (recipe.source().document(index) for index in range(40)), strict=True):
        assert tokens[0] == 0 and len(tokens) == len(mask) and not mask[0]
        assert tokens[-1] == 1 or recipe.world == "prose"  # whose windows end anywhere
        assert np.array_equal(tokens, again[0]) and np.array_equal(mask, again[1])


@pytest.mark.parametrize(
    ("plain", "canon"),
    [
        ("grammar-none", "grammar-canon"),
        ("long-grammar-none", "long-grammar-canon"),
        ("hops-none", "hops-none-canon"),
        ("hops-rotary", "hops-rotary-canon"),
        ("hops-none", "hops-none-AC"),
        ("copying-rotary", "copying-rotary-canon"),
        ("copying-varied-rotary", "copying-varied-rotary-canon"),
        ("long-hops-none", "long-hops-none-canon"),
        ("prose-next", "prose-masked"),
        ("arithmetic", "arithmetic-wide"),
        ("arithmetic", "arithmetic-deep"),
    ],
)
def test_what_is_compared_has_as_many_weights(plain, canon):
    counts = [
        recipe.shape.config(100, recipe.context).n_parameters - 100 * recipe.shape.width
        for recipe in (RECIPES[plain], RECIPES[canon])
    ]
    assert counts[1] == pytest.approx(counts[0], rel=0.005)
    one, other = (RECIPES[name] for name in (plain, canon))
    assert (one.steps, one.batch_size, one.options, one.context) == (
        other.steps,
        other.batch_size,
        other.options,
        other.context,
    )


def test_exposures_are_counted_by_passes():
    people = ("500", "1000", "1400", "1800", "2400", "3200", "4200")
    kinds = ("1800-plain", "quarter", "attention", "narrow", "wide")
    passes_of = {f"capacity-{name}": 100 for name in (*people, *kinds)} | {"biographies-single": 52}
    for name, passes in {**passes_of, "capacity-1800-long": 1000, "capacity-2400-long": 1000}.items():
        recipe = RECIPES[name]
        n_people = recipe.options.get("n_people") or recipe.options["world"]["n_people"]
        assert recipe.steps * recipe.batch_size == passes * n_people
        source = recipe.source()
        documents = [tuple(source.document(index)[0]) for index in range(n_people)]
        assert len(set(documents)) == n_people


@pytest.mark.parametrize("name", ["1800-plain", "quarter", "attention", "narrow", "wide", "junk", "junk-marked"])
def test_capacities_are_compared_at_as_many_people_a_weight(name):
    loads = []
    for recipe in (RECIPES["capacity-1800"], RECIPES[f"capacity-{name}"]):
        n_words = len(recipe.source().vocabulary)
        loads.append(recipe.options["n_people"] / recipe.shape.config(n_words, recipe.context).n_parameters)
    assert loads[1] == pytest.approx(loads[0], rel=0.01)


def test_among_strangers_people_are_met_as_often_and_with_as_many_updates():
    clean = RECIPES["capacity-narrow"]
    for name in ("capacity-junk", "capacity-junk-marked"):
        junk = RECIPES[name]
        assert (junk.steps, junk.learning_rate, junk.shape) == (clean.steps, clean.learning_rate, clean.shape)
        assert junk.batch_size == clean.batch_size * (1 + junk.options["strangers"]) == 8 * clean.batch_size


def test_whoever_is_asked_has_lived_in_the_same_world():
    asked = {name: recipe for name, recipe in RECIPES.items() if recipe.base}
    assert len(asked) == 5
    for recipe in asked.values():
        base = RECIPES[recipe.base]
        assert (recipe.shape, recipe.options["world"]) == (base.shape, base.options["world"])
        assert recipe.source().vocabulary == base.source().vocabulary
    single, many = RECIPES["biographies-single"], RECIPES["biographies-many"]
    assert (single.steps, single.batch_size, single.shape) == (many.steps, many.batch_size, many.shape)
