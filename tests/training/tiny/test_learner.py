import dataclasses
import json
import subprocess

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from lmphys import cli
from lmphys.core.errors import LmphysError
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.lm.tiny import word_tokenizer
from lmphys.problems.markov import MarkovChain
from lmphys.training import loop
from lmphys.training.documents import packed
from lmphys.training.loss import mean_surprisal, surprisals
from lmphys.training.recipe import kept_steps
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import Tiny, fresh, train, update_flops
from lmphys.training.tiny.recipe import Shape, TinyRecipe

TOY = TinyRecipe(
    world="markov", options={"length": 9, "n_words": 3}, shape=Shape(layers=2, width=16, heads=2, canon="AC"),
    context=24, steps=30, batch_size=6, learning_rate=1e-2, n_kept=3,
)  # fmt: skip


class Ragged:
    """Documents of many lengths, which have to be packed."""

    vocabulary = ("<s>", "</s>", "a", "b", "c")

    def document(self, index):
        rng = np.random.default_rng(index)
        words = rng.integers(2, 5, rng.integers(1, 20))
        tokens = np.concatenate([[0], words, [1]])
        return tokens, np.arange(len(tokens)) > 0


class Broken(Ragged):
    """The same up to a document at which the process dies."""

    def __init__(self, last):
        self.last = last

    def document(self, index):
        if index >= self.last:
            raise RuntimeError("killed")
        return super().document(index)


def curve(folder):
    """The loss curve without the seconds."""
    rows = [line.split(",") for line in (folder / "loss.csv").read_text().splitlines()]
    return [row[:4] + row[5:] for row in rows]


