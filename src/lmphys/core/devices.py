"""On which device and in which number format models are read."""

import json
import os
import platform
import time

import torch
from filelock import FileLock
from torch import nn

from lmphys.core.errors import LmphysError
from lmphys.core.paths import cache_home

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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
    """Turn `auto` into `$LMPHYS_DTYPE` or the name of the dtype that suits the device, and check a named one."""
    dtype = os.environ.get("LMPHYS_DTYPE") or "auto" if dtype == "auto" else dtype
    if dtype != "auto":
        if dtype not in DTYPES:
            raise LmphysError(f"unknown dtype {dtype!r}; use {', '.join(DTYPES)} or auto")
        return dtype
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return _faster_on_cpu() if device.type == "cpu" else "float32"


def _faster_on_cpu() -> str:
    """The dtype in which this CPU multiplies matrices faster, measured once and remembered.

    bfloat16 must win by half to be chosen: only with instructions of its own is it worth its rounding.
    """
    key = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()} {_cpu_name()} torch {torch.__version__}"
    file = cache_home() / "dtype.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):  # two processes that measure at once would disturb, and might contradict, each other
        try:
            known = json.loads(file.read_text())
        except (OSError, ValueError):
            known = {}
        if key not in known:
            float32, bfloat16 = _best_times(torch.float32, torch.bfloat16)
            known[key] = "bfloat16" if 1.5 * bfloat16 < float32 else "float32"
            file.write_text(json.dumps(known, indent=1))
    return known[key]


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as stream:  # noqa: PTH123
            return next((line.split(":", 1)[1].strip() for line in stream if line.startswith("model name")), "")
    except OSError:
        return platform.processor()


def _best_times(*dtypes: torch.dtype) -> list[float]:
    """Best time of a product of the size that decoding has, in seconds, in each dtype; they take turns."""
    operands = [(torch.randn(64, 576).to(dtype), torch.randn(1536, 576).to(dtype)) for dtype in dtypes]
    best = [float("inf")] * len(dtypes)
    for _ in range(100):
        for i, (x, w) in enumerate(operands):
            start = time.perf_counter()
            nn.functional.linear(x, w)
            best[i] = min(best[i], time.perf_counter() - start)
    return best
