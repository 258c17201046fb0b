"""The short way to the logits is taken where it is the model's own, and only there."""

import pytest
import torch

from lmphys.lm.head import LinearHead, linear_head

IDS = torch.tensor([[5, 9, 12, 40, 7]])
WHERE = torch.ones_like(IDS, dtype=torch.bool), torch.arange(5)[None]


def test_logits_are_those_of_the_model(every_model):
    with torch.inference_mode():
        expected = every_model.model(input_ids=IDS).logits
        torch.testing.assert_close(every_model.logits(IDS, *WHERE, last=5), expected, atol=1e-5, rtol=1e-5)


def test_capped_logits_take_their_own_way(model_of):
    assert model_of("gemma2").head is None and model_of("llama").head is not None


@pytest.mark.parametrize("name", ["logit_scale", "logits_scaling"])
def test_scaled_logits_take_their_own_way(name):
    from transformers import AutoConfig, AutoModelForCausalLM

    kind = {"logit_scale": "cohere", "logits_scaling": "granite"}[name]
    common = {"vocab_size": 50, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2}
    config = AutoConfig.for_model(kind, **common, num_attention_heads=4, num_key_value_heads=4, **{name: 3.0})
    model = AutoModelForCausalLM.from_config(config).eval()
    assert linear_head(model, model.base_model, 1) is None


@pytest.mark.parametrize("bias", [False, True])
def test_blocks_of_the_vocabulary_make_the_whole_product(bias):
    layer = torch.nn.Linear(16, 2_500, bias=bias)
    states = torch.randn(3, 7, 16)
    with torch.inference_mode():
        torch.testing.assert_close(LinearHead(layer.weight, layer.bias)(states), layer(states))
