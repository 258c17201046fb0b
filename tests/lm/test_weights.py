"""Weights that a file lacks are drawn at random by `transformers`, in silence; here they are refused by name."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.conftest import tiny_model
from transformers import AutoConfig, AutoModelForCausalLM

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel


@pytest.fixture
def altered(model_folder, tmp_path):
    """Maker of the tiny Llama with other names and tensors in its file, and other settings in its config.json."""

    def make(change=lambda tensors: tensors, **config):
        folder = tmp_path / "altered"
        shutil.copytree(model_folder, folder)
        file = folder / "model.safetensors"
        save_file(change(load_file(file)), file, metadata={"format": "pt"})
        settings = folder / "config.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), **config}))
        return str(folder)

    return make


def refused(folder, *words):
    with pytest.raises(LmphysError) as caught:
        LanguageModel(folder)
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text


def without(*names):
    return lambda tensors: {name: x for name, x in tensors.items() if not any(part in name for part in names)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: {f"_orig_mod.{k}": x for k, x in t.items()}, ("lm_head.weight", "_orig_mod.lm_head.weight")),
        (lambda t: {f"module.{k}": x for k, x in t.items()}, ("lm_head.weight", "module.")),
        (lambda t: {f"base_model.model.{k}": x for k, x in t.items()}, ("lm_head.weight", "base_model.model.")),
        (lambda t: {k.removeprefix("model."): x for k, x in without("lm_head")(t).items()}, ("lm_head.weight",)),
        (without("layers.1.self_attn.q_proj"), ("model.layers.1.self_attn.q_proj.weight",)),
        (without("model.norm"), ("model.norm.weight",)),
        (without("embed_tokens"), ("model.embed_tokens.weight",)),
    ],
    ids=["compiled", "parallel", "adapter", "body", "one map", "last norm", "embedding"],
)
def test_missing_weights_are_refused_by_name(altered, change, words):
    refused(altered(change), "random", *words)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("model.layers.3.mlp.up_proj.weight", (96, 48)),
        ("model.layers.0.self_attn.q_proj.bias", (48,)),
        ("model.layers.0.self_attn.q_norm.weight", (12,)),
        ("model.norm.bias", (48,)),
        ("model.embed_norm.weight", (48,)),
        ("lm_head.bias", (372,)),
    ],
)
def test_weights_without_a_place_in_the_model_are_refused_by_name(altered, name, shape):
    refused(altered(lambda tensors: {**tensors, name: torch.zeros(shape)}), "no place", name)


@pytest.mark.parametrize(
    "name",
    [
        "v_head.summary.weight",
        "score.weight",
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.vision_tower.layers.0.attn.weight",
        "vision_tower.layers.0.attn.weight",
    ],
)
def test_other_heads_towers_and_constants_are_of_no_account(altered, model_folder, name):
    loaded = LanguageModel(altered(lambda tensors: {**tensors, name: torch.zeros(2)}))
    for mine, right in zip(loaded.model.parameters(), LanguageModel(str(model_folder)).model.parameters(), strict=True):
        assert torch.equal(mine, right)


def test_fewer_blocks_in_the_configuration_than_in_the_file_are_refused(altered):
    refused(altered(num_hidden_layers=2), "no place", "model.layers.2.")


def test_more_blocks_in_the_configuration_than_in_the_file_are_refused(altered):
    refused(altered(num_hidden_layers=4), "random", "model.layers.3.")


def test_weights_of_another_shape_are_refused(altered):
    refused(altered(intermediate_size=80), "shape")


def test_a_tied_head_is_not_missing(tmp_path, tokenizer):
    config = tiny_model("llama", len(tokenizer)).config
    config.tie_word_embeddings = True
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert "lm_head.weight" not in load_file(tmp_path / "model.safetensors")
    loaded = LanguageModel(str(tmp_path)).model
    assert torch.equal(loaded.lm_head.weight, model.model.embed_tokens.weight)


def test_a_shard_without_what_the_index_says_is_refused(tmp_path, tokenizer):
    tiny_model("llama", len(tokenizer)).save_pretrained(tmp_path, max_shard_size="100KB")
    tokenizer.save_pretrained(tmp_path)
    shard = sorted(tmp_path.glob("model-*.safetensors"))[0]
    tensors = load_file(shard)
    gone = sorted(tensors)[0]
    save_file({name: x for name, x in tensors.items() if name != gone}, shard, metadata={"format": "pt"})
    refused(str(tmp_path), gone)


def test_an_encoder_has_no_head_for_the_next_token(tmp_path, tokenizer):
    from transformers import BertModel

    config = AutoConfig.for_model(
        "bert", vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=2, num_attention_heads=4, pad_token_id=0
    )
    BertModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    refused(str(tmp_path), "random", "cls.predictions")
