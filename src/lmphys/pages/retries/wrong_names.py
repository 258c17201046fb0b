"""Whether a wrong name is known to be wrong just after it was written, before it is taken back."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.problems.arithmetic.words import BACK, ArithmeticWords
from lmphys.stats.interval import Interval
from lmphys.training.solver.asked import Asked
from lmphys.training.solver.probe import over_models, probed


class Regret(NamedTuple):
    """What is known at names that stand after a full stop, some of which cannot be computed yet.

    Attributes:
        test: names that were judged.
        wrong: (n,) whether the name cannot be computed yet.
        probes: for each training (layers, n), probability of that by a linear probe of the state at the name.
        surprise: for each training (n,), probability of that from the surprisal of the name alone.
        back: for each training (n,), the model's own probability of the word that takes back.
    """

    test: Asked
    wrong: np.ndarray
    probes: list[np.ndarray]
    surprise: list[np.ndarray]
    back: list[np.ndarray]

    def score(self, each: Sequence[np.ndarray], *, seed: int = 0) -> Interval:
        """Balanced accuracy of forecasts of the trainings, %."""
        return over_models(each, self.wrong, self.test.table["problem"].to_numpy(), seed=seed)

    def layers(self, *, seed: int = 0) -> list[Interval]:
        """Balanced accuracy of the probes, a layer each, %."""
        return [self.score([p[layer] for p in self.probes], seed=seed) for layer in range(len(self.probes[0]))]


def regret(models: Sequence[LanguageModel], words: ArithmeticWords, train: Asked, test: Asked) -> Regret:
    """Ask models of one kind, each with probes of its own.

    Args:
        models: that have the words.
        words: of the world.
        train: names after a full stop, to train the probes on.
        test: names to judge them on.
    """
    truth, wrong = (~part.table["ready"].to_numpy(dtype=bool) for part in (train, test))
    probes, surprise, back = [], [], []
    for model in models:
        (before, at), (before_test, at_test) = train.read(model), test.read(model)
        probes.append(np.stack([probed(a, truth, b) for a, b in zip(at.states, at_test.states, strict=True)]))
        nats, nats_test = (
            -log_p[np.arange(len(log_p)), [text[-1] for text in part.texts]][:, None]
            for log_p, part in ((before.log_p, train), (before_test.log_p, test))
        )
        surprise.append(probed(nats, truth, nats_test))
        back.append(np.exp(at_test.log_p[:, words.ids[BACK]].astype(float)))
    return Regret(test, wrong, probes, surprise, back)


def back_table(found: Regret) -> pd.DataFrame:
    """Mean probability of the word that takes back, after wrong names and after right ones, a row a training."""
    rows = [(one[found.wrong].mean(), one[~found.wrong].mean()) for one in found.back]
    return pd.DataFrame(rows, columns=["after a wrong name", "after a right one"]).rename_axis("training")
