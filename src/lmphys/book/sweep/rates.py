"""How long models take on devices, and what they need there: from measured rates and the size of the model.

A rate is known of the default model alone. A step of another model, one token for each of the chains side by side, is
estimated from it: what a step takes beyond moving the weights and multiplying with them (launching kernels, attention,
sampling) goes with the number of blocks; the rest is the larger of weights over memory bandwidth and of two operations
a weight and chain over the arithmetic of the device. A rule of thumb, good to a factor of two.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from lmphys.core.boundaries import given
from lmphys.corpus.build import BATCH_SIZE
from lmphys.lm.size import BYTES, DEFAULT_SIZE, Size

RATES_FILE = Path("data", "rates.csv")
# Tokens of a prompt, for the room of keys and values; the prompts of the built-in tasks have 60 to 200.
_PROMPT = 200
# What Python, torch and its kernels take before any weights, and what a page may need beside them, bytes.
_PROGRAM, _PAGE = 3e9, 4e9
# Reserve on what is computed: fragments of memory, buffers.
_RESERVE = 1.25


@dataclass(frozen=True)
class Device:
    """A device whose rate was measured.

    Attributes:
        name: of the kind.
        kind: `cpu` or `cuda`.
        drawn: tokens a second drawn from the default model, `BATCH_SIZE` chains side by side, states kept.
        dtype: in which that was measured.
        bandwidth: of its memory, bytes a second.
        operations: dtype to its products and sums a second.
    """

    name: str
    kind: str
    drawn: float
    dtype: str
    bandwidth: float
    operations: dict[str, float]

    def rate(self, size: Size, dtype: str, rows: int = BATCH_SIZE) -> float:
        """Tokens a second, estimated.

        Args:
            size: of the model.
            dtype: of its weights.
            rows: chains side by side.
        """
        measured = BATCH_SIZE / self.drawn - self._bound(DEFAULT_SIZE, self.dtype, BATCH_SIZE)
        around = max(0.0, measured) * size.layers / DEFAULT_SIZE.layers
        return rows / (around + self._bound(size, dtype, rows))

    def _bound(self, size: Size, dtype: str, rows: int) -> float:
        """Seconds that a step cannot go below."""
        moved = size.parameters * BYTES[dtype] / self.bandwidth
        return max(moved, 2 * size.parameters * rows / self.operations[dtype])


def read_devices(root: Path) -> list[Device]:
    """The devices of `data/rates.csv`.

    Raises:
        LmphysError: it is missing or damaged.
    """
    path = root / RATES_FILE
    with given(path, "restore it: git checkout data", "is no table of rates"), path.open(encoding="utf-8") as lines:
        return [
            Device(
                row["device"],
                row["kind"],
                float(row["drawn"]),
                row["dtype"],
                float(row["memory_gbs"]) * 1e9,
                {name: float(row[_column(name)]) * 1e12 for name in BYTES},
            )
            for row in csv.DictReader(lines)
        ]


def _column(dtype: str) -> str:
    return "float32_tflops" if dtype == "float32" else "half_tflops"


def weight_bytes(size: Size, dtype: str) -> float:
    """Bytes of the weights of a model."""
    return float(size.parameters * BYTES[dtype])


def model_memory(size: Size, dtype: str, rows: int, max_tokens: int) -> float:
    """Bytes of a model that draws `rows` chains of up to `max_tokens` side by side: weights, cache and states."""
    cache = rows * (_PROMPT + max_tokens) * size.layers * size.cached
    states = 2 * rows * max_tokens * size.width
    return _RESERVE * BYTES[dtype] * (size.parameters + cache + states)


def n_gpus(need: float, gpu_memory_gb: float) -> int:
    """GPUs over which a model is spread that needs so many bytes."""
    return math.ceil(need / (gpu_memory_gb * 1e9))


def job_memory(need: float, states: float = 0.0) -> float:
    """Bytes of main memory of a job, weights on their way to a GPU included.

    Args:
        need: of the model, bytes.
        states: bytes of a corpus that a page takes into memory, of which it holds up to three copies.
    """
    return _PROGRAM + (_PAGE if states else 0.0) + 3 * states + need
