"""What a linear reader finds in the states: which attribute can be named where."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from lmphys.lm.model import LanguageModel
from lmphys.pages.knowledge.recall import batches
from lmphys.problems.people.biographies import Biography
from lmphys.problems.people.world import World

NAME = "name"
_SHRINKAGE = 0.1  # of the covariance within classes, as there are few people for each

States = Mapping[str, np.ndarray]  # place to (people, D)
Named = Mapping[tuple[str, str], np.ndarray]  # place and attribute to (people,) truths


@torch.inference_mode()
def states(model: LanguageModel, texts: Sequence[Biography], block: int, *, name_alone: bool = False) -> States:
    """States at the end of the first name, and before each value: places `NAME` and the attribute that is told next.

    Args:
        model: a tiny transformer of biographies.
        texts: a text a person, in the order of a plain biography.
        block: after which the states are taken, from 1.
        name_alone: whether nothing but the name is read, which stands at the beginning of every text.
    """
    order = [NAME] if name_alone else [NAME, *texts[0].values]
    found = []
    for some, ids in batches(texts):
        at = np.array([[text.names[0].stop - 1, *(place.start - 1 for place in text.values.values())] for text in some])
        at = at[:, : len(order)]
        read = model.model(input_ids=ids[:, : at.max() + 1], use_cache=False, output_hidden_states=True)
        found.append(read.hidden_states[block][np.arange(len(some))[:, None], at].float().numpy())
    return {place: np.concatenate(found)[:, i] for i, place in enumerate(order)}


def labels_of(world: World) -> dict[str, np.ndarray]:
    """(people,) number of each attribute's value, of those but the first; all of one word."""
    return {attribute: world.values[attribute][:, 0] for attribute in world.attributes[1:]}


def named(x: States, world: World, rng: np.random.Generator | None = None) -> Named:
    """Whether a linear reader fitted on the half `train` of the people names the attributes of the half `test`.

    Args:
        x: of `states`, everybody of the world, in the order of the people.
        world: of these people.
        rng: shuffles the labels that the reader is fitted on; None: they are the true ones.
    """
    fitted = np.zeros(world.n_people, dtype=bool)
    fitted[world.half("train")] = True
    found = {}
    for place, each in x.items():
        for attribute, labels in labels_of(world).items():
            told = labels[fitted] if rng is None else rng.permutation(labels[fitted])
            reader = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=_SHRINKAGE).fit(each[fitted], told)
            found[place, attribute] = reader.predict(each[~fitted]) == labels[~fitted]
    return found


def at_name(found: Named) -> np.ndarray:
    """(people,) share of the attributes but the first that are named from the name, %."""
    return 100 * np.mean([right for (place, _), right in found.items() if place == NAME], axis=0)


def before_value(found: Named) -> np.ndarray:
    """(people,) share of the attributes but the first that are named from the state before their own value, %."""
    return 100 * np.mean([right for (place, attribute), right in found.items() if place == attribute], axis=0)


def matrix(found: Sequence[Named]) -> pd.DataFrame:
    """Share named, %, by place (rows) and attribute (columns), the mean over models."""
    rows, columns = (dict.fromkeys(key[i] for key in found[0]) for i in (0, 1))
    values = [[100 * np.mean([one[place, what].mean() for one in found]) for what in columns] for place in rows]
    called = ["end of the name" if place == NAME else f"before {place}" for place in rows]
    return pd.DataFrame(values, index=called, columns=list(columns))
