import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny import TinyConfig, word_tokenizer
from lmphys.training.documents import pack, packed
from lmphys.training.loss import surprisals
from lmphys.training.tiny.learner import fresh

WORDS = ("<s>", "</s>", *"abcdef")


def documents(*lengths, seed=0):
    rng = np.random.default_rng(seed)
    made = [(rng.integers(0, 8, n), rng.random(n) < 0.7) for n in lengths]
    for _, mask in made:
        mask[-1] = True
    return made


@settings(deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_every_document_lies_in_one_row_and_none_is_too_full(lengths):
    rows = pack(lengths, 20)
    assert sorted(i for row in rows for i in row) == list(range(len(lengths)))
    fill = [sum(lengths[i] for i in row) for row in rows]
    assert max(fill) <= 20
    # First fit: two rows that would fit into one do not occur.
    assert all(a + b > 20 for n, a in enumerate(fill) for b in fill[:n])


def test_first_fit_is_within_its_bound_of_what_is_needed():
    lengths = np.random.default_rng(0).integers(10, 60, 300).tolist()
    assert len(pack(lengths, 128)) <= 11 / 9 * sum(lengths) / 128 + 1


def test_a_batch_holds_the_documents_and_their_targets():
    made = documents(5, 3, 9, 2, 4)
    batch = packed(made, 12)
    assert batch.n_tokens == 23 and batch.ids.shape == (2, 12)
    found = []
    for ids, places in zip(batch.ids.tolist(), batch.positions.tolist(), strict=True):
        starts = [t for t, place in enumerate(places) if place == 0] + [12]
        found += [ids[a:b] for a, b in itertools.pairwise(starts)]
    for tokens, _ in made:
        assert tokens.tolist() in found
    expected = sorted(int(t) for tokens, mask in made for t in tokens[1:][mask[1:]])
    assert sorted(batch.targets.tolist()) == expected
    assert torch.equal(batch.ids.flatten()[batch.rows + 1], batch.targets)
    # A target and the token before it belong to one document.
    assert (batch.positions.flatten()[batch.rows + 1] == batch.positions.flatten()[batch.rows] + 1).all()


def test_documents_that_have_a_row_each_need_no_places():
    batch = packed(documents(7, 6, 8), 8)
    assert batch.positions is None and batch.ids.shape == (3, 8)


@pytest.mark.parametrize("canon", ["", "ABCD"])
@pytest.mark.parametrize("position", ["none", "absolute", "relative", "rotary", "uniform"])
def test_the_loss_of_packed_documents_is_that_of_each_alone(position, canon):
    config = TinyConfig(
        vocab_size=8, hidden_size=16, num_attention_heads=2, num_hidden_layers=2, max_position_embeddings=20,
        position=position, canon=canon, initializer_range=0.3,
    )  # fmt: skip
    model = LanguageModel.from_parts(fresh(config, 0), word_tokenizer(WORDS))
    made = documents(5, 3, 9, 2, 4, 11, 20)
    alone = []
    with torch.no_grad():
        for tokens, mask in made:
            logits = model.model(torch.from_numpy(tokens)[None]).logits[0, :-1]
            nats = cross_entropy(logits, torch.from_numpy(tokens[1:]), reduction="none")
            alone += nats[torch.from_numpy(mask[1:])].tolist()
        batch = packed(made, 20)
        assert batch.positions is not None
        together = surprisals(model, batch).tolist()
    assert sorted(together) == pytest.approx(sorted(alone), rel=1e-4, abs=1e-5)


def test_what_cannot_be_laid_out_is_named():
    with pytest.raises(LmphysError, match="a document has 9 tokens and a row holds 8; raise the context"):
        packed(documents(3, 9), 8)
    with pytest.raises(LmphysError, match="documents without a target cannot be trained on"):
        packed([(np.arange(3), np.array([True, False, False]))], 8)
