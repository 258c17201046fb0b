"""What the states know of a quantity: whether it is needed, and whether it can be computed next."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.stats.interval import Interval
from lmphys.training.solver.asked import Asked
from lmphys.training.solver.probe import balanced_accuracy, over_models, probed, recalls

COLON, ASKED = "at the colon, by name", "at the name"
# What can be read off the words without following formulas from one to the next.
_TEXT = ["in_query", "mentions", "parents", "operations", "place", "quantities"]


class Known(NamedTuple):
    """What probes of one truth tell on the rows of `test`.

    Attributes:
        test: names that they were judged on.
        truth: (n,).
        probes: way of probing -> for each training (layers, n), probability of the truth.
        untrained: way of probing -> (layers, n) of random weights.
    """

    test: Asked
    truth: np.ndarray
    probes: dict[str, list[np.ndarray]]
    untrained: dict[str, np.ndarray]

    def accuracy(self, way: str, *, layer: int = -1, seed: int = 0) -> Interval:
        """Balanced accuracy of the trainings, %, at a layer."""
        each = [p[layer] for p in self.probes[way]]
        return over_models(each, self.truth, self.test.table["problem"].to_numpy(), seed=seed)

    def random(self, way: str, *, layer: int = -1, seed: int = 0) -> Interval:
        """Balanced accuracy of random weights, %, at a layer."""
        return self.score(self.untrained[way][layer], seed=seed)

    def score(self, p: np.ndarray, *, seed: int = 0) -> Interval:
        """Balanced accuracy of any other forecast of the same rows, %."""
        return balanced_accuracy(
            np.asarray(p, dtype=float), self.truth, self.test.table["problem"].to_numpy(), seed=seed
        )

    def gain(self, way: str, *, seed: int = 0) -> Interval:
        """Balanced accuracy of the trainings less that of random weights, points; the two are taken as independent.

        The interval is wider than a paired one, as both are of the same problems.
        """
        one, other = self.accuracy(way, seed=seed), self.random(way, seed=seed)
        half = np.hypot((one.high - one.low) / 2, (other.high - other.low) / 2)
        value = float(one.value - other.value)
        return Interval(value, value - float(half), value + float(half))

    def by_layer(self, *, seed: int = 0) -> pd.DataFrame:
        """A row a way and layer: `accuracy` with `low` and `high`, and `random`."""
        rows = []
        for way, each in self.probes.items():
            for layer in range(len(each[0])):
                found = self.accuracy(way, layer=layer, seed=seed)
                rows.append((way, layer, *map(float, found), float(self.random(way, layer=layer, seed=seed).value)))
        return pd.DataFrame(rows, columns=["way", "layer", "accuracy", "low", "high", "random"])

    def by_distance(self, way: str) -> pd.DataFrame:
        """Share of rows that are told right by layer, %, mean over trainings; a column a distance from the query."""
        distance = self.test.table["distance"].clip(upper=3)
        names = distance.map({0: "not needed", 1: "1 step away", 2: "2 steps away", 3: "3 or more"})
        layers = range(len(self.probes[way][0]))
        rows = {
            layer: sum(recalls(p[layer], self.truth, names) for p in self.probes[way]) / len(self.probes[way])
            for layer in layers
        }
        return pd.DataFrame(rows).T.rename_axis("layer")


def needed(models: Sequence[LanguageModel], untrained: LanguageModel, train: Asked, test: Asked) -> Known:
    """Probes for whether a quantity is needed, before anything is written, in two ways."""
    truth = _column(train, "needed"), _column(test, "needed")
    names = _column(train, "name"), _column(test, "name")
    ways: dict[str, list[np.ndarray]] = {COLON: [], ASKED: []}
    for model in (*models, untrained):
        (colon, own), (colon_test, own_test) = train.read(model), test.read(model)
        ways[COLON].append(_layers(colon.states, truth[0], colon_test.states, names))
        ways[ASKED].append(_layers(own.states, truth[0], own_test.states))
    return Known(test, truth[1], {w: p[:-1] for w, p in ways.items()}, {w: p[-1] for w, p in ways.items()})


def ready(models: Sequence[LanguageModel], untrained: LanguageModel, train: Asked, test: Asked) -> Known:
    """Probes for whether a quantity can be computed next, at its name."""
    truth = _column(train, "ready"), _column(test, "ready")
    found = []
    for model in (*models, untrained):
        found.append(_layers(train.read(model)[1].states, truth[0], test.read(model)[1].states))
    return Known(test, truth[1], {ASKED: found[:-1]}, {ASKED: found[-1]})


def words_alone(train: Asked, test: Asked, *, seed: int = 0) -> Interval:
    """Balanced accuracy of a linear probe of what the words say, %, for whether a quantity is needed."""
    features = [part.table[_TEXT].to_numpy(dtype=float) for part in (train, test)]
    p = probed(features[0], _column(train, "needed"), features[1])
    return balanced_accuracy(p, _column(test, "needed"), test.table["problem"].to_numpy(), seed=seed)


def rivals_table(known: Known, train: Asked, *, seed: int = 0) -> pd.DataFrame:
    """Probes for whether a quantity is needed, beside all that needs no training, at the last layer.

    Returns:
        `accuracy`, balanced, %, with `low` and `high`, a row a way and a row a rival.
    """
    rows = {f"trained, {way}": known.accuracy(way, seed=seed) for way in known.probes}
    rows |= {f"random weights, {way}": known.random(way, seed=seed) for way in known.untrained}
    rows |= {
        "words alone": words_alone(train, known.test, seed=seed),
        "stated": known.score(known.test.table["in_query"].to_numpy(), seed=seed),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["accuracy", "low", "high"])


def _column(asked: Asked, name: str) -> np.ndarray:
    return asked.table[name].to_numpy()


def _layers(
    train: Sequence[np.ndarray],
    truth: np.ndarray,
    test: Sequence[np.ndarray],
    names: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """(layers, n) probability of the truth by a probe of each layer."""
    return np.stack([probed(one, truth, other, names=names) for one, other in zip(train, test, strict=True)])