def test_a_tiny_model_reaches_the_entropy_of_a_markov_chain(tmp_path):
    recipe = RECIPES["markov"]
    folder = train(recipe, tmp_path, device="cpu")
    model = LanguageModel(str(folder), dtype="float32", device="cpu")
    world = MarkovChain(recipe.seed, **recipe.options)
    fresh_ones = [world.document(index) for index in range(10**6, 10**6 + 500)]
    with torch.no_grad():
        found = float(mean_surprisal(model, packed(fresh_ones, recipe.context)))
    exact = np.mean([
        -np.log(p)
        for tokens, _ in fresh_ones
        for p in [world.start[tokens[1] - 2], *world.transitions[tokens[1:-2] - 2, tokens[2:-1] - 2], 1.0]
    ])  # fmt: skip
    assert exact == pytest.approx(world.entropy, abs=0.02)  # 16,000 targets
    assert 0 < found - exact < 0.01
    assert json.loads((tmp_path / "training.json").read_text())["final_loss"] == pytest.approx(world.entropy, abs=0.03)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that was not stopped."""
    folder = tmp_path_factory.mktemp("whole")
    train(TOY, folder, device="cpu", source=Ragged())
    return folder


@pytest.mark.parametrize(("dies_at", "every"), [((8 * 6, 20 * 6), 0.0), ((16 * 6,), 1e9)])
def test_a_killed_training_goes_on_to_the_same_bits(whole, tmp_path, monkeypatch, dies_at, every):
    """With a state after each step, or with none."""
    monkeypatch.setattr(loop, "STATE_SECONDS", every)
    for last in dies_at:
        with pytest.raises(RuntimeError, match="killed"):
            train(TOY, tmp_path, device="cpu", source=Broken(last))
        assert (tmp_path / "state.safetensors").exists() == (every == 0.0)
    (tmp_path / ".step-000030.part").mkdir()
    train(TOY, tmp_path, device="cpu", source=Ragged())
    for step in kept_steps(30, 3):
        one, other = (load_file(f / f"step-{step:06d}" / "model.safetensors") for f in (tmp_path, whole))
        assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    assert curve(tmp_path) == curve(whole)
    ours, theirs = (json.loads((f / "training.json").read_text()) for f in (tmp_path, whole))
    assert all(ours[name] == theirs[name] for name in ("final_loss", "tokens", "target_tokens", "flops"))
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in whole.iterdir()}


def test_the_first_losses_are_those_of_the_curve(whole):
    found = loop.first_losses(TOY, Tiny(TOY, "cpu", Ragged()), 20)
    rows = curve(whole)[1:]
    assert [np.mean(found[:10]), np.mean(found[10:])] == pytest.approx([float(row[4]) for row in rows[:2]], rel=1e-12)


def test_the_summary_says_what_was_done(whole):
    summary = json.loads((whole / "training.json").read_text())
    assert summary["recipe"] == TOY.to_json() == json.loads((whole / "recipe.json").read_text())
    assert TinyRecipe.from_json(summary["recipe"]) == TOY
    documents = [Ragged().document(index)[0] for index in range(180)]
    assert summary["examples"] == 180
    assert summary["tokens"] == sum(map(len, documents))
    assert summary["target_tokens"] == sum(len(tokens) - 1 for tokens in documents)
    assert summary["trained_parameters"] == TOY.shape.config(5, 24).n_parameters
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    assert summary["commit"].startswith(commit)
    least = 6 * TOY.shape.config(5, 24).linear_weights * summary["tokens"]
    assert least < summary["flops"] < 4 * least


def test_what_is_kept_is_a_model_in_float16_with_its_words(whole):
    last = whole / "step-000030"
    assert {tensor.dtype for tensor in load_file(last / "model.safetensors").values()} == {torch.float16}
    assert json.loads((last / "config.json").read_text())["dtype"] == "float16"
    model = LanguageModel(str(last), dtype="float32", device="cpu")
    assert model.prompt_ids("a c b") == (0, 2, 4, 3)  # as a chat, and so for every page
    assert model.prompt_ids("a c b", "{question}") == (0, 2, 4, 3)
    requests = [Request(model.prompt_ids("a"), seed) for seed in range(20)]
    chains = list(ChainDecoder(model, Sampling(max_tokens=12), batch_size=7).run(requests))
    assert len(chains) == 20 and any(chain.ended for chain in chains)
    for chain in chains:
        ids = torch.cat([torch.tensor([0, 2]), chain.tokens])[None]
        with torch.no_grad():
            log_p = model.model(ids).logits[0, 1:-1].log_softmax(-1)
        torch.testing.assert_close(chain.logp, log_p.gather(1, chain.tokens[:, None])[:, 0], atol=1e-5, rtol=1e-4)


def test_a_word_of_another_world_is_named(whole):
    model = LanguageModel(str(whole / "step-000030"), dtype="float32", device="cpu")
    for template in ("chat", "{question}"):
        with pytest.raises(
            LmphysError, match=r"has no token for a word of '.*a giraffe b'; use the words of its vocabulary"
        ):
            model.prompt_ids("a giraffe b", template)


def test_seeds_give_other_weights_and_other_documents_of_one_law():
    config = TOY.shape.config(5, 24)
    state = torch.get_rng_state()
    a, b, c = (fresh(config, seed).lm_head.weight for seed in (0, 0, 1))
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(state, torch.get_rng_state())
    one, other = (dataclasses.replace(TOY, seed=seed).source() for seed in (0, 1))
    assert np.array_equal(one.transitions, other.transitions)
    assert not np.array_equal(one.document(0)[0], other.document(0)[0])


@pytest.mark.parametrize(
    "shape",
    [Shape(2, 16, 2), Shape(1, 16, 4, "relative", gated=False, canon="ABCD"), Shape(2, 16, 2, "uniform", tied=False)],
)
def test_the_count_of_operations_is_that_of_a_counter(shape):
    config = shape.config(5, 24)
    model = LanguageModel.from_parts(fresh(config, 0), word_tokenizer(Ragged.vocabulary))
    batch = packed([Ragged().document(index) for index in range(9)], 24)
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), counter:  # whose products the counter sees
        surprisals(model, batch, "mean").backward()
    assert update_flops(config, batch.ids, len(batch.targets)) == counter.get_total_flops()


def test_matrices_decay_and_vectors_do_not(tmp_path, monkeypatch):
    """Where the loss does not depend on the weights, an update is the decay alone."""
    from lmphys.training.tiny import learner

    kept = {}

    class Still(learner.Tiny):
        def loss(self, batch):
            kept.setdefault("before", {name: weight.detach().clone() for name, weight in self.weights.items()})
            kept["after"] = self.weights
            return 0.0 * sum(weight.sum() for weight in self.weights.values())

    monkeypatch.setattr(learner, "Tiny", Still)
    recipe = dataclasses.replace(TOY, steps=1, warmup=0.0, weight_decay=0.5, learning_rate=0.1, n_kept=1)
    train(recipe, tmp_path, device="cpu")
    assert any(weight.ndim == 1 for weight in kept["after"].values())
    for name, weight in kept["after"].items():
        torch.testing.assert_close(weight.detach(), kept["before"][name] * (0.95 if weight.ndim > 1 else 1.0))


@pytest.mark.parametrize(("position", "canon"), [("relative", ""), ("rotary", "ABCD"), ("uniform", "B")])
def test_products_in_bfloat16_train_weights_in_float32(tmp_path, monkeypatch, position, canon):
    kept = []
    monkeypatch.setattr(Tiny, "keep", lambda self, folder: kept.append(self))
    shape = Shape(1, 16, 2, position, canon=canon)
    recipe = dataclasses.replace(TOY, dtype="bfloat16", shape=shape, steps=40, n_kept=1)
    train(recipe, tmp_path, device="cpu")
    assert {weight.dtype for weight in kept[0].weights.values()} == {torch.float32}
    losses = [float(row[4]) for row in curve(tmp_path)[1:]]
    assert losses[-1] < 0.8 * losses[0]
    exact = tmp_path / "exact"
    train(dataclasses.replace(recipe, dtype="float32"), exact, device="cpu")
    assert losses == pytest.approx([float(row[4]) for row in curve(exact)[1:]], rel=0.03)
    assert losses != [float(row[4]) for row in curve(exact)[1:]]


# Mistakes


def test_impossible_recipes_are_named(tmp_path):
    for change, message in (
        ({"context": 1}, "context of a training is 1; it must be 2 or more"),
        ({"world": "moon"}, "world of a training is 'moon'; use markov"),
        ({"options": {"colour": 3}}, "the world markov cannot be made .*colour.*; correct the options"),
        ({"context": 10}, "a document has 11 tokens and a row holds 10; raise the context"),
        ({"shape": Shape(width=17, heads=2)}, "2 heads do not divide a width of 17"),
    ):
        with pytest.raises(LmphysError, match=message) as caught:
            train(dataclasses.replace(TOY, **change), tmp_path, device="cpu")
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("step-*"))


def test_a_token_outside_of_the_vocabulary_is_named(tmp_path):
    class Odd(Ragged):
        vocabulary = ("<s>", "</s>", "a")

    with pytest.raises(LmphysError, match="token 4 is none of the 3 words of the world"):
        train(TOY, tmp_path, device="cpu", source=Odd())


def test_another_recipe_in_the_same_folder_is_told_apart(whole):
    with pytest.raises(LmphysError, match=r"another recipe \(learning_rate 0.01 there, 0.02 here\)"):
        train(dataclasses.replace(TOY, learning_rate=0.02), whole)


# Command


def test_the_command_lists_recipes_and_trains_them(tmp_path):
    listed = CliRunner().invoke(cli.app, ["train", "--list"])
    assert listed.exit_code == 0
    for name, recipe in RECIPES.items():
        assert name in listed.output and str(recipe.shape) in listed.output
    options = ["--steps", "3", "--batch-size", "2", "--seed", "5", "--device", "cpu", "--into", str(tmp_path)]
    done = CliRunner().invoke(cli.app, ["train", "markov", *options])
    assert done.exit_code == 0, done.output
    recipe = TinyRecipe.from_json(json.loads((tmp_path / "recipe.json").read_text()))
    assert recipe == dataclasses.replace(RECIPES["markov"], steps=3, batch_size=2, seed=5)
    assert str(tmp_path / "step-000003") in done.output
    unknown = CliRunner().invoke(cli.app, ["train", "moon"])
    assert unknown.exit_code != 0
