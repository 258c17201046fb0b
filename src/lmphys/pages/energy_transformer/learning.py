"""The first updates of both kinds, trained here and now, beside the record of the trainings that come with the page."""

from dataclasses import replace

import numpy as np
import pandas as pd
from torch import Tensor

from lmphys.pages.energy_transformer.shelf import Shipped, shipped
from lmphys.problems.prose import Prose
from lmphys.training.energy_transformer.learner import learner
from lmphys.training.energy_transformer.recipes import ENERGIES, TRANSFORMERS
from lmphys.training.loop import ROW_STEPS, first_losses


def first_updates(n: int, seed: int, names: tuple[str, ...] = ("energies", "transformer")) -> pd.DataFrame:
    """Losses of the first n updates of recipes, nats, a column each, trained here.

    Args:
        n: updates.
        seed: of documents, first weights and noise.
        names: of recipes.
    """
    recipes = {**ENERGIES, **TRANSFORMERS}
    losses = {}
    for name in names:
        recipe = replace(recipes[name], seed=seed)
        losses[name] = first_losses(recipe, learner(recipe), n)
    return pd.DataFrame(losses, index=pd.RangeIndex(1, n + 1, name="update"))


def recorded(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What `first_updates` gave beside the record of the shipped training of the same seed, means of ten updates.

    Args:
        table: of `first_updates`.
        seed: of it; a seed that was not shipped gives an empty table.
    """
    rows = []
    for name in table:
        for one in shipped(str(name)):
            if one.seed == seed:
                rows += _beside(str(name), one, table[name].to_numpy())
    return pd.DataFrame(rows, columns=["recipe", "updates", "here", "record"])


def _beside(name: str, one: Shipped, losses: np.ndarray) -> list[tuple[str, str, float, float]]:
    record = pd.read_csv(one.folder / "loss.csv")["loss"].to_numpy()
    starts = range(0, len(losses) - ROW_STEPS + 1, ROW_STEPS)
    return [
        (
            name,
            f"{at + 1} to {at + ROW_STEPS}",
            float(losses[at : at + ROW_STEPS].mean()),
            float(record[at // ROW_STEPS]),
        )
        for at in starts
    ]


def frequency_loss(ids: Tensor) -> float:
    """Loss of one who knows only how frequent each character is in the topics of the training, nats a character.

    Args:
        ids: (N, S + 1) token ids, the first of which is not predicted. Counts are one more than in the text.
    """
    world = Prose(0)
    counts = np.bincount(np.concatenate(world.topics), minlength=len(world.vocabulary)) + 1.0
    return float(-np.log(counts / counts.sum())[ids[:, 1:].numpy()].mean())
