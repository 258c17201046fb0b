import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lmphys.core.errors import LmphysError
from lmphys.training import loop
from lmphys.training.energy_transformer.learner import EnergyLearner, train
from lmphys.training.energy_transformer.model import EnergyTransformer
from lmphys.training.energy_transformer.recipe import EnergyRecipe
from lmphys.training.energy_transformer.recipes import ENERGIES, PRICE, TRANSFORMERS
from lmphys.training.recipe import kept_steps
from lmphys.training.tiny.recipe import Shape

TOY = EnergyRecipe(
    world="prose", options={"length": 6}, shape=Shape(layers=1, width=8, heads=2), context=7, steps=14,
    batch_size=4, learning_rate=1e-2, n_kept=2, dtype="float32",
)  # fmt: skip


class Dies:
    """A world whose process dies at a document."""

    def __init__(self, source, last):
        self.source, self.last, self.vocabulary = source, last, source.vocabulary

    def document(self, index):
        if index >= self.last:
            raise RuntimeError("killed")
        return self.source.document(index)


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(TOY, whole, device="cpu")
    monkeypatch.setattr(loop, "STATE_SECONDS", 0.0)

    def dying():
        learner = EnergyLearner(TOY, "cpu")
        learner.source = Dies(learner.source, 8 * 4)
        return learner

    with pytest.raises(RuntimeError, match="killed"):
        loop.train(TOY, killed, dying)
    assert (killed / "state.safetensors").exists()
    train(TOY, killed, device="cpu")
    for step in kept_steps(14, 2):
        one, other = (load_file(each / f"step-{step:06d}" / "model.safetensors") for each in (whole, killed))
        assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    losses = [json.loads((each / "training.json").read_text())["final_loss"] for each in (whole, killed)]
    assert losses[0] == losses[1]


def test_the_loss_without_noise_is_that_of_the_descent():
    """From a training loss of its own formula to the evaluation of the same guesses."""
    recipe = replace(TOY, noise=0.0, spread=1.0, fewest=2, most=2, replayed=0.0)
    learner = EnergyLearner(recipe, "cpu")
    batch = learner.batch(3)
    chance = torch.Generator().manual_seed(3)
    begun = torch.randn((4, 6, 98), generator=chance)
    way = learner.model.descend(learner.model.read(batch.ids[:, :-1]), begun, 2)
    log_p = [place.logits.log_softmax(-1).gather(-1, batch.ids[:, 1:, None]) for place in way]
    assert learner.loss(batch).item() == pytest.approx(-log_p[2].mean().item(), rel=1e-5)
    each = EnergyLearner(replace(recipe, detached=True), "cpu")
    assert each.loss(batch).item() == pytest.approx(-(log_p[1] + log_p[2]).mean().item() / 2, rel=1e-5)


@pytest.mark.parametrize("detached", [False, True])
def test_gradients_are_those_of_differences(detached):
    """Through two steps, or one; a detached step has no part in the gradient of the next one."""
    recipe = replace(TOY, detached=detached, fewest=1 if detached else 2, most=1 if detached else 2, replayed=0.0)
    learner = EnergyLearner(recipe, "cpu")
    learner.model.double()
    monkey = learner._noise
    learner._noise = lambda *args: monkey(*args).double()
    batch = learner.batch(0)
    learner.loss(batch).backward()
    weight = learner.model.energy.weight
    found = weight.grad[0, 5].item()
    sides = []
    for shift in (1e-5, -2e-5):
        with torch.no_grad():
            weight[0, 5] += shift
        sides.append(learner.loss(batch).item())
    assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(found, rel=1e-3)


def test_what_is_replayed_begins_lower():
    """With weights that have learned a little, guesses that were improved before end lower than those that were not."""
    recipe = replace(TOY, steps=60, noise=0.0, learning_rate=2e-2)
    learner = EnergyLearner(recipe, "cpu")
    losses = loop.first_losses(recipe, learner, 60)
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 0.3
    batch = learner.batch(10**4)
    found = []
    for share in (0.0, 1.0):
        learner.recipe = replace(recipe, replayed=share)
        found.append(learner.loss(batch).item())
    assert found[1] < found[0]


def test_documents_of_many_lengths_and_half_precision_are_refused():
    ragged = replace(TOY, world="hops", options={}, context=200)
    with pytest.raises(LmphysError, match="of one length"):
        EnergyLearner(ragged, "cpu").batch(0)
    with pytest.raises(LmphysError, match="float32"):
        EnergyLearner(replace(TOY, dtype="bfloat16"), "cpu")
    with pytest.raises(LmphysError, match="most of a training is 1"):
        replace(TOY, most=1).check()


def test_recipes_are_possible_and_compare_what_is_alike():
    for recipe in (*ENERGIES.values(), *TRANSFORMERS.values()):
        recipe.check()
        assert type(recipe).from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
        assert kept_steps(recipe.steps, recipe.n_kept)[-1] == recipe.steps
    one = ENERGIES["energies"]
    for other in (*ENERGIES.values(), *TRANSFORMERS.values()):
        same = ("world", "options", "shape", "context", "batch_size", "learning_rate", "schedule")
        assert all(getattr(one, name) == getattr(other, name) for name in same)
    assert kept_steps(one.steps, one.n_kept) == tuple(4 * 2**i for i in range(10))
    assert TRANSFORMERS["transformer"].steps == one.steps
    assert TRANSFORMERS["transformer-long"].steps == round(PRICE * one.steps)
    config = one.shape.config(98, one.context)
    assert sum(w.numel() for w in EnergyTransformer(config).parameters()) / config.n_parameters < 1.001
