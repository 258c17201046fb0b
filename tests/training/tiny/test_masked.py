"""A model that fills in: the loss by enumeration, what is masked, and what is refused."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import TinyForCausalLM
from lmphys.problems.documents import Document
from lmphys.training.loop import first_losses
from lmphys.training.tiny.learner import learner_of, train
from lmphys.training.tiny.masked import Masked, filled_in, masked, masked_model
from lmphys.training.tiny.recipe import Shape, TinyRecipe

TOY = TinyRecipe(
    world="markov", options={"length": 3, "n_words": 3}, shape=Shape(layers=2, width=16, heads=2, causal=False),
    context=6, steps=24, batch_size=6, learning_rate=1e-2, n_kept=1,
)  # fmt: skip


def test_each_number_of_masks_comes_as_often_and_so_does_each_place():
    document = Document(np.array([0, 5, 6, 7, 8]), np.array([False, True, True, True, True]))
    batch = masked([document] * 6000, np.random.default_rng(0), 9)
    hidden = (batch.ids == 9).numpy()
    assert not hidden[:, 0].any()
    assert np.bincount(hidden.sum(1), minlength=5)[1:] / 6000 == pytest.approx(np.full(4, 0.25), abs=0.025)
    assert hidden[hidden.sum(1) == 2].mean(0)[1:] == pytest.approx(np.full(4, 0.5), abs=0.05)
    assert (batch.ids.reshape(-1)[batch.rows] == 9).all() and len(batch.rows) == hidden.sum()
    assert torch.equal(batch.targets, batch.rows % 5 + 4)


def test_the_expected_loss_is_the_mean_over_all_orders_of_writing():
    learner = Masked(TOY, "cpu", TOY.source())
    document = Document(np.array([0, 2, 3, 4]), np.array([False, True, True, True]))
    mask = learner.config.vocab_size - 1

    def nats(hidden):
        ids = document.tokens.copy()
        ids[list(hidden)] = mask
        logits = learner.network(input_ids=torch.from_numpy(ids)[None]).logits[0].double().log_softmax(-1)
        return {i: -float(logits[i, document.tokens[i]]) for i in hidden}

    with torch.no_grad():
        known = {hidden: nats(hidden) for k in (1, 2, 3) for hidden in combinations((1, 2, 3), k)}
        orders = [
            sum(known[tuple(sorted(order[place:]))][order[place]] for place in range(3)) / 3
            for order in ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1))
        ]
        by_number = [np.mean([np.mean([*known[h].values()]) for h in combinations((1, 2, 3), k)]) for k in (1, 2, 3)]
        assert np.mean(by_number) == pytest.approx(np.mean(orders), abs=1e-9)
        drawn = masked([document] * 4000, np.random.default_rng(1), mask)
        assert float(learner.loss(drawn)) == pytest.approx(np.mean(orders), abs=0.02)


def test_it_sees_both_sides_and_a_causal_twin_does_not():
    torch.manual_seed(0)
    ids = torch.tensor([[0, 2, 3, 4, 2, 3]])
    other = torch.tensor([[0, 2, 3, 4, 2, 4]])
    for causal in (True, False):
        config = dataclasses.replace(TOY.shape, causal=causal).config(6, 6)
        network = TinyForCausalLM(config).eval()
        one, two = (network(input_ids=x).logits[0, 1] for x in (ids, other))
        assert torch.allclose(one, two) == causal
        weights = network(input_ids=ids, output_attentions=True).attentions[0]
        assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-5)
        assert bool((weights.triu(1) == 0).all()) == causal
    # Texts in one row stay apart, and padding is not seen.
    packed_ids, places = torch.cat([ids[:, :3], other[:, 3:]], 1), torch.tensor([[0, 1, 2, 0, 1, 2]])
    together = network(input_ids=packed_ids, position_ids=places).logits[0, :3]
    assert torch.allclose(together, network(input_ids=ids[:, :3]).logits[0], atol=1e-5)
    padded = network(input_ids=ids, attention_mask=torch.tensor([[1, 1, 1, 1, 0, 0]])).logits[0, :4]
    assert torch.allclose(padded, network(input_ids=ids[:, :4]).logits[0], atol=1e-5)


def test_it_is_trained_kept_and_read_again(tmp_path):
    learner = learner_of(TOY, "cpu", TOY.source())
    assert isinstance(learner, Masked)
    losses = first_losses(TOY, learner, 24)
    last = train(TOY, tmp_path, device="cpu")
    assert np.mean(losses[-6:]) < np.mean(losses[:6])
    read = masked_model(last)
    batch = masked([TOY.source().document(i) for i in range(5)], np.random.default_rng(2), read.config.vocab_size - 1)
    with torch.no_grad():
        assert torch.allclose(filled_in(read, batch), filled_in(learner.network, batch), atol=0.02)
    with pytest.raises(LmphysError, match=r"masked model in .*; restore it"):
        masked_model(tmp_path / "nowhere")


def test_what_cannot_be_masked_is_refused():
    short, long = (Document(np.arange(n), np.arange(n) > 0) for n in (3, 5))
    with pytest.raises(LmphysError, match="documents of 3 to 5 tokens; a masked model takes documents of one length"):
        masked([short, long], np.random.default_rng(0), 9)
    with pytest.raises(LmphysError, match="look back alone"):
        Shape(causal=False, canon="A").config(6, 6)
    narrow = dataclasses.replace(TOY, context=4)
    with pytest.raises(LmphysError, match="a row holds 4; raise the context"):
        first_losses(narrow, Masked(narrow, "cpu", narrow.source()), 1)
