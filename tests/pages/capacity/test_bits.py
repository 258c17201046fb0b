"""Bits learned against a count word by word, and against limits in closed form."""

import math

import numpy as np
import pytest
import torch

from lmphys.pages.capacity.bits import learned, limits, record_losses, strangers
from lmphys.problems.people.records import Records
from lmphys.training.tiny.learner import Tiny
from lmphys.training.tiny.recipe import Shape, TinyRecipe

WORLD = Records(40, n_tokens=8, name_length=2, n_attributes=3, n_values=8)
SHAPE = Shape(layers=1, width=8, heads=2)


def blank(world, context):
    return Tiny(TinyRecipe(shape=SHAPE, context=context), "cpu", world).model


@pytest.mark.parametrize("marked", [False, True])
def test_losses_are_those_of_each_word_after_the_words_before_it(marked):
    world = Records(40, n_tokens=8, name_length=2, n_attributes=3, n_values=8, marked=marked)
    model = blank(world, 8)
    found = record_losses(model, world)
    assert found.shape == (40, 6)
    for person in (0, 7, 39):
        tokens = world.record(person).tokens
        with torch.no_grad():
            logp = model.model(torch.tensor(tokens)[None]).logits[0].double().log_softmax(-1)
        each = [-float(logp[t - 1, tokens[t]]) for t in range(2 if marked else 1, len(tokens))]
        assert found[person] == pytest.approx(each, abs=1e-5)


def test_bits_are_the_definition_with_the_losses_of_everybody():
    model = blank(WORLD, 7)
    nats = record_losses(model, WORLD)
    bits = learned(model, WORLD)
    assert bits.names == pytest.approx(sum(6 - row[:2].sum() / math.log(2) for row in nats))
    assert bits.values == pytest.approx(sum(9 - row[2:5].sum() / math.log(2) for row in nats))
    assert bits.chunks == pytest.approx(0)
    assert bits.total == pytest.approx(bits.names + bits.values)


def test_limits_are_nothing_all_and_the_two_parts_of_it():
    found = limits(Records(1800), 28_832)
    assert found.loc["even guess", "R"] == pytest.approx(0, abs=1e-12)
    assert found.loc["names known", "R"] == pytest.approx(1800 * math.log2(64**3 / 1800) / 28_832)
    assert found.loc["values known", "R"] == pytest.approx(1800 * 24 / 28_832)
    assert found.loc["all known", "R"] == pytest.approx(Records(1800).capacity.most / 28_832)
    assert np.allclose(found["names"] + found["values"], found["R"])


def test_strangers_are_other_people_of_the_same_law():
    others = strangers(WORLD)
    assert others.capacity == WORLD.capacity and others.vocabulary == WORLD.vocabulary
    assert np.array_equal(np.unique(others.chunks), np.unique(WORLD.chunks))
    known = {tuple(WORLD.record(person).tokens) for person in range(40)}
    assert not known & {tuple(others.record(person).tokens) for person in range(40)}
