"""Sizes of models, told without their weights."""

import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.size import DEFAULT_SIZE, Size, known_size, size_of
from lmphys.lm.weights import load_weights


def counted(model: LanguageModel) -> Size:
    config = model.model.config
    cached = 2 * config.num_key_value_heads * config.hidden_size // config.num_attention_heads
    parameters = sum(parameter.numel() for parameter in model.model.parameters())
    return Size(parameters, model.width, model.n_layers, cached, config.vocab_size)


def test_the_size_is_that_of_the_weights_which_are_not_read(model_folder):
    size = size_of(str(model_folder))
    assert size == counted(LanguageModel(str(model_folder), dtype="float32"))
    assert size_of(f"random:{model_folder}") == size


@pytest.mark.real_model
def test_the_size_of_the_default_model_is_the_one_that_is_kept():
    assert counted(LanguageModel("smollm2")) == DEFAULT_SIZE
    assert size_of("smollm2") == size_of("reasoner") == size_of("random:smollm2") == DEFAULT_SIZE


def test_a_configuration_that_tells_nothing_is_no_failure_and_a_spec_that_names_nothing_is(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    assert known_size(str(tmp_path)) is None
    with pytest.raises(LmphysError, match="unknown model"):
        size_of("no such model")


def test_the_size_is_that_of_the_loaded_model(model_folder):
    model = load_weights(str(model_folder), torch.float32, torch.device("cpu")).model
    assert size_of(str(model_folder)).parameters == sum(p.numel() for p in model.parameters())
    assert size_of(f"random:{model_folder}#1") == size_of(str(model_folder))


def test_a_model_that_is_elsewhere_has_no_size(tmp_path):
    assert known_size(str(tmp_path / "gone.gguf")) is None
