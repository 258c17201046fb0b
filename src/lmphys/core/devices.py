"""On which device and in which number format models are read."""

import importlib.util
import os

import torch

from lmphys.core.errors import LmphysError
from lmphys.core.provenance import processor_kind

# The last two name weights of as many bits, which are unpacked into bfloat16 as they are used; models alone have them.
DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "8bit": torch.bfloat16,
    "4bit": torch.bfloat16,
}
QUANTIZED = ("8bit", "4bit")


def resolve_device(device: str) -> torch.device:
    """Turn `auto` into `$LMPHYS_DEVICE` or the best device there is, and check a named one."""
    device = os.environ.get("LMPHYS_DEVICE") or "auto" if device == "auto" else device
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise LmphysError(f"device {device!r} is not usable here; use cpu, cuda, mps or auto") from error
    return chosen


def resolve_dtype(dtype: str, device: torch.device) -> str:
    """Turn `auto` into `$LMPHYS_DTYPE`, or bfloat16 on a GPU that has it and float32 elsewhere; check a named one."""
    dtype = os.environ.get("LMPHYS_DTYPE") or "auto" if dtype == "auto" else dtype
    if dtype != "auto":
        if dtype not in DTYPES:
            raise LmphysError(f"unknown dtype {dtype!r}; use {', '.join(DTYPES)} or auto")
        return dtype
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "float32"  # on every processor: one text everywhere, whatever instructions it has


def quantized(bits: str) -> str:
    """The dtype of weights of `8bit` or `4bit`.

    Raises:
        LmphysError: other bits, or the package that unpacks them is missing.
    """
    if bits not in QUANTIZED:
        raise LmphysError(f"--quantize {bits}: use {' or '.join(QUANTIZED)}")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise LmphysError(f"{bits} weights need the package bitsandbytes; install it: pip install bitsandbytes")
    return bits


def machine_kind() -> str:
    """Kind of machine that benchmarks and budgets belong to: the GPU that `auto` takes, or the kind of processor."""
    device = resolve_device("auto")
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor_kind()
