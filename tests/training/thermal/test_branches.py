from dataclasses import replace

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.training.loop import first_losses
from lmphys.training.loss import mean_surprisal
from lmphys.training.recipes import RECIPES
from lmphys.training.thermal.branches import Trunk, branch, fixed_texts, grow, text_losses
from lmphys.training.tiny.learner import Tiny
from lmphys.training.tiny.recipe import Shape, TinyRecipe

RECIPE = TinyRecipe(
    world="prose",
    options={"length": 24},
    shape=Shape(layers=1, width=16, heads=2),
    context=25,
    batch_size=4,
    steps=12,
    schedule="constant",
    learning_rate=1e-2,
    betas=(0.9, 0.99),
    weight_decay=0.0,
    clip=10.0,
    n_kept=1,
)


@pytest.fixture(scope="module")
def trunk():
    return grow(RECIPE)


@pytest.fixture(scope="module")
def texts():
    return {"train": fixed_texts(RECIPE, 5), "test": fixed_texts(RECIPE, 5, split="test")}


def test_a_trunk_and_its_branch_are_one_training(trunk, texts):
    longer = replace(RECIPE, steps=20, warmup=RECIPE.warmup * 12 / 20)
    whole = first_losses(longer, Tiny(longer, "cpu", longer.source()), 20)
    went_on = branch(trunk, [1e-2] * 8, first_batch=12, every=3, texts=texts)
    np.testing.assert_array_equal(went_on.training, whole[12:])
    np.testing.assert_array_equal(went_on.steps, [0, 3, 6, 8])
    assert went_on.end.step == 20
    assert went_on.end.recipe == RECIPE


def test_two_branches_are_one(trunk, texts):
    rates = np.linspace(1e-2, 0, 6, endpoint=False)
    once = branch(trunk, rates, first_batch=40, every=6, texts=texts)
    first = branch(trunk, rates[:4], first_batch=40, every=4, texts=texts)
    second = branch(first.end, rates[4:], first_batch=44, every=2, texts=texts)
    for name in texts:
        np.testing.assert_array_equal(once.losses[name][-1], second.losses[name][-1])
    np.testing.assert_array_equal(once.rates, rates)
    assert once.root_v[-1] == second.root_v[-1] == once.end.root_v


def test_a_rate_of_zero_moves_no_weight_and_fills_the_memory(trunk, texts):
    still = branch(trunk, [0.0] * 3, first_batch=12, every=1, texts=texts)
    for name in texts:
        assert np.ptp(still.losses[name], axis=0).max() == 0
        assert still.losses[name].shape == (4, 5)
    assert len(set(still.root_v)) == 4


def test_the_memory_is_that_of_the_gradients(texts):
    """One update from nothing: v over its bias is the square of the gradient."""
    one = replace(RECIPE, steps=1, warmup=0.0)
    learner = Tiny(one, "cpu", one.source())
    mean_surprisal(learner.model, next(learner.batches(0))).backward()
    total = sum(float(weight.grad.abs().sum()) for weight in learner.weights.values())
    assert grow(one).root_v == pytest.approx(total, rel=1e-5)


def test_twins_meet_the_same_batches_and_others_do_not(trunk, texts):
    twins = [branch(trunk, [rate] * 2, first_batch=5, every=2, texts={}) for rate in (1e-3, 1e-2)]
    other = branch(trunk, [1e-2] * 2, first_batch=6, every=2, texts={})
    wide = branch(trunk, [1e-2], first_batch=5, every=1, texts={}, batch_size=8)
    assert twins[0].training[0] == twins[1].training[0] != other.training[0]
    assert twins[0].training[1] != twins[1].training[1]
    assert wide.training[0] != twins[0].training[0]


def test_the_loss_of_a_text_is_the_mean_surprisal_of_its_characters(trunk, texts):
    model = trunk.model()
    batch = texts["train"][0]
    with torch.no_grad():
        log_p = model.model(input_ids=batch.ids).logits.log_softmax(-1)
    by_hand = [-log_p[i, torch.arange(24), batch.ids[i, 1:]].mean().item() for i in range(5)]
    np.testing.assert_allclose(text_losses(model, texts["train"]), by_hand, rtol=1e-5)


def test_texts_are_one_for_all_seeds_and_both_splits_differ(texts):
    other = fixed_texts(replace(RECIPE, seed=3), 5)
    assert torch.equal(other[0].ids, texts["train"][0].ids)
    assert not torch.equal(texts["test"][0].ids, texts["train"][0].ids)


def test_a_trunk_comes_back_from_its_file_as_it_was_rounded(trunk, texts, tmp_path):
    file = tmp_path / "trunk.safetensors"
    trunk.write(file)
    found, rounded = Trunk.read(file), trunk.rounded()
    assert (found.recipe, found.step) == (RECIPE, 12)
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in rounded.tensors.items())
    assert found.root_v == pytest.approx(trunk.root_v, rel=3e-3)
    ends = [branch(one, [1e-2] * 2, first_batch=12, every=2, texts=texts) for one in (found, rounded)]
    np.testing.assert_array_equal(ends[0].losses["test"], ends[1].losses["test"])


def test_a_weight_is_seen_after_each_update(trunk):
    seen = []
    name = next(iter(trunk.tensors)).removesuffix(":weight")
    found = branch(
        trunk,
        [1e-2, 1e-2],
        first_batch=12,
        every=2,
        texts={},
        watch=lambda n, w: seen.append((n, w[name].sum().item())),
    )
    assert [n for n, _ in seen] == [1, 2]
    assert seen[-1][1] == found.end.tensors[f"{name}:weight"].sum().item()


def test_what_cannot_be_is_said(trunk):
    with pytest.raises(LmphysError, match="give a learning rate for each update"):
        branch(trunk, [], first_batch=0, every=1, texts={})
    with pytest.raises(LmphysError, match="not finite"):
        branch(trunk, [1e30] * 4, first_batch=0, every=4, texts={})
    with pytest.raises(LmphysError, match="choose a world whose documents do"):
        fixed_texts(RECIPES["grammar-rotary"], 8)
