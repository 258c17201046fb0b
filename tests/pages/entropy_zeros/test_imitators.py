"""Imitators: tables of counts by hand, heads against their own products, and which networks stand in."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.entropy_zeros.beside import unread_counts
from lmphys.pages.entropy_zeros.imitators import (
    EARLIER_STEPS,
    count_tables,
    heads_of_lower_rank,
    network_imitators,
    weights_at_one,
)


def test_tables_are_those_of_counting_by_hand():
    tables = count_tables([[0, 1], [0, 1], [0, 2]], [[0], [1]], [1, 2], 3, strength=3.0)
    assert list(tables) == ["1-gram", "2-gram"]
    # Of six tokens three are 0, two 1, one 2; the uniform distribution is worth three tokens.
    one = (np.array([3, 2, 1]) + 3 / 3) / (6 + 3)
    np.testing.assert_allclose(tables["1-gram"].exp(), [one, one])
    # After 0 came 1, 1 and 2; nothing ever came after 1.
    np.testing.assert_allclose(tables["2-gram"].exp(), [(np.array([0, 2, 1]) + 3 * one) / (3 + 3), one])
    assert tables["2-gram"].exp().sum(1).numpy() == pytest.approx(1)


def test_the_reasoner_is_imitated_by_its_past_and_others_by_what_is_chosen():
    assert network_imitators("reasoner") == list(EARLIER_STEPS)
    assert network_imitators("reasoner", ["a", "b"]) == network_imitators("smollm2", ["a", "b"]) == ["a", "b"]
    assert network_imitators("smollm2") == []


def test_weighted_counts_of_cold_text_are_those_of_temperature_one():
    """Tokens drawn from p_T ∝ p^(1/T): counted with p / p_T their shares are p."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(6))
    cold = p ** (1 / 0.7) / (p ** (1 / 0.7)).sum()
    tokens = rng.choice(6, 60_000, p=cold)
    columns = {"logp": np.log(p)[tokens], "logp_sampling": np.log(cold)[tokens]}
    corpus = SimpleNamespace(column=columns.__getitem__, chains=pd.DataFrame({"n_tokens": [20_000, 40_000]}))
    weights = weights_at_one(corpus)
    assert [len(w) for w in weights] == [20_000, 40_000]
    texts = [tokens[:20_000], tokens[20_000:]]
    for worth, law in ((weights, p), (None, cold)):
        table = count_tables(texts, [[0]], [1], 6, weights=worth)["1-gram"]
        np.testing.assert_allclose(table.exp()[0], law, atol=0.01)
    assert np.abs(p - cold).max() > 0.03
    columns["logp"] = np.full(60_000, np.nan)  # another model wrote them
    assert all((w == 1).all() for w in weights_at_one(corpus))


def test_a_head_of_lower_rank_is_the_nearest_table_of_that_rank():
    """Against numpy's singular value decomposition of the centred table."""
    rng = np.random.default_rng(1)
    head, states = rng.normal(size=(40, 8)) * np.linspace(3, 0.5, 8) + 2, rng.normal(size=(15, 8))
    logits = torch.from_numpy(states @ head.T).float()
    found = heads_of_lower_rank(logits, torch.from_numpy(head), [1, 3, 8])
    u, s, vt = np.linalg.svd(head - head.mean(0), full_matrices=False)
    for rank in (1, 3, 8):
        nearest = (u[:, :rank] * s[:rank]) @ vt[:rank]
        np.testing.assert_allclose(found[f"rank {rank}"], states @ nearest.T, atol=1e-3)
    gauge = found["rank 8"] - logits  # the whole rank changes no probability
    assert float((gauge - gauge.mean(1, keepdim=True)).abs().max()) < 1e-3
    with pytest.raises(LmphysError, match="between 1 and 8"):
        heads_of_lower_rank(logits, torch.from_numpy(head), [9])


def test_only_chains_of_questions_that_are_not_read_are_counted():
    columns = {"logp": np.log(np.full(6, 0.5)), "logp_sampling": np.log(np.repeat([0.25, 0.5, 0.8], 2))}
    texts = SimpleNamespace(
        chains=pd.DataFrame({"question_id": ["a", "b", "a"], "n_tokens": [2, 2, 2]}),
        tokens=lambda: [np.array([1, 2]), np.array([3, 4]), np.array([5, 6])],
        column=columns.__getitem__,
    )
    contexts = SimpleNamespace(places=pd.DataFrame({"question_id": ["b", "b"]}))
    written, weights = unread_counts(texts, contexts)
    assert [w.tolist() for w in written] == [[1, 2], [5, 6]]
    np.testing.assert_allclose(np.concatenate(weights), [2, 2, 0.625, 0.625])
