"""A piece of the record that the page does anew: one anneal with its twin, from the shipped trunk."""

from dataclasses import dataclass, replace

import numpy as np

from lmphys.pages.thermal_laws.experiments import TRAINED, Plan
from lmphys.training.thermal.branches import Branch, Trunk, branch
from lmphys.training.thermal.log import TrainingLog
from lmphys.training.thermal.plateau import RATE
from lmphys.training.thermal.schedules import shaped


@dataclass(frozen=True)
class Live:
    """An anneal, what came before it, and its twin at constant rate.

    Attributes:
        hot: the trunk going on at its rate.
        annealed: from there down to 0.
        twin: from there at constant rate, on the same batches.
    """

    hot: Branch
    annealed: Branch
    twin: Branch

    @property
    def drop(self) -> np.ndarray:
        """(N,) what the anneal took away from the loss of each text, nats a character."""
        return self.twin.losses[TRAINED][-1] - self.annealed.losses[TRAINED][-1]

    @property
    def bound(self) -> float:
        """(eta / 4) sum sqrt(v) when the anneal begins, nats."""
        return RATE / 4 * self.hot.end.root_v

    def log(self) -> TrainingLog:
        """What a training of the hot part and the anneal would have written: the loss of each batch."""
        loss, rate = (
            np.concatenate([getattr(part, name) for part in (self.hot, self.annealed)])
            for name in ("training", "rates")
        )
        return TrainingLog(np.arange(1.0, len(loss) + 1), loss, rate)


def anneal(trunk: Trunk, plan: Plan) -> Live:
    """Go on with the trunk as the record did at the trunk's rate.

    Args:
        trunk: of seed 0.
        plan: of the experiments; its number of texts, settling and annealing updates are used.
    """
    texts = replace(plan, recipe=trunk.recipe).texts()
    hot = branch(trunk, shaped("constant", RATE, plan.settle), first_batch=trunk.step, every=plan.settle, texts=texts)
    start = trunk.step + plan.settle
    annealed, twin = (
        branch(hot.end, shaped(shape, RATE, plan.anneal), first_batch=start, every=plan.every, texts=texts)
        for shape in ("linear", "constant")
    )
    return Live(hot, annealed, twin)
