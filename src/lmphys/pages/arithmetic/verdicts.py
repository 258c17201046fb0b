"""What the page has judged: the floor, whole solutions, the plan, and what the states know of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lmphys.book.ledger import Entry
from lmphys.pages.arithmetic.accuracy import Solved, constant, largest_change, right_solutions, share, unnecessary
from lmphys.pages.arithmetic.foresight import ENOUGH
from lmphys.pages.arithmetic.knowing import ASKED, COLON, Known
from lmphys.pages.arithmetic.regimes import SAME_PLACE, SAME_WORD, UNTRAINED
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pooled
from lmphys.training.solver.cells import Cell
from lmphys.training.solver.solutions import lacking_skill

# Right solutions from which on their steps are counted.
ENOUGH_RIGHT = 50


class Probing(NamedTuple):
    """What the states know, and the rivals that need no model.

    Attributes:
        needed: whether a quantity is needed.
        ready: whether it can be computed next.
        text: balanced accuracy of the words alone for the first, %.
        stated: of the rule that the formula of the query names it.
        last: of the rule that its own formula names the last quantity, for the second.
    """

    needed: Known
    ready: Known
    text: Interval
    stated: Interval
    last: Interval


def floor_entry(excess: Sequence[Interval], lacking: Mapping[str, Interval]) -> Entry:
    """Nats above the exact law.

    Args:
        excess: of each training.
        lacking: of whoever lacks one skill.
    """
    return Entry("arithmetic.floor.excess", pooled(excess), lacking, f"{len(excess)} trainings")


def solution_entries(found: Solved, cells: Sequence[Cell], *, seed: int = 0) -> list[Entry]:
    """Whole solutions by operations, and steps that were not needed."""
    of = {(cell.operations, cell.unseen): cell for cell in cells}
    n = f"{len(cells[0].problems)} problems a number of operations, {len(next(iter(found.values())))} trainings"
    inside = {"templates of training": (3, False), "new templates": (3, True)}
    longer = [cell for cell in cells if cell.operations >= 3]
    right = right_solutions(found, longer)
    unlearned = lacking_skill(found[3, False])
    own, control = unnecessary(found, longer, seed=seed)
    lacking = (
        "" if right >= ENOUGH_RIGHT else f"{right} right solutions of 3 to 5 operations; {ENOUGH_RIGHT} are needed"
    )
    return [
        Entry(
            "arithmetic.solutions.inside",
            {name: share(found[key], "right", seed=seed) for name, key in inside.items()},
            {"best constant answer": {name: constant(of[key], seed=seed) for name, key in inside.items()}},
            f"{n}; the constant is scored by its answers",
        ),
        Entry(
            "arithmetic.solutions.longer",
            share(found[4, True], "right", seed=seed),
            {"best constant answer": constant(of[4, True], seed=seed)},
            f"{n}; the constant is scored by its answers",
            unlearned,
        ),
        Entry("arithmetic.solutions.falls", largest_change(found, (3, 4, 5), seed=seed), {}, n, unlearned),
        Entry(
            "arithmetic.steps.unnecessary", own, {"every ready quantity": control}, f"{right} right solutions", lacking
        ),
    ]


def knowing_entries(probing: Probing, *, lacking: str, seed: int = 0) -> list[Entry]:
    """What probes of the last layer read; `lacking` as `lacking_skill` says."""
    needed, ready = probing.needed, probing.ready
    ways = (COLON, ASKED)
    majority = Interval(50.0, 50.0, 50.0)
    return [
        Entry(
            "arithmetic.necessary.known",
            {way: needed.accuracy(way, seed=seed) for way in ways},
            {
                "majority": majority,
                "random weights": {way: needed.random(way, seed=seed) for way in ways},
                "in the formula of the query": probing.stated,
                "text alone": probing.text,
            },
            f"{len(needed.truth)} names; the last layer, chosen beforehand",
            lacking,
        ),
        Entry("arithmetic.necessary.learned", {way: needed.gain(way, seed=seed) for way in ways}),
        Entry(
            "arithmetic.ready.known",
            ready.accuracy(ASKED, seed=seed),
            {
                "majority": majority,
                "random weights": ready.random(ASKED, seed=seed),
                "names the last quantity": probing.last,
            },
            f"{len(ready.truth)} names; the last layer, chosen beforehand",
            lacking,
        ),
    ]


def foreseen_entry(wrong: Interval, right: Interval, n: int, *, lacking: str) -> Entry:
    """Whether the probe says no at the first wrong name.

    Args:
        wrong: share of wrong names at which it does, %.
        right: of right names.
        n: wrong names.
        lacking: as `lacking_skill` says.
    """
    lacking = lacking or ("" if n >= ENOUGH else f"{n} wrong names; {ENOUGH} are needed")
    return Entry("arithmetic.wrong.foreseen", wrong, {"right names": right}, f"{n} wrong names", lacking)


def regime_entry(followed: Sequence[Mapping[str, Interval]], untrained: Interval) -> Entry:
    """Regimes against parts.

    Args:
        followed: of `Switching.followed`, one a training.
        untrained: the same information in the states of random weights.
    """
    over = {name: pooled([one[name] for one in followed]) for name in ("regimes", SAME_PLACE, SAME_WORD)}
    controls = {SAME_PLACE: over[SAME_PLACE], SAME_WORD: over[SAME_WORD], UNTRAINED: untrained}
    return Entry("arithmetic.regimes.phase", over["regimes"], controls, f"{len(followed)} trainings")
