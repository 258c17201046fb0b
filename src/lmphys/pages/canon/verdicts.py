"""What the page has judged: copying, walking along a cycle, guessing, and regimes."""

from collections.abc import Mapping, Sequence

import numpy as np

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Number
from lmphys.pages.canon import laws
from lmphys.pages.canon.comparisons import constant_less, depths, gain, over_trainings, visible
from lmphys.pages.canon.regimes import Found
from lmphys.pages.canon.strings import largest_between
from lmphys.stats.interval import Interval

ENOUGH_UPDATES = 2000  # of a training on lists to copy
ENOUGH_TRAININGS = 3  # of which two decide
PLAIN, CANON, TWO = "one layer", "one layer, Canon", "two layers"
NONE, NONE_CANON, ROTARY, ROTARY_CANON = "none", "none, Canon", "rotary", "rotary, Canon"
AC, RANDOM, RANDOM_CANON = "none, Canon A and C", "random weights", "random weights, Canon"

Scores = Mapping[str, np.ndarray]  # kind of transformer to (trainings, documents), %


def copying_entries(scores: Mapping[str, Scores], lengths: Mapping[str, np.ndarray], updates: int) -> list[Entry]:
    """Does a Canon layer copy where one layer of attention cannot, and as well as a second one?

    Args:
        scores: kind of lists to `Scores`.
        lengths: kind of lists to the number of words of each document.
        updates: fewest of any training.
    """
    lacking = "" if updates >= ENOUGH_UPDATES else f"{updates:,} updates, where {ENOUGH_UPDATES:,} are needed"
    gains = {kind: gain(found[CANON], found[PLAIN]) for kind, found in scores.items()}
    guesses = {
        "a listed word at random": laws.listed_at_random,
        "a listed word not yet copied": laws.listed_not_yet_copied,
    }
    controls = {
        name: {kind: constant_less(guess(lengths[kind]), found[PLAIN]) for kind, found in scores.items()}
        for name, guess in guesses.items()
    }
    less = {kind: gain(found[CANON], found[TWO]) for kind, found in scores.items()}
    plain = {"one layer without Canon": {kind: gain(found[PLAIN], found[TWO]) for kind, found in scores.items()}}
    return [
        Entry("canon.copying.gain", gains, controls, _power(gains), lacking),
        Entry("canon.copying.replaces", less, plain, _power(less), lacking),
    ]


def walking_entries(scores: Mapping[int, Scores], n_vertices: int) -> list[Entry]:
    """How many steps can be walked, with and without positions and Canon layers?

    Args:
        scores: number of steps to `Scores`, on cycles of the largest size.
        n_vertices: of these cycles.
    """
    guess = laws.even_guess(n_vertices)
    found: list[Entry] = []
    for name, hops in (("one", 1), ("two", 2)):
        some = scores[hops]
        controls = {
            "even guess": constant_less(guess, some[NONE]),
            "random weights": gain(some[RANDOM_CANON], some[RANDOM]),
        }
        ours = gain(some[NONE_CANON], some[NONE])
        lacking = _unlearned(some, (NONE, NONE_CANON), guess) if hops > 1 else ""
        found.append(Entry(f"canon.hops.{name}", ours, controls, visible(ours), lacking))
    plain, canon = (depths({hops: some[kind] for hops, some in scores.items()}) for kind in (ROTARY, ROTARY_CANON))
    n = min(len(plain), len(canon))
    plain, canon = plain[:n], canon[:n]
    told = f"{n} trainings; steps walked without: {_listed(plain)}, with: {_listed(canon)}"
    smaller = {"strictly smaller with Canon layers": float(np.mean(canon < plain))}
    lacking = f"number of trainings: {n}, where {ENOUGH_TRAININGS} are needed" if n < ENOUGH_TRAININGS else ""
    lacking = lacking or _unlearned(scores[1], (ROTARY, ROTARY_CANON), guess)
    found.append(Entry("canon.hops.depth", float(np.mean(canon > plain)), smaller, told, lacking))
    # A model that walks not even one step counts as one that walks one, which makes the ratio no larger.
    ratio = float(np.mean(canon) / max(1.0, np.mean(plain)))
    found.append(Entry("canon.hops.twice", ratio, {}, told))
    ac = gain(scores[1][AC], scores[1][NONE])
    found.append(Entry("canon.hops.ac", ac, {"even guess": constant_less(guess, scores[1][NONE])}, visible(ac)))
    return found


def guessing_entries(modulus: int = 23) -> list[Entry]:
    """The best constant answer to expressions of 10, 13 and 16 operations."""
    even = {"even guess": 100 / modulus}
    return [Entry(f"canon.constant.l{n}", laws.constant_guess(n, modulus), even) for n in (10, 13, 16)]


def grammar_entry(excesses: Mapping[str, np.ndarray]) -> Entry:
    """What Canon layers are worth on strings, beside what another training is worth; argument of `strings.excess`."""
    plain, canon = excesses[NONE], excesses[NONE_CANON]
    n = min(len(plain), len(canon))
    ours = over_trainings(canon[:n] - plain[:n])
    return Entry(
        "canon.grammar.rescue", ours, {"another training": over_trainings(largest_between(plain))}, visible(ours)
    )


def regime_entry(found: Mapping[int, Mapping[str, Found]]) -> Entry:
    """Do regimes follow the parts of the names, beyond their places and beyond random weights?

    Args:
        found: number of directions to what was found with trained and with random weights.
    """
    ours: dict[str, Number] = {}
    place: dict[str, Number] = {}
    random: dict[str, Number] = {}
    told = []
    for rank, each in found.items():
        name, row = f"{rank} directions", each["trained"].table.loc["part"]
        ours[name] = Interval.of_row(row, "nmi")
        place[name] = Interval(row["place"], row["place_low"], row["place_high"])
        random[name] = Interval.of_row(each["random weights"].table.loc["part"], "nmi")
        added = each["trained"].gain
        told.append(f"{name}: the regimes add {added.value:.2g} [{added.low:.2g}, {added.high:.2g}] to R²")
    return Entry(
        "canon.regimes.role", ours, {"place in the document": place, "random weights": random}, "; ".join(told)
    )


def _unlearned(scores: Scores, kinds: Sequence[str], guess: float) -> str:
    """That no kind beats an even guess, in words; empty where one does. A race that no one ends has no winner."""
    if any(over_trainings(scores[kind]).low > guess for kind in kinds):
        return ""
    best = max(float(scores[kind].mean()) for kind in kinds)
    return f"{best:.0f} % at best, where an even guess has {guess:.0f} %: neither has learned it in so many updates"


def _listed(values: np.ndarray) -> str:
    return ", ".join(str(int(value)) for value in values)


def _power(found: Mapping[str, Interval]) -> str:
    return "; ".join(f"{kind}: {visible(one)}" for kind, one in found.items())
