"""Loss beyond the exact law of a grammar, string by string."""

from collections.abc import Mapping, Sequence

import numpy as np

from lmphys.pages.canon.answers import answers
from lmphys.pages.canon.scores import loaded
from lmphys.problems.grammar.source import GrammarDocuments
from lmphys.training.recipes import RECIPES


def excess(models: Mapping[str, Sequence[str]], n: int, seed: int) -> dict[str, np.ndarray]:
    """Surprisal of fresh strings less their exact one, nats for each token of the mean string, the end included.

    Args:
        models: what they are called, to their specs, one a training; of the recipes `grammar-...`.
        n: strings.
        seed: of the strings.

    Returns:
        What the models are called, to (trainings, strings), whose mean is the excess of the cross-entropy.
    """
    # Fresh strings of the exact law: seed and split are those of no training.
    world = GrammarDocuments(RECIPES["grammar-none"].source().grammar, seed, "test")
    documents = [world.document(index) for index in range(n)]
    law = world.law(documents)[1]
    mean_length = (law.lengths + 1).mean()
    return {
        label: np.stack(
            [
                (answers(loaded(spec), documents).groupby("document")["nats"].sum().to_numpy() + law.log_probability)
                / mean_length
                for spec in each
            ]
        )
        for label, each in models.items()
    }


def largest_between(values: np.ndarray) -> np.ndarray:
    """(1, strings) best less worst training of one kind: what another training alone may be worth.

    Args:
        values: (trainings, strings); with one training there is nothing to compare, and all is NaN.
    """
    if len(values) < 2:
        return np.full_like(values, np.nan)
    mean = values.mean(axis=1)
    return (values[mean.argmin()] - values[mean.argmax()])[None]
