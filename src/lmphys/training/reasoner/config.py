"""What a training is, as a value: two equal recipes stand for the same adapter."""

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

from lmphys.core.errors import LmphysError
from lmphys.core.paths import DEFAULT_MODEL
from lmphys.problems.chains import ErrorRates
from lmphys.problems.problem import DIFFICULTIES

# float16 is missing: its small gradients would need a scale of their own.
DTYPES = ("auto", "float32", "bfloat16")
_LAST_SHARE = 0.1  # of the learning rate, at the last step


@dataclass(frozen=True)
class TrainingConfig:
    """A low-rank adapter (LoRA) trained on chains of thought.

    Attributes:
        base: spec of the model that is adapted.
        rank: rank r of the change of each linear map.
        alpha: the change is multiplied by alpha / r.
        learning_rate: of AdamW, after the warm-up.
        warmup: share of the steps over which the learning rate rises linearly from 0.
        steps: number of updates.
        batch_size: examples an update.
        weight_decay: of AdamW.
        clip: largest norm of the gradient.
        n_kept: number of steps whose adapters are kept, see `kept_steps`.
        difficulties: numbers of steps of the problems.
        habits: how the chains go wrong.
        seed: of the examples, their order and the first adapter.
        dtype: of the frozen weights and the products; the adapter itself is trained in float32. `auto` is what the
            device stands for: bfloat16 on a GPU, float32 on a CPU.
    """

    base: str = DEFAULT_MODEL
    rank: int = 8
    alpha: int = 16
    learning_rate: float = 1e-3
    warmup: float = 0.05
    steps: int = 360
    batch_size: int = 16
    weight_decay: float = 0.0
    clip: float = 1.0
    n_kept: int = 5
    difficulties: tuple[int, ...] = (2, 3, 4, 5, 7, 8)
    habits: ErrorRates = field(default_factory=ErrorRates)
    seed: int = 0
    dtype: str = "auto"

    def check(self) -> None:
        """Raise LmphysError where the recipe asks for the impossible."""
        for name in ("rank", "alpha", "steps", "batch_size", "n_kept"):
            if getattr(self, name) < 1:
                raise LmphysError(f"{name} of a training is {getattr(self, name)}; it must be 1 or more")
        for name in ("learning_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise LmphysError(f"{name} of a training is {getattr(self, name)}; it must be above 0")
        if not 0 <= self.weight_decay < math.inf:
            raise LmphysError(f"weight_decay of a training is {self.weight_decay}; it must be 0 or more")
        if not 0 <= self.warmup < 1:
            raise LmphysError(f"warmup of a training is {self.warmup}; it is a share of the steps, from 0 to below 1")
        if self.seed < 0:
            raise LmphysError(f"seed of a training is {self.seed}; it must be 0 or more")
        outside = [d for d in self.difficulties if d not in DIFFICULTIES]
        if outside or not self.difficulties:
            raise LmphysError(
                f"difficulties of a training are {list(self.difficulties)}; give some from {DIFFICULTIES[0]} to "
                f"{DIFFICULTIES[-1]}"
            )
        if self.dtype not in DTYPES:
            raise LmphysError(f"dtype of a training is {self.dtype!r}; use {', '.join(DTYPES)}")

    def rate_at(self, step: int) -> float:
        """Learning rate of update `step` (from 0): a linear rise, then half a cosine down to a tenth."""
        rising = math.ceil(self.warmup * self.steps)
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        share = (step - rising) / max(1, self.steps - 1 - rising)
        return self.learning_rate * (_LAST_SHARE + (1 - _LAST_SHARE) * (1 + math.cos(math.pi * share)) / 2)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainingConfig":
        """Inverse of `to_json`.

        Raises:
            LmphysError: the values are no recipe of this version.
        """
        try:
            habits, difficulties = ErrorRates(**values["habits"]), tuple(values["difficulties"])
            return cls(**{**values, "habits": habits, "difficulties": difficulties})
        except (TypeError, KeyError) as error:
            raise LmphysError(f"not the recipe of a training ({error}); train anew: lmphys train reasoner") from error


PROFILES = {
    "smoke": TrainingConfig(steps=10, batch_size=4, n_kept=2),
    # 5,760 examples of about 250 tokens: 80 minutes at 300 tokens/s
    "quick": TrainingConfig(),
    # 129,600 examples, 32 million tokens: six minutes on an H200; the adapter that is shipped
    "full": TrainingConfig(steps=1350, batch_size=96, learning_rate=1.5e-3),
}


def kept_steps(steps: int, n_kept: int) -> tuple[int, ...]:
    """Numbers of updates after which the adapter is kept: evenly spaced in the logarithm, the last one is `steps`.

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
