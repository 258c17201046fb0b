"""Device and number format: one text on every processor, and clear words where something is not to be had."""

import pytest
import torch

from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError

CPU = torch.device("cpu")


def test_a_processor_reads_in_float32_unless_asked(monkeypatch):
    monkeypatch.delenv("LMPHYS_DTYPE", raising=False)
    assert resolve_dtype("auto", CPU) == "float32"
    assert resolve_dtype("bfloat16", CPU) == "bfloat16"
    monkeypatch.setenv("LMPHYS_DTYPE", "bfloat16")
    assert resolve_dtype("auto", CPU) == "bfloat16"
    assert resolve_dtype("float32", CPU) == "float32"
    with pytest.raises(LmphysError, match="unknown dtype 'int8'; use float32"):
        resolve_dtype("int8", CPU)


def test_a_gpu_reads_in_bfloat16_where_it_can(monkeypatch):
    monkeypatch.delenv("LMPHYS_DTYPE", raising=False)
    for able, dtype in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda able=able: able)
        assert resolve_dtype("auto", torch.device("cuda")) == dtype


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("LMPHYS_DEVICE", "cpu")
    assert resolve_device("auto") == CPU
    with pytest.raises(LmphysError, match="device 'nonsense' is not usable here; use cpu"):
        resolve_device("nonsense")
