"""Sizes of models, told without their weights."""

from lmphys.lm.size import known_size, n_parameters
from lmphys.lm.weights import load_weights


def test_the_size_is_that_of_the_loaded_model(model_folder):
    import torch

    model = load_weights(str(model_folder), torch.float32, torch.device("cpu")).model
    assert n_parameters(str(model_folder)) == sum(p.numel() for p in model.parameters())
    assert n_parameters(f"random:{model_folder}#1") == n_parameters(str(model_folder))


def test_a_model_that_is_elsewhere_has_no_size(tmp_path):
    assert known_size(str(tmp_path / "gone.gguf")) is None
