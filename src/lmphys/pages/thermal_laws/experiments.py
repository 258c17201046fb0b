"""What is done to the trunk: anneals of hot branches, sizes of batches, shapes of a decay, and a hotter plateau."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from lmphys.training.batches import Batch
from lmphys.training.thermal.branches import Branch, Trunk, branch, fixed_texts
from lmphys.training.thermal.plateau import PLATEAU, RATE
from lmphys.training.thermal.schedules import SHAPES, inverse, shaped
from lmphys.training.tiny.recipe import TinyRecipe

TRAINED, HELD_OUT = "text trained on", "topics held out"
HOT, ANNEALED, CONSTANT, DECAY, FELL, PLAIN = "hot", "annealed", "constant", "decay", "fell", "plateau"


@dataclass(frozen=True)
class Plan:
    """Sizes of the experiments.

    Attributes:
        recipe: of the trunk.
        rates: learning rates whose heat is measured.
        batch_sizes: documents an update, at the rate of the trunk.
        settle: updates at a new rate or size before anything is measured.
        anneal: updates of an anneal; in the experiment "clock", of one from the trunk's rate.
        decay: updates in which shapes of a decay are compared.
        plateau: updates of the plateaus that are compared.
        times: of the 1/t decays, updates.
        n_texts: fixed texts of each kind.
        every: updates between two readings of a curve.
    """

    recipe: TinyRecipe = PLATEAU
    rates: tuple[float, ...] = (0.75e-3, 1.5e-3, 3e-3, 4.5e-3)
    batch_sizes: tuple[int, ...] = (8, 16, 32, 64)
    settle: int = 160
    anneal: int = 60
    decay: int = 240
    plateau: int = 480
    times: tuple[int, ...] = (10, 20, 40, 80)
    n_texts: int = 256
    every: int = 60

    def texts(self) -> dict[str, list[Batch]]:
        """The fixed texts, by `TRAINED` and `HELD_OUT`."""
        return {
            name: fixed_texts(self.recipe, self.n_texts, split=split)
            for name, split in ((TRAINED, "train"), (HELD_OUT, "test"))
        }


class Piece(NamedTuple):
    """A branch and what it is.

    Attributes:
        setting: its learning rate, size of batches or shape, as text.
        part: of the experiment.
        branch: what came of it.
        batch_size: documents an update.
    """

    setting: str
    part: str
    branch: Branch
    batch_size: int


Texts = Mapping[str, Sequence[Batch]]


def anneals(trunk: Trunk, plan: Plan, texts: Texts) -> Iterator[Piece]:
    """At each rate: settle, then anneal in equal steps, and again in equal rate times steps; twins at constant rate.

    Last, the sudden fall from the trunk's rate to the lowest one; the twin that had the low rate all along is the
    constant one of the clock.
    """
    size, start = plan.recipe.batch_size, trunk.step + plan.settle
    lowest, ends = min(plan.rates), {}
    for rate in plan.rates:
        hot = branch(
            trunk, shaped("constant", rate, plan.settle), first_batch=trunk.step, every=plan.settle, texts=texts
        )
        ends[rate] = hot.end
        yield Piece(str(rate), HOT, hot, size)
        clock = round(plan.anneal * RATE / rate)
        for name, n in (("", plan.anneal), (" by the clock", clock)):
            if name and n == plan.anneal:
                continue  # it is the same
            for part, shape in ((ANNEALED, "linear"), (CONSTANT, "constant")):
                every = plan.every if (part, rate) == (CONSTANT, lowest) else n
                found = branch(hot.end, shaped(shape, rate, n), first_batch=start, every=every, texts=texts)
                yield Piece(str(rate), part + name, found, size)
    n = round(plan.anneal * RATE / lowest)
    low = shaped("constant", lowest, n)
    fell = branch(ends[RATE], low, first_batch=start, every=plan.every, texts=texts)
    yield Piece(str(RATE), FELL, fell, size)


def batches(trunk: Trunk, plan: Plan, texts: Texts) -> Iterator[Piece]:
    """At the trunk's rate with each size of batches: settle, anneal, and a twin at constant rate."""
    for size in plan.batch_sizes:
        go = partial(branch, texts=texts, batch_size=size)
        hot = go(trunk, shaped("constant", RATE, plan.settle), first_batch=trunk.step, every=plan.settle)
        yield Piece(str(size), HOT, hot, size)
        for part, shape in ((ANNEALED, "linear"), (CONSTANT, "constant")):
            rates = shaped(shape, RATE, plan.anneal)
            found = go(hot.end, rates, first_batch=trunk.step + plan.settle, every=plan.anneal)
            yield Piece(str(size), part, found, size)


def shapes(trunk: Trunk, plan: Plan, texts: Texts) -> Iterator[Piece]:
    """Decays from the trunk in equal steps on equal batches."""
    rates = {shape: shaped(shape, RATE, plan.decay) for shape in SHAPES}
    rates |= {f"1/(1 + t/{time})": inverse(RATE, plan.decay, time) for time in plan.times}
    for shape, some in rates.items():
        found = branch(trunk, some, first_batch=trunk.step, every=plan.every, texts=texts)
        yield Piece(shape, DECAY, found, plan.recipe.batch_size)


def plateaus(trunk: Trunk, plan: Plan, texts: Texts) -> Iterator[Piece]:
    """A plateau at the trunk's rate and one at twice the rate, and after each a linear decay in equal steps."""
    size = plan.recipe.batch_size
    for rate in (RATE, 2 * RATE):
        hot = branch(
            trunk, shaped("constant", rate, plan.plateau), first_batch=trunk.step, every=2 * plan.every, texts=texts
        )
        yield Piece(str(rate), PLAIN, hot, size)
        start = trunk.step + plan.plateau
        cooled = branch(hot.end, shaped("linear", rate, plan.decay), first_batch=start, every=plan.every, texts=texts)
        yield Piece(str(rate), DECAY, cooled, size)


EXPERIMENTS: dict[str, Callable[[Trunk, Plan, Texts], Iterator[Piece]]] = {
    "anneals": anneals,
    "shapes": shapes,
    "plateaus": plateaus,
    "batches": batches,
}
