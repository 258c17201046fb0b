import pytest
from tests.book.conftest import REPOSITORY
from tests.conftest import tiny_model

from lmphys.book.sweep.rates import (
    Device,
    job_memory,
    model_memory,
    n_gpus,
    read_devices,
)
from lmphys.lm.size import DEFAULT_SIZE, Size, size_of

# A step of 64 chains takes 0.4 s, of which 0.1 s are the arithmetic of the default model's weights.
OPERATIONS = 2 * DEFAULT_SIZE.parameters * 64 / 0.1
SLOW = Device("slow", "cpu", 160.0, "float32", 1e12, dict.fromkeys(("float32", "bfloat16", "float16"), OPERATIONS))


def test_the_default_model_has_its_measured_rate():
    for device in [SLOW, *read_devices(REPOSITORY)]:
        assert device.rate(DEFAULT_SIZE, device.dtype) == pytest.approx(device.drawn)


def test_arithmetic_goes_with_weights_and_the_rest_with_blocks():
    twice = Size(2 * DEFAULT_SIZE.parameters, 1, 3 * DEFAULT_SIZE.layers, 1)
    assert SLOW.rate(twice, "float32") == pytest.approx(64 / (3 * 0.3 + 2 * 0.1))
    # Half as many chains: half the arithmetic, and all of the rest.
    assert SLOW.rate(DEFAULT_SIZE, "float32", 32) == pytest.approx(32 / (0.3 + 0.05))


def test_weights_that_are_moved_bound_a_step_where_that_takes_longer():
    device = Device("narrow", "cuda", 64.0, "float32", DEFAULT_SIZE.parameters * 4 / 0.75, SLOW.operations)
    assert device.rate(Size(4 * DEFAULT_SIZE.parameters, 1, 30, 1), "float32") == pytest.approx(64 / (0.25 + 3))
    assert device.rate(Size(4 * DEFAULT_SIZE.parameters, 1, 30, 1), "float16") == pytest.approx(64 / (0.25 + 1.5))


def test_memory_by_hand():
    size = Size(1_000_000_000, 100, 10, 50)
    cache, states = 64 * 400 * 10 * 50, 2 * 64 * 200 * 100
    assert model_memory(size, "bfloat16", 64, 200) == 1.25 * 2 * (1e9 + cache + states)
    assert [n_gpus(need, 80) for need in (1e9, 80e9, 81e9, 161e9)] == [1, 1, 2, 3]
    assert job_memory(5e9) == 8e9
    assert job_memory(5e9, 1e9) == 3e9 + 4e9 + 3e9 + 5e9


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_the_shape_of_a_folder_is_told_without_its_weights(tmp_path, architecture, monkeypatch):
    model = tiny_model(architecture, 300)
    model.save_pretrained(tmp_path)
    monkeypatch.setattr("transformers.PreTrainedModel.from_pretrained", None)
    size = size_of(str(tmp_path))
    assert size.parameters == sum(weight.numel() for weight in model.parameters())
    assert (size.layers, size.width) == (3, 48)
    assert size.cached == {"llama": 2 * 2 * 12, "gpt2": 2 * 4 * 12}[architecture]


@pytest.mark.real_model
def test_the_default_shape_is_that_of_the_default_model():
    assert size_of("smollm2") == size_of("random:smollm2#3") == size_of("reasoner") == DEFAULT_SIZE
