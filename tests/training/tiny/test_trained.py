import dataclasses
import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lmphys import cli
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.lm.model import LanguageModel
from lmphys.problems.documents import Document
from lmphys.training.documents import packed
from lmphys.training.loop import first_losses
from lmphys.training.loss import mean_surprisal
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import learner_of, train
from lmphys.training.tiny.masked import Masked, masked, masked_model
from lmphys.training.tiny.rates import compare_rates
from lmphys.training.tiny.trained import ship, trained

SHORT = dataclasses.replace(RECIPES["markov"], steps=20, n_kept=1)
# One training is shown, and the rows say so.
ALONE = {"hops-none-AC", "biographies-single", "biographies-many"}
SHIPPED = sorted(path.name for path in (project_root() / "data" / "trained").glob("*"))


@pytest.fixture
def book(tmp_path, monkeypatch):
    """An empty book."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_shipped_is_found_again_by_seed(book):
    for seed in (10, 9):
        last = train(dataclasses.replace(SHORT, seed=seed), book / "runs" / str(seed), device="cpu")
        done = CliRunner().invoke(cli.app, ["train", "ship", "markov", str(last.parent)])
        assert done.exit_code == 0, done.output
    found = trained("markov")
    assert [one.seed for one in found] == [9, 10]
    assert found[0].recipe == dataclasses.replace(SHORT, seed=9)
    assert found[0].losses["loss"].iloc[-1] == pytest.approx(found[0].training["final_loss"], abs=0.5)
    specs = (found[1].spec, str(book / "runs" / "10" / "step-000020"))
    one, other = (dict(LanguageModel(spec, device="cpu").model.named_parameters()) for spec in specs)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_only_a_training_that_is_done_is_shipped_and_under_its_name(book):
    with pytest.raises(LmphysError, match="holds no training that is done; run lmphys train markov"):
        ship("markov", book)
    folder = train(SHORT, book / "runs", device="cpu").parent
    with pytest.raises(LmphysError, match="is no training of the recipe 'hops-none'"):
        ship("hops-none", folder)
    with pytest.raises(LmphysError, match="no transformer of the recipe 'markov' comes with the book"):
        trained("markov")
    (folder / "training.json").write_text("{")
    with pytest.raises(LmphysError, match="is damaged"):
        ship("markov", folder)
    unknown = CliRunner().invoke(cli.app, ["train", "ship", "marcov", str(folder)])
    assert unknown.exit_code == 1 and "unknown recipe 'marcov'; lmphys train --list" in unknown.output


def test_rates_are_ordered_by_their_loss_and_trained_once(tmp_path):
    table = compare_rates(SHORT, tmp_path, factors=(0.001, 1.0), share=0.5, device="cpu")
    assert table["learning_rate"].tolist() == [SHORT.learning_rate, pytest.approx(0.001 * SHORT.learning_rate)]
    assert (table["steps"] == 10).all() and table["loss"].is_monotonic_increasing
    done = json.loads((tmp_path / "0.01" / "training.json").read_text())
    assert done["final_loss"] == table["loss"].iloc[0]
    assert compare_rates(SHORT, tmp_path, factors=(0.001, 1.0), share=0.5, device="cpu").equals(table)


@pytest.mark.parametrize("name", SHIPPED)
def test_trained_transformers_have_three_seeds_their_recipe_and_their_loss(name):
    found = trained(name)
    assert len(found) >= (1 if name in ALONE else 3)
    for one in found:
        assert dataclasses.replace(one.recipe, seed=0) == RECIPES[name], "train it anew, or give the recipe a new name"
        assert sum(file.stat().st_size for file in one.folder.iterdir()) < 2.5e6
    source = found[0].recipe.source()
    fresh = [Document(*source.document(10**7 + index)) for index in range(200)]
    with torch.no_grad():
        if found[0].recipe.shape.causal:
            model = LanguageModel(found[0].spec, dtype="float32", device="cpu")
            loss = float(mean_surprisal(model, packed(fresh, found[0].recipe.context)))
        else:
            learner = Masked(found[0].recipe, "cpu", source)
            learner.network = masked_model(found[0].folder)
            loss = float(learner.loss(masked(fresh, np.random.default_rng(0), learner.config.vocab_size - 1)))
    # Texts that come again are better known at the end than over the last twentieth of the updates.
    slack = 0.15 if found[0].recipe.world == "biographies" else 0.1
    assert loss == pytest.approx(found[0].training["final_loss"], rel=slack, abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_the_first_updates_have_the_recorded_losses_again(name):
    """Whoever trains a recipe anew gets the curve that comes with the book, up to the rounding of his machine."""
    one = trained(name)[0]
    n = 50
    again = first_losses(one.recipe, learner_of(one.recipe, "cpu", one.recipe.source()), n)
    rows = one.losses["loss"].to_numpy()[: n // 10]
    assert np.reshape(again, (-1, 10)).mean(1) == pytest.approx(rows, rel=2e-3)


def test_a_recipe_goes_on_from_a_transformer_of_the_book(book, monkeypatch):
    monkeypatch.setitem(RECIPES, "markov", SHORT)
    with pytest.raises(LmphysError, match="no transformer of the recipe 'markov' comes with the book"):
        train(dataclasses.replace(SHORT, base="markov"), book / "early", device="cpu")
    ship("markov", train(SHORT, book / "runs", device="cpu").parent)
    further = dataclasses.replace(SHORT, base="markov", steps=5, learning_rate=1e-9, warmup=0.0)
    last = train(further, book / "further", device="cpu")
    one, other = (
        dict(LanguageModel(spec, dtype="float32", device="cpu").model.named_parameters())
        for spec in (trained("markov")[0].spec, str(last))
    )
    assert all(torch.allclose(one[name], other[name], atol=1e-3) for name in one)
    losses = first_losses(further, learner_of(further, "cpu", further.source()), 5)
    assert np.mean(losses) < first_losses(SHORT, learner_of(SHORT, "cpu", SHORT.source()), 1)[0] - 0.1
    with pytest.raises(LmphysError, match="and seed 7 comes with the book; train one: lmphys train markov --seed 7"):
        train(dataclasses.replace(further, seed=7), book / "other", device="cpu")
    wider = dataclasses.replace(further, shape=dataclasses.replace(further.shape, width=32))
    with pytest.raises(LmphysError, match="give both the same shape and world"):
        train(wider, book / "wider", device="cpu")
    with pytest.raises(LmphysError, match="only a model of the next token goes on from another"):
        dataclasses.replace(further, shape=dataclasses.replace(further.shape, causal=False)).check()
