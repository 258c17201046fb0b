"""A language model that is quenched: plateaus of several learning rates, then one low rate for all."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lmphys.core.boundaries import given
from lmphys.core.files import write_atomically
from lmphys.training.thermal.branches import Branch, Trunk, branch, fixed_texts, grow
from lmphys.training.tiny.recipe import Shape, TinyRecipe

TOKENS, INTEGRAL, TWIN = "equal tokens", "equal integral", "not quenched"
HELD_OUT, SEEN = "held out", "seen topics"
RECIPE = TinyRecipe(
    title="characters of prose at a constant rate: plateaus branch off and are quenched",
    world="prose",
    options={"length": 64},
    shape=Shape(layers=2, width=32, heads=2),
    context=65,
    batch_size=8,
    steps=600,
    learning_rate=1.5e-3,
    schedule="constant",
    betas=(0.9, 0.99),
    clip=10.0,  # clipped gradients would be another noise; none is that large here
    weight_decay=0.0,
    n_kept=1,
)


@dataclass(frozen=True)
class Plan:
    """What is done to one trunk.

    Attributes:
        recipe: of the trunk.
        rates: learning rates of the plateaus, from cold to hot.
        plateau: updates of each plateau where tokens are equal.
        integral: sum of the learning rates of each plateau where that is equal.
        final: learning rate of the quench.
        quench: updates of it.
        every: updates between two readings of the fixed texts.
        n_texts: fixed texts of each kind.
    """

    recipe: TinyRecipe = field(default_factory=lambda: RECIPE)
    rates: tuple[float, ...] = (0.75e-3, 1.5e-3, 3e-3, 6e-3)
    plateau: int = 400
    integral: float = 0.6
    final: float = 0.3e-3
    quench: int = 150
    every: int = 15
    n_texts: int = 64

    def updates(self, kind: str, rate: float) -> int:
        """Updates of a plateau."""
        return round(self.integral / rate) if kind == INTEGRAL else self.plateau

    @property
    def quenched_on(self) -> int:
        """Number of the first batch of every quench: one that no plateau has met."""
        longest = max(self.updates(kind, rate) for kind in (TOKENS, INTEGRAL) for rate in self.rates)
        return self.recipe.steps + longest


@dataclass(frozen=True, eq=False)
class Quenches:
    """What one trunk became.

    Attributes:
        seed: of first weights and documents.
        rates: (R,) of the plateaus.
        steps: (E,) updates since the plateau ended, 0 first.
        losses: by kind of branch and of texts, (R, E, N) nats a character of each fixed text.
        updates: by kind of branch, (R,) updates of the plateau.
    """

    seed: int
    rates: np.ndarray
    steps: np.ndarray
    losses: Mapping[tuple[str, str], np.ndarray]
    updates: Mapping[str, np.ndarray]

    def write(self, file: Path) -> None:
        """Keep all numbers in one file, losses to six digits."""
        arrays: dict[str, Any] = {
            f"loss/{kind}/{texts}": x.astype(np.float32) for (kind, texts), x in self.losses.items()
        }
        arrays |= {f"updates/{kind}": x for kind, x in self.updates.items()}
        held = io.BytesIO()
        np.savez_compressed(held, seed=self.seed, rates=self.rates, steps=self.steps, **arrays)
        write_atomically(file, held.getvalue())

    @classmethod
    def read(cls, file: Path) -> "Quenches":
        """What `write` kept.

        Raises:
            LmphysError: the file is missing or damaged.
        """
        with given(file, "restore it: git checkout data", "is damaged"), np.load(file) as stored:
            names = [name.split("/") for name in stored.files]
            return cls(
                int(stored["seed"]),
                stored["rates"],
                stored["steps"],
                {(name[1], name[2]): stored["/".join(name)] for name in names if name[0] == "loss"},
                {name[1]: stored["/".join(name)] for name in names if name[0] == "updates"},
            )


def quench_all(seed: int, plan: Plan) -> tuple[Quenches, Trunk]:
    """Train a trunk, let it go on at each rate, and quench each plateau.

    All plateaus meet the same documents in the same order, and so do all quenches; a plateau that is not quenched goes
    on at its own rate with the documents of the quench.

    Args:
        seed: of first weights and documents.
        plan: what to do.

    Returns:
        The losses; and the training at the end of the quench from the second rate at equal tokens, a cold one.

    Raises:
        LmphysError: a loss is not finite.
    """
    recipe = replace(plan.recipe, seed=seed)
    trunk = grow(recipe)
    texts = {HELD_OUT: fixed_texts(recipe, plan.n_texts, split="test"), SEEN: fixed_texts(recipe, plan.n_texts)}
    found: dict[tuple[str, float], Branch] = {}
    for rate in plan.rates:
        at, done = trunk, 0
        for n in sorted({plan.updates(kind, rate) for kind in (TOKENS, INTEGRAL)}):
            first = recipe.steps + done
            at = branch(at, [rate] * (n - done), first_batch=first, every=n - done, texts={}).end
            done = n
            rates = {kind: plan.final for kind in (TOKENS, INTEGRAL) if plan.updates(kind, rate) == n}
            rates |= {TWIN: rate} if n == plan.plateau else {}
            for kind, low in rates.items():
                twice = found.get((TOKENS, rate)) if kind == INTEGRAL and n == plan.plateau else None
                found[kind, rate] = twice or branch(
                    at, [low] * plan.quench, first_batch=plan.quenched_on, every=plan.every, texts=texts
                )
    kinds = (TOKENS, INTEGRAL, TWIN)
    losses = {
        (kind, name): np.stack([found[kind, rate].losses[name] for rate in plan.rates])
        for kind in kinds
        for name in texts
    }
    updates = {kind: np.array([plan.updates(kind, rate) for rate in plan.rates]) for kind in kinds}
    steps = found[TOKENS, plan.rates[0]].steps
    end = found[TOKENS, plan.rates[1]].end
    return Quenches(seed, np.array(plan.rates), steps, losses, updates), end
