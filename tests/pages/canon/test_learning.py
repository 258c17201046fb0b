from dataclasses import replace

import pytest

from lmphys.pages.canon import learning, strings
from lmphys.pages.canon.scores import accuracy, lists, loaded, own_trainings
from lmphys.problems.grammar.source import GrammarDocuments
from lmphys.training.checkpoint import step_folder
from lmphys.training.documents import packed
from lmphys.training.loss import mean_surprisal
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import train


def short(name, steps, folder):
    recipe = replace(RECIPES[name], steps=steps, n_kept=2, batch_size=4)
    return recipe, train(recipe, folder, device="cpu", progress=False)


def test_what_is_kept_on_the_way_is_asked(tmp_path):
    recipe, last = short("copying-varied-rotary-canon", 6, tmp_path / "training")
    documents = lists(recipe.options, 20, 0)
    losses, table = learning.learn(recipe, documents)
    assert table["step"].tolist() == [1, 6] and losses["step"].tolist() == [6]
    expected = accuracy({"last": [str(last)]}, {"all": documents})["all"]["last"].mean()
    assert table["accuracy"].iloc[-1] == pytest.approx(expected)


def test_a_training_of_ones_own_is_asked_for_each_number_of_steps_of_its_world(tmp_path):
    short("long-hops-none", 1, tmp_path / "mine")
    table = own_trainings([str(tmp_path / "mine")], 8, 0)
    assert table["steps"].tolist() == [1, 2, 3, 4] and set(table["even guess"]) == {100 / 19}
    assert own_trainings([], 8, 0).empty


def test_excess_is_the_cross_entropy_less_the_exact_one(tmp_path):
    _, last = short("grammar-none", 2, tmp_path / "training")
    found = strings.excess({"none": [str(last)]}, 30, 7)["none"]
    world = GrammarDocuments(RECIPES["grammar-none"].source().grammar, 7, "test")
    documents = [world.document(index) for index in range(30)]
    loss = mean_surprisal(loaded(str(step_folder(tmp_path / "training", 2))), packed(documents, 64)).item()
    exact = -world.law(documents)[1].log_probability.sum() / sum(len(tokens) - 1 for tokens, _ in documents)
    assert found.shape == (1, 30) and found.mean() == pytest.approx(loss - exact, abs=1e-5)
