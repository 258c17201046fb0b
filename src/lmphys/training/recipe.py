"""What every training says of itself, as a value: two equal recipes give the same weights."""

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from lmphys.core.errors import LmphysError

# float16 is missing: its small gradients would need a scale of their own.
DTYPES = ("auto", "float32", "bfloat16")

# From the share of the steps after the warm-up (0 to 1) and the share of the final fall to a height from 1 down to 0.
SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "constant": lambda share, decay: 1.0,
    "cosine": lambda share, decay: (1 + math.cos(math.pi * share)) / 2,
    "wsd": lambda share, decay: min(1.0, (1 - share) / decay),
}


@dataclass(frozen=True)
class Recipe:
    """How weights are trained, whatever they are.

    Attributes:
        learning_rate: of AdamW, after the warm-up.
        schedule: what becomes of it: "constant"; "cosine", half a wave down; or "wsd", constant and then a straight
            fall ("warm-up, stable, decay").
        warmup: share of the steps over which the learning rate rises linearly from 0.
        decay: share of the steps after the warm-up over which "wsd" falls; 1 is a straight fall from the beginning.
        floor: share of the learning rate at the last step, of "cosine" and "wsd".
        betas: of AdamW, the memory of the gradient and of its square.
        weight_decay: of AdamW, on matrices: norms and other vectors are left alone.
        steps: number of updates.
        batch_size: examples an update.
        clip: largest norm of the gradient.
        n_kept: number of steps whose weights are kept, see `kept_steps`.
        seed: of the examples, their order and the first weights.
        dtype: of the products; what is trained is kept in float32. `auto` is what the device stands for: bfloat16 on a
            GPU, float32 on a CPU.
    """

    learning_rate: float = 1e-3
    schedule: str = "cosine"
    warmup: float = 0.05
    decay: float = 0.2
    floor: float = 0.1
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    steps: int = 360
    batch_size: int = 16
    clip: float = 1.0
    n_kept: int = 5
    seed: int = 0
    dtype: str = "auto"

    def check(self) -> None:
        """Raise LmphysError where the recipe asks for the impossible."""
        for name in ("steps", "batch_size", "n_kept"):
            self._require(name, getattr(self, name) >= 1, "it must be 1 or more")
        for name in ("learning_rate", "clip"):
            self._require(name, 0 < getattr(self, name) < math.inf, "it must be above 0")
        self._require("weight_decay", 0 <= self.weight_decay < math.inf, "it must be 0 or more")
        self._require("schedule", self.schedule in SCHEDULES, f"use {', '.join(SCHEDULES)}")
        self._require("warmup", 0 <= self.warmup < 1, "it is a share of the steps, from 0 to below 1")
        self._require("decay", 0 < self.decay <= 1, "it is a share of the steps, from above 0 to 1")
        self._require("floor", 0 <= self.floor <= 1, "it is a share of the learning rate, from 0 to 1")
        self._require("betas", all(0 <= beta < 1 for beta in self.betas), "each is from 0 to below 1")
        self._require("seed", self.seed >= 0, "it must be 0 or more")
        self._require("dtype", self.dtype in DTYPES, f"use {', '.join(DTYPES)}")

    def _require(self, name: str, kept: bool, wanted: str) -> None:
        if not kept:
            raise LmphysError(f"{name} of a training is {getattr(self, name)!r}; {wanted}")

    def rate_at(self, step: int) -> float:
        """Learning rate of update `step` (from 0): a linear rise, then the schedule down to the floor."""
        rising = math.ceil(self.warmup * self.steps)
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        share = (step - rising) / max(1, self.steps - 1 - rising)
        height = SCHEDULES[self.schedule](share, self.decay)
        return self.learning_rate * (self.floor + (1 - self.floor) * height)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`; what an older recipe does not say is as it was then, the default.

        Raises:
            LmphysError: the values are no recipe of this version.
        """
        try:
            return cls(**cls._parsed(values))
        except (TypeError, KeyError, ValueError) as error:
            raise LmphysError(f"not the recipe of a training ({error}); train anew: lmphys train") from error

    @classmethod
    def _parsed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """What JSON has no type for, put back; a kind of recipe adds its own."""
        return {**values, **({"betas": tuple(values["betas"])} if "betas" in values else {})}


def kept_steps(steps: int, n_kept: int) -> tuple[int, ...]:
    """Numbers of updates after which the weights are kept: evenly spaced in the logarithm, the last one is `steps`.

    The first is a five-hundredth of the training. A training with fewer than `n_kept` steps keeps all of them.
    """
    n = min(n_kept, steps)
    first = max(1, steps // 500)
    kept: list[int] = []
    for i in range(n):
        wanted = round(first * (steps / first) ** (i / (n - 1))) if n > 1 else steps
        # Neighbours that round to one number are moved apart, and leave room for those that follow.
        kept.append(min(max(wanted, kept[-1] + 1 if kept else 1), steps - (n - 1 - i)))
    return tuple(kept)
