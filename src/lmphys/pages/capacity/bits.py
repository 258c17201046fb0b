"""Bits that a model has learned of a world of records: what it is asked, and how the answers are counted."""

from dataclasses import replace
from functools import lru_cache
from math import log
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from lmphys.lm.model import LanguageModel
from lmphys.problems.people.records import Records
from lmphys.training.batches import Batch
from lmphys.training.documents import packed
from lmphys.training.loss import surprisals

_OTHERS = 1_000_003  # added to a world's seed: people whom no training of it has met


class Learned(NamedTuple):
    """Bits learned, by what they are of; negative where a model does worse than an even guess.

    Attributes:
        names: which of the possible names there are.
        values: who has which value.
        chunks: which strings values are made of, where not all are.
    """

    names: float
    values: float
    chunks: float

    @property
    def total(self) -> float:
        """Bits learned in all."""
        return self.names + self.values + self.chunks


def record_losses(model: LanguageModel, world: Records) -> np.ndarray:
    """(people, targets of a record) nats of each target, everybody asked once."""
    with torch.no_grad():
        nats = surprisals(model, _everybody(world))
    return nats.double().cpu().numpy().reshape(world.n_people, -1)


@lru_cache(maxsize=4)
def _everybody(world: Records) -> Batch:
    """All records, each in a row of its own, which keeps them in their order."""
    records = [world.record(person) for person in range(world.n_people)]
    return packed(records, len(records[0].tokens))


def learned(model: LanguageModel, world: Records) -> Learned:
    """Bits that a model has learned of the people of a world.

    All of them are asked, so that the number is that of this world, without an error of sampling.
    """
    return learned_of_losses(record_losses(model, world), world)


def learned_of_losses(nats: np.ndarray, world: Records) -> Learned:
    """The same from the losses of `record_losses`."""
    name, values, chunks = world.losses(nats)
    capacity = world.capacity
    of_names = world.n_people * (log(capacity.n_names) - name) / log(2)
    even = sum(map(log, capacity.n_values))
    of_values = world.n_people * (even - float(np.sum(values))) / log(2)
    total = capacity.learned(name, values, chunks[: len(capacity.n_chunks)])
    return Learned(of_names, of_values, total - of_names - of_values)


def strangers(world: Records) -> Records:
    """A world by the same law with other people: what a model says of them it cannot have learned of anybody."""
    return replace(world, seed=world.seed + _OTHERS)


def limits(world: Records, n_parameters: int) -> pd.DataFrame:
    """Bits learned by who needs no training: from losses that are known beforehand.

    Returns:
        Rows `even guess`, `names known`, `values known` and `all known`; columns `names`, `values` and `R`, all in bits
        a parameter.
    """
    per_name, value_tokens = world.name_length, world.n_attributes * world.n_chunks * world.chunk_length
    guessed = log(world.n_tokens), log(world.n_values) / world.chunk_length
    # Who knows all names still does not know whose turn it is.
    known = log(world.n_people) / per_name, 0.0
    rows = {}
    for who, name, value in (
        ("even guess", guessed[0], guessed[1]),
        ("names known", known[0], guessed[1]),
        ("values known", guessed[0], known[1]),
        ("all known", known[0], known[1]),
    ):
        nats = np.array([[name] * per_name + [value] * value_tokens + [0.0]])
        bits = learned_of_losses(nats, world)
        rows[who] = {"names": bits.names, "values": bits.values, "R": bits.total}
    return pd.DataFrame.from_dict(rows, orient="index") / n_parameters
