"""Everything that is asked of the models that learned biographies, before they are taught to answer questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lmphys.pages.knowledge import reading
from lmphys.pages.knowledge.models import FIVE, ONE, Knower
from lmphys.pages.knowledge.recall import by_person, heated, recalled, strangers, texts_of
from lmphys.problems.people.biographies import Biographies
from lmphys.problems.people.world import World

Values = dict[str, np.ndarray]  # kind of training to (trainings, people), %


@dataclass(frozen=True)
class Survey:
    """What models of each kind know.

    Attributes:
        worlds: of the trainings, in the order of their seeds.
        recall: share of the values of their own texts.
        fresh: share of the values in fresh texts in random order, first sentences left out.
        named: kind to what a linear reader names, a table a training.
        blank: what it names with random weights, from the name, and as "late" from before the values of one text.
        mixed: what it names from the name, fitted on shuffled labels.
        known: (people, temperatures) nats a value in fresh texts, models of five texts, people of the training.
        strangers: likewise, of people that they never met.
    """

    worlds: list[World]
    recall: Values
    fresh: Values
    named: dict[str, list[reading.Named]]
    blank: Values
    mixed: Values
    known: np.ndarray
    strangers: np.ndarray

    @property
    def at_name(self) -> Values:
        """Share that is named from the end of the name."""
        return {kind: np.stack([reading.at_name(one) for one in each]) for kind, each in self.named.items()}

    @property
    def before_value(self) -> Values:
        """Share that is named from the state before the value."""
        return {kind: np.stack([reading.before_value(one) for one in each]) for kind, each in self.named.items()}

    @property
    def guess(self) -> float:
        """Share, %, of who always says the most frequent value of an attribute but the first."""
        tops = [
            np.bincount(labels).max() / len(labels)
            for world in self.worlds
            for labels in reading.labels_of(world).values()
        ]
        return float(100 * np.mean(tops))


def survey(models: Mapping[str, Sequence[Knower]], n_people: int, block: int, *, seed: int = 0) -> Survey:
    """Ask all models.

    Args:
        models: of `models.knowers`.
        n_people: whose texts are gone through, and as many strangers; linear readers need everybody.
        block: after which states are read, from 1.
        seed: of the choice of people and of shuffled labels.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, list]] = {what: {} for what in ("recall", "fresh", "named", "blank", "mixed")}

    def add(what: str, kind: str, value: object) -> None:
        found[what].setdefault(kind, []).append(value)

    for kind, each in models.items():
        for knower in each:
            world, everybody = knower.world, np.arange(knower.world.n_people)
            some = np.sort(rng.permutation(everybody)[:n_people])
            own = recalled(knower.model, texts_of(knower.texts, some))
            add("recall", kind, 100 * own.groupby("person")["right"].mean().to_numpy())
            fresh = recalled(knower.model, texts_of(knower.fresh(permuted=True), some))
            add("fresh", kind, by_person(fresh, world.n_people)[some])
            # What is read stands in the order of a plain biography: of one text, that is the model's own.
            texts = texts_of(knower.texts if kind == ONE else knower.fresh(permuted=False), everybody)
            x = reading.states(knower.model, texts, block)
            add("named", kind, reading.named(x, world))
            at_name = {reading.NAME: x[reading.NAME]}
            add("mixed", kind, reading.at_name(reading.named(at_name, world, rng)))
            random = reading.named(reading.states(knower.blank, texts, block, name_alone=kind != ONE), world)
            add("blank", kind, reading.at_name(random))
            if kind == ONE:
                add("blank", "late", reading.before_value(random))
    nats = [_nats(knower, n_people) for knower in models[FIVE]]
    values = {what: {kind: np.stack(each) for kind, each in found[what].items()} for what in found if what != "named"}
    return Survey(
        worlds=[knower.world for knower in models[ONE]],
        recall=values["recall"],
        fresh=values["fresh"],
        named=found["named"],
        blank=values["blank"],
        mixed=values["mixed"],
        known=np.concatenate([known for known, _ in nats]),
        strangers=np.concatenate([new for _, new in nats]),
    )


def _nats(knower: Knower, n_people: int) -> tuple[np.ndarray, np.ndarray]:
    """Nats of the values of people of the training, and of strangers, in texts by one law."""
    known = texts_of(knower.fresh(permuted=False), np.arange(knower.world.n_people)[:n_people])
    other, people = strangers(knower.world, n_people)
    new = texts_of(Biographies(other, "test"), people)
    return heated(knower.model, known), heated(knower.model, new)
