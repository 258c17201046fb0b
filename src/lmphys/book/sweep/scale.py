"""A sweep on paper: the corpora of the eight models and seven benchmarks of `carson2025`, on many GPUs.

`python -m lmphys.book.sweep.scale` prints the table of `book/run_it.md`. It rests on the measured rate of the default
model, on the rule of `lmphys.book.sweep.rates`, and on the rate of a shared file system, which is assumed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lmphys.book.sweep.plan import FILLED, SENTENCES, STATE_BYTES, n_parts
from lmphys.book.sweep.rates import Device, model_memory, n_gpus, read_devices, weight_bytes
from lmphys.core.paths import project_root
from lmphys.corpus.build import shards_of
from lmphys.lm.size import Size

# Sizes of the models, from their public configurations; parameters in three digits.
MODELS = {
    "Llama-2-70B": Size(69_000_000_000, 8192, 80, 2048),
    "DeepSeek-67B": Size(67_400_000_000, 8192, 95, 2048),
    "Phi-3-Medium": Size(14_000_000_000, 5120, 40, 2560),
    "Llama-2-13B": Size(13_000_000_000, 5120, 40, 10240),
    "Gemma-7B": Size(8_540_000_000, 3072, 28, 8192),
    "Qwen1.5-7B": Size(7_720_000_000, 4096, 32, 8192),
    "Mistral-7B": Size(7_240_000_000, 4096, 32, 2048),
    "Gemma-2B": Size(2_510_000_000, 2048, 18, 512),
}
BENCHMARKS, CHAINS, MAX_TOKENS, DTYPE = 7, 9_800, 200, "bfloat16"
# Bytes a second of a shared file system, over all nodes; memory of a GPU, GB; minutes of a job; seconds that the engine
# takes for each; bytes that a token leaves (its id, three measures, two jumps), and a chain as text.
FILE_SYSTEM, GPU_MEMORY, JOB_MINUTES, ENGINE, TOKEN_BYTES, CHAIN_BYTES = 2e9, 80.0, 10.0, 15.0, 28, 2_000


@dataclass(frozen=True)
class Scale:
    """A sweep on a number of GPUs.

    Attributes:
        gpus: how many.
        jobs: parts of corpora.
        drawing: hours in which tokens are drawn, all GPUs busy.
        engine: hours that the engine takes between jobs, per GPU.
        weights: hours in which a shared file system hands out the weights, once for each job.
        states: hours in which it takes the corpora.
        disk: bytes of the corpora.
        files: of the corpora.
    """

    gpus: int
    jobs: int
    drawing: float
    engine: float
    weights: float
    states: float
    disk: float
    files: int

    @property
    def hours(self) -> float:
        """Of the whole, where reading overlaps with nothing."""
        return self.drawing + self.engine + self.weights + self.states

    @property
    def bottleneck(self) -> str:
        """What takes longest beside drawing."""
        beside = {"reading weights": self.weights, "the engine": self.engine, "writing states": self.states}
        name = max(beside, key=beside.__getitem__)
        return f"{name} ({beside[name]:.1f} h)"


def scale_of(gpus: int, device: Device) -> Scale:
    """The corpora of all models and benchmarks, `CHAINS` chains each, on a number of equal GPUs."""
    tokens = CHAINS * FILLED * MAX_TOKENS
    shards = len(shards_of(CHAINS))
    jobs, busy, engine, read, disk = 0, 0.0, 0.0, 0.0, 0.0
    for size in MODELS.values():
        seconds = tokens / device.rate(size, DTYPE)
        parts = n_parts(seconds, shards, JOB_MINUTES, size, DTYPE)
        each = n_gpus(model_memory(size, DTYPE, 64, MAX_TOKENS), GPU_MEMORY)
        jobs += BENCHMARKS * parts
        busy += BENCHMARKS * seconds * each
        engine += BENCHMARKS * parts * ENGINE * each
        read += BENCHMARKS * parts * weight_bytes(size, DTYPE)
        disk += BENCHMARKS * (CHAINS * (SENTENCES * STATE_BYTES * size.width + CHAIN_BYTES) + tokens * TOKEN_BYTES)
    files = len(MODELS) * BENCHMARKS * (4 * shards + 1)
    hour = 3600.0
    return Scale(
        gpus,
        jobs,
        busy / gpus / hour,
        engine / gpus / hour,
        read / FILE_SYSTEM / hour,
        disk / FILE_SYSTEM / hour,
        disk,
        files,
    )


def scale_table(root: Path, gpus: Sequence[int] = (8, 64)) -> str:
    """The table, as Markdown.

    Args:
        root: of the project.
        gpus: numbers of GPUs, a row each.
    """
    device = next(device for device in read_devices(root) if device.kind == "cuda")
    lines = [
        f"| {device.name}s | jobs | drawing, h | all, h | disk, GB | files | first bottleneck |",
        "|---|---|---|---|---|---|---|",
    ]
    for found in (scale_of(number, device) for number in gpus):
        lines.append(
            f"| {found.gpus} | {found.jobs} | {found.drawing:.1f} | {found.hours:.1f} | "
            f"{math.ceil(found.disk / 1e9)} | {found.files:,} | {found.bottleneck} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(scale_table(project_root()))
