import math

import pytest
from tests.book.conftest import REPOSITORY

from lmphys.book.sweep.rates import read_devices
from lmphys.book.sweep.scale import MODELS, scale_of, scale_table


@pytest.fixture(scope="module")
def device():
    return next(device for device in read_devices(REPOSITORY) if device.kind == "cuda")


def test_the_hours_of_one_model_by_hand(device, monkeypatch):
    name, shape = "Gemma-2B", MODELS["Gemma-2B"]
    monkeypatch.setattr("lmphys.book.sweep.scale.MODELS", {name: shape})
    seconds = 9_800 * 100 / device.rate(shape, "bfloat16")
    parts = math.ceil(seconds / 600)
    found = scale_of(8, device)
    assert found.jobs == 7 * parts
    assert found.drawing == pytest.approx(7 * seconds / 8 / 3600)
    assert found.engine == pytest.approx(7 * parts * 15 / 8 / 3600)
    assert found.weights == pytest.approx(7 * parts * 2.51e9 * 2 / 2e9 / 3600)
    assert found.disk == 7 * (9_800 * (8 * 16 * 2048 + 2_000) + 980_000 * 28)
    assert found.files == 7 * (4 * 62 + 1)


def test_more_gpus_draw_sooner_and_wait_for_the_same_disk(device):
    few, many = scale_of(8, device), scale_of(64, device)
    assert few.drawing == pytest.approx(8 * many.drawing)
    assert (few.weights, few.states, few.disk, few.files) == (many.weights, many.states, many.disk, many.files)
    assert few.hours > many.hours > few.hours / 8


def test_the_table_of_the_book_is_computed():
    assert scale_table(REPOSITORY) in (REPOSITORY / "book" / "run_it.md").read_text()
