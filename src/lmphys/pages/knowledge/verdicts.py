"""What the page has judged: extraction, readers, fresh words, remainders, inverse questions, and strangers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Number
from lmphys.pages.knowledge.models import FIVE, ONE
from lmphys.pages.knowledge.scores import MODULUS, Answered, formula, gain, over_trainings
from lmphys.pages.knowledge.shelf import AnswerShelf
from lmphys.stats.interval import Interval

ENOUGH_RECALL = 99.0  # %, of the values of a model's own texts
ENOUGH_TRAININGS = 3
ENOUGH_PEOPLE = 2000
ENOUGH_NAMES = 50.0  # %, of the people whose inverse questions were trained on

Values = Mapping[str, np.ndarray]  # kind of training to (trainings, people), %


@dataclass(frozen=True)
class Fair:
    """Whether models may be compared with those of the paper.

    Attributes:
        recall: kind of training to (trainings, people) share of the values of their own texts that they know, %.
        people: of each world.
    """

    recall: Values
    people: int

    def lacking(
        self, kinds: Sequence[str] = (ONE, FIVE), *, trainings: int = ENOUGH_TRAININGS, n: int | None = None
    ) -> str:
        """What models of some kinds lack, in words; empty where nothing is.

        Args:
            kinds: those that are compared.
            trainings: of each kind that are needed.
            n: trainings of each kind that there are; all whose recall is known by default.
        """
        n = min(len(self.recall[kind]) for kind in kinds) if n is None else n
        worst = min(float(self.recall[kind][:n].mean(axis=1).min()) for kind in kinds)
        found = []
        if self.people < ENOUGH_PEOPLE:
            found.append(f"{self.people:,} people, where {ENOUGH_PEOPLE:,} are needed")
        if worst < ENOUGH_RECALL:
            found.append(f"{worst:.1f} % of the values of their texts known, where {ENOUGH_RECALL:.0f} % are needed")
        if n < trainings:
            found.append(f"{_counted(n)} of each kind, where {trainings} are needed")
        return "; ".join(found)


def extraction_entries(shelf: AnswerShelf, fair: Fair, *, seed: int = 0) -> list[Entry]:
    """Are people better known by name where they had several texts? No row before both kinds were asked."""
    one, five = (Answered(shelf, name, "test") for name in ("ask-single", "ask-many"))
    if not set(one.seeds) & set(five.seeds):
        return []
    single, many = one.right(first=False), five.right(first=False)
    ours = gain(many, single, seed=seed)
    controls: dict[str, Number] = {
        "answers of other people": gain(five.of_others(), one.of_others(), seed=seed),
        "most frequent value": over_trainings(one.guess - single, bounds=(one.guess - 100, one.guess), seed=seed),
    }
    n = min(len(single), len(many))
    told = f"{single[:n].mean():.0f} % after one text, {many[:n].mean():.0f} % after five; {_counted(n)} of each kind"
    return [Entry("knowledge.extraction.gain", ours, controls, told, fair.lacking(n=n))]


def reading_entries(name: Values, late: Values, blank: Values, mixed: Values, fair: Fair) -> list[Entry]:
    """Where can a linear reader find what is known?

    Args:
        name: kind to (trainings, people) share, %, named from the end of the name.
        late: likewise, from the state before the value.
        blank: likewise, from the end of the name, with random weights, and with `late` as key before the value.
        mixed: likewise, from the end of the name by readers fitted on shuffled labels.
        fair: the models.
    """
    told = f"{_counted(len(name[ONE]))} of each kind"
    at_name = Entry(
        "knowledge.probe.name",
        gain(name[FIVE], name[ONE]),
        {"random weights": gain(blank[FIVE], blank[ONE]), "shuffled labels": gain(mixed[FIVE], mixed[ONE])},
        f"{name[ONE].mean():.0f} % after one text, {name[FIVE].mean():.0f} % after five; {told}",
        fair.lacking(),
    )
    before = Entry(
        "knowledge.probe.late",
        gain(late[ONE], name[ONE]),
        {"random weights": gain(blank["late"], blank[ONE])},
        f"{name[ONE].mean():.0f} % at the name, {late[ONE].mean():.0f} % before the value; {told}",
        fair.lacking((ONE,), trainings=1),
    )
    return [at_name, before]


def fresh_entry(fresh: Values, guess: float) -> Entry:
    """Is what was learned found in other words?

    Args:
        fresh: kind to (trainings, people) share of values known in fresh texts, %.
        guess: share of who always says the most frequent value, %.
    """
    ours = gain(fresh[FIVE], fresh[ONE])
    control = over_trainings(guess - fresh[ONE], bounds=(guess - 100, guess))
    told = f"{fresh[ONE].mean():.0f} % after one text, {fresh[FIVE].mean():.0f} % after five"
    n = len(fresh[ONE])
    needed = "" if n >= ENOUGH_TRAININGS else f"{_counted(n)} of each kind, where {ENOUGH_TRAININGS} are needed"
    return Entry("knowledge.fresh.gain", ours, {"most frequent value": control}, told, needed)


def remainder_entries(shelf: AnswerShelf, fair: Fair) -> list[Entry]:
    """Can a model reckon with what it knows before it says it? No row before it was asked both ways."""
    plain, stepped = Answered(shelf, "remainder", "test"), Answered(shelf, "remainder-steps", "test")
    if not set(plain.seeds) & set(stepped.seeds):
        return []
    n = min(len(plain.seeds), len(stepped.seeds))
    last = slice(-1, None)
    with_value, values = stepped.right(last)[:n], stepped.right(slice(0, 1))[:n]
    without = {
        "trained without": plain.right()[:n],
        "trained with, asked without": Answered(shelf, "remainder-steps", "test, at once").right(last)[:n],
    }
    ours = {name: gain(with_value, each) for name, each in without.items()}
    chance = 100 / MODULUS
    guessed = {name: over_trainings(chance - each, bounds=(chance - 100, chance)) for name, each in without.items()}
    told = (
        f"{with_value.mean():.0f} % with the value written out, of which {values.mean():.0f} % are right; {_counted(n)}"
    )
    own = Answered(shelf, "remainder", "train").right()[:n].mean()
    told += f"; trained without, {own:.0f} % of those asked about in training"
    needed = fair.lacking((FIVE,), trainings=1)
    return [
        Entry("knowledge.hint.gain", ours, {"chance": guessed}, told, needed),
        Entry(
            "knowledge.hint.without",
            {name: over_trainings(each, bounds=(0, 100)) for name, each in without.items()},
            {"chance": chance},
            told,
            needed,
        ),
        Entry("knowledge.hint.formula", gain(with_value, formula(values)), {}, told, needed),
    ]


def inverse_entries(shelf: AnswerShelf, fair: Fair) -> list[Entry]:
    """Is anybody found by what is known of him? No row before it was asked."""
    asked, others = Answered(shelf, "inverse", "train"), Answered(shelf, "inverse", "test")
    if not others.seeds:
        return []
    part = slice(0, 1)
    names, whole = asked.right(), others.right()
    needed = fair.lacking((FIVE,), trainings=1)
    if not needed and names.mean() < ENOUGH_NAMES:
        needed = f"{names.mean():.0f} % of those asked for in training are named, where {ENOUGH_NAMES:.0f} % are needed"
    ours = over_trainings(others.right(part), bounds=(0, 100))
    control = over_trainings(asked.right(part), bounds=(0, 100))
    told = f"whole names: {whole.mean():.1f} %, of those asked for in training {names.mean():.0f} %"
    return [Entry("knowledge.inverse.first", ours, {"people asked for in training": control}, told, needed)]


def stranger_entry(strangers: Interval, known: Interval) -> Entry:
    """Does the model know that it does not know? Temperatures of `recall.best_temperature`."""
    return Entry("knowledge.strangers.temperature", strangers, {"people of the training": known})


def _counted(n: int) -> str:
    return f"{n} training{'s' if n != 1 else ''}"
