"""What the training of an adapter is, as a value: two equal recipes stand for the same adapter."""

from dataclasses import dataclass, field
from typing import Any

from lmphys.core.paths import DEFAULT_MODEL
from lmphys.problems.chains import ErrorRates
from lmphys.problems.problem import DIFFICULTIES
from lmphys.training.recipe import Recipe


@dataclass(frozen=True)
class TrainingConfig(Recipe):
    """A low-rank adapter (LoRA) trained on chains of thought.

    Attributes:
        base: spec of the model that is adapted.
        rank: rank r of the change of each linear map.
        alpha: the change is multiplied by alpha / r.
        difficulties: numbers of steps of the problems.
        habits: how the chains go wrong.
    """

    base: str = DEFAULT_MODEL
    rank: int = 8
    alpha: int = 16
    difficulties: tuple[int, ...] = (2, 3, 4, 5, 7, 8)
    habits: ErrorRates = field(default_factory=ErrorRates)

    def check(self) -> None:
        """Raise LmphysError where the recipe asks for the impossible."""
        super().check()
        for name in ("rank", "alpha"):
            self._require(name, getattr(self, name) >= 1, "it must be 1 or more")
        known = bool(self.difficulties) and all(d in DIFFICULTIES for d in self.difficulties)
        self._require("difficulties", known, f"give some from {DIFFICULTIES[0]} to {DIFFICULTIES[-1]}")

    @classmethod
    def _parsed(cls, values: dict[str, Any]) -> dict[str, Any]:
        habits, difficulties = ErrorRates(**values["habits"]), tuple(values["difficulties"])
        return {**super()._parsed(values), "habits": habits, "difficulties": difficulties}


PROFILES = {
    "smoke": TrainingConfig(steps=10, batch_size=4, n_kept=2),
    # 5,760 examples of about 250 tokens: 80 minutes at 300 tokens/s
    "quick": TrainingConfig(),
    # 129,600 examples, 32 million tokens: six minutes on an H200; the adapter that is shipped
    "full": TrainingConfig(steps=1350, batch_size=96, learning_rate=1.5e-3),
}
