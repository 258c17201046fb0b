"""What a transformer says at the places of values: in the texts it learned, in fresh ones, and of strangers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from lmphys.lm.model import LanguageModel
from lmphys.problems.people.biographies import Biographies, Biography
from lmphys.problems.people.world import World
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval

_AT_ONCE = 256
_OTHERS = 1_000_003  # added to a world's seed: people whom no training of it has met
# Attributes of one word that no other one determines: of strangers, their exact law is even.
EVEN = ("origin", "school", "subject", "employer")
TEMPERATURES = np.geomspace(0.25, 16, 97)


def batches(texts: Sequence[Biography]) -> list[tuple[Sequence[Biography], torch.Tensor]]:
    """Texts side by side, padded on the right, where a causal model does not look."""
    found = []
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        ids = np.zeros((len(some), max(len(text.tokens) for text in some)), dtype=np.int64)
        for row, text in enumerate(some):
            ids[row, : len(text.tokens)] = text.tokens
        found.append((some, torch.from_numpy(ids)))
    return found


def texts_of(source: Biographies, people: Sequence[int] | np.ndarray) -> list[Biography]:
    """A text about each person; of several, one after the other has its turn."""
    return [source.biography(int(person), int(person) % source.rewritings) for person in people]


@torch.inference_mode()
def recalled(model: LanguageModel, texts: Sequence[Biography]) -> pd.DataFrame:
    """Whether each value is the likeliest, word by word, after the text before it.

    Args:
        model: a tiny transformer of biographies.
        texts: about people of its world.

    Returns:
        A row a value: `person`, `attribute`, `place` of its sentence from 0, `right`.
    """
    rows = []
    for some, ids in batches(texts):
        best = model.model(input_ids=ids, use_cache=False).logits.argmax(-1).numpy()
        for row, text in enumerate(some):
            for place, (attribute, at) in enumerate(text.values.items()):
                same = best[row, at.start - 1 : at.stop - 1] == text.tokens[at]
                rows.append((text.person, attribute, place, bool(same.all())))
    return pd.DataFrame(rows, columns=["person", "attribute", "place", "right"])


def by_person(table: pd.DataFrame, n_people: int) -> np.ndarray:
    """(people,) share of the values right, %, in sentences but the first; argument as `recalled` returns."""
    later = table[table["place"] > 0]
    return 100 * later.groupby("person")["right"].mean().reindex(range(n_people)).to_numpy()


def strangers(world: World, n: int) -> tuple[World, np.ndarray]:
    """A world by the same law, and n people of it whose names nobody of the first one has.

    Args:
        world: the first one.
        n: at most so many.
    """
    other = replace(world, seed=world.seed + _OTHERS)
    known = {tuple(name) for name in world.names.tolist()}
    new = [person for person in range(other.n_people) if tuple(other.names[person].tolist()) not in known]
    return other, np.array(new[:n])


@torch.inference_mode()
def heated(model: LanguageModel, texts: Sequence[Biography], temperatures: np.ndarray = TEMPERATURES) -> np.ndarray:
    """(people, temperatures) mean cross-entropy of the values of `EVEN`, nats, at several temperatures."""
    found = []
    for some, ids in batches(texts):
        logits = model.model(input_ids=ids, use_cache=False).logits.double()
        rows = [row for row, _ in enumerate(some) for _ in EVEN]
        at = [text.values[attribute].start for text in some for attribute in EVEN]
        chosen = logits[rows, np.array(at) - 1]
        wanted = ids[rows, at]
        nats = [-(chosen / t).log_softmax(-1).gather(1, wanted[:, None])[:, 0] for t in temperatures]
        found.append(torch.stack(nats, dim=1).reshape(len(some), len(EVEN), -1).mean(1).numpy())
    return np.concatenate(found)


def best_temperature(nats: np.ndarray, temperatures: np.ndarray = TEMPERATURES, *, seed: int = 0) -> Interval:
    """Temperature of the least mean cross-entropy, with a 95 % interval over people.

    Args:
        nats: of `heated`.
        temperatures: of its columns.
        seed: of the resampling.
    """
    found = bootstrap_chains(lambda draws: temperatures[(draws @ nats).argmin(axis=1)], len(nats), seed=seed)
    return Interval(float(found.value), float(found.low), float(found.high))
