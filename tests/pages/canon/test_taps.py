import numpy as np
import pytest
import torch

from lmphys.lm.tiny import TinyConfig
from lmphys.lm.tiny.model import Canon
from lmphys.pages.canon import taps
from lmphys.training.tiny.learner import fresh


class View:
    cache = inside = None


def test_a_canon_layer_is_a_depth_wise_convolution_beside_the_identity():
    canon = Canon(6, 0)
    torch.nn.init.uniform_(canon.weight, -0.5, 0.5)
    h = torch.randn(2, 11, 6)
    assert torch.allclose(taps.convolved(h, canon.weight), canon(h, View()), atol=1e-6)
    by_hand = h[:, 5] + sum(canon.weight[j] * h[:, 5 - j] for j in range(4))
    assert torch.allclose(taps.convolved(h, canon.weight)[:, 5], by_hand, atol=1e-6)


@pytest.mark.parametrize(("canon", "blocks", "expected"), [("", 3, 0), ("C", 1, 3), ("CD", 1, 6), ("CD", 3, 18)])
def test_without_attention_a_state_reaches_three_tokens_for_each_canon_layer_in_series(canon, blocks, expected):
    assert taps.reach(canon, blocks) == expected


def test_kernels_are_found_by_block_and_letter():
    config = TinyConfig(vocab_size=8, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, canon="ABCD")
    model = fresh(config, 0)
    found = taps.kernels(model)
    assert list(found) == [(block, letter) for block in (1, 2) for letter in "ABCD"]
    assert [found[1, letter].shape[1] for letter in "ABCD"] == [8, 24, 8, 2 * config.intermediate_size]
    assert found[2, "B"] is not found[1, "B"] and np.abs(found[2, "D"]).max() <= 0.5
    assert np.sqrt(np.mean(found[1, "D"] ** 2)) == pytest.approx(taps.initial_size(), rel=0.15)


def test_costs_count_the_weights_of_canon_layers():
    table = taps.costs({"plain": "copying-rotary", "Canon": "copying-rotary-canon"})
    # Width 16, MLP 31: 4 taps of 16 before attention, 48 in it, 16 before the MLP, 62 in it.
    assert table.loc["Canon", "in Canon layers"] == 4 * (16 + 48 + 16 + 62)
    assert table.loc["plain", "in Canon layers"] == 0
    assert table.loc["Canon", "parameters"] == pytest.approx(table.loc["plain", "parameters"], rel=0.005)
