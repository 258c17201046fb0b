"""Words of four letters as Potts spins: trainings whose every number can be counted out over 26^4 words."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from lmphys.generative import EnergyModel, PottsWords
from lmphys.pages.energy_based.mixture import CONTRASTIVE, JARZYNSKI, PERSISTENT, Settings
from lmphys.pages.energy_based.vocabulary import spelt
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

EXACT = "exact gradient"
GIBBS: Literal["gibbs", "flip"] = "gibbs"
FLIP: Literal["gibbs", "flip"] = "flip"
THRESHOLD = 0.5  # squared variation at which weights are dealt with in the authors' code, in the middle of its list

Trainings = Mapping[tuple[str, str, int], EnergyModel]


class Words(NamedTuple):
    """Letters (n, 4) of the different words, and how often each occurs (n,)."""

    letters: np.ndarray
    counts: np.ndarray

    @property
    def entropy(self) -> float:
        """Of the words as they occur, nats: no model can do better."""
        p = self.counts / self.counts.sum()
        return float(-(p * np.log(p)).sum())

    @property
    def independent(self) -> float:
        """Negative log-likelihood of a model that draws each letter by itself, by its place; nats per word."""
        p = self.counts / self.counts.sum()
        each = [np.bincount(column, p, 26) for column in self.letters.T]
        return float(-sum((q[q > 0] * np.log(q[q > 0])).sum() for q in each))


def train_words(
    words: Words, seeds: Sequence[int], *, n_walkers: int = 1000, n_steps: int = 600, learning_rate: float = 0.5
) -> dict[tuple[str, str, int], EnergyModel]:
    """Fitted models by kernel, method and seed of the walkers; that of the exact gradient once.

    Those with Jarzynski's weights and Gibbs sweeps have a second population, which watches.
    """
    settings: Settings = {"n_walkers": n_walkers, "n_steps": n_steps, "learning_rate": learning_rate}
    found: dict[tuple[str, str, int], EnergyModel] = {}
    for kernel in (GIBBS, FLIP):
        family = PottsWords(kernel=kernel)
        for seed in seeds:
            observers = n_walkers if kernel == GIBBS else 0
            models = {
                JARZYNSKI: EnergyModel(family, n_observers=observers, seed=seed, **settings),
                PERSISTENT: EnergyModel(family, "persistent", walkers_from="data", seed=seed, **settings),
                CONTRASTIVE: EnergyModel(family, "contrastive", seed=seed, **settings),
            }
            found |= {(kernel, name, seed): model.fit(*words) for name, model in models.items()}
    exact = EnergyModel(PottsWords(), "exact", seed=seeds[0], **settings)
    return {**found, (GIBBS, EXACT, seeds[0]): exact.fit(*words)}


def likelihood(theta: np.ndarray, words: Words) -> float:
    """Negative log-likelihood of the words, nats per word, counted out."""
    p, _ = PottsWords().probabilities(theta)
    return float(-(words.counts @ np.log(p[tuple(words.letters.T)])) / words.counts.sum())


def excess(models: Trainings, words: Words, kernel: str, name: str, *, seed: int = 0) -> Interval:
    """Negative log-likelihood above that of the exact gradient, nats per word, with a 95 % interval over trainings."""
    best = next(likelihood(m.theta_, words) for (_, own, _), m in models.items() if own == EXACT)
    own = [likelihood(m.theta_, words) for (k, n, _), m in models.items() if (k, n) == (kernel, name)]
    return mean_interval(np.array(own) - best, groups=None, seed=seed)


def excess_table(models: Trainings, words: Words, *, seed: int = 0) -> pd.DataFrame:
    """`excess` of each kernel and method, a row each."""
    names = list(dict.fromkeys((kernel, name) for kernel, name, _ in models if name != EXACT))
    rows = {pair: excess(models, words, *pair, seed=seed)._asdict() for pair in names}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["kernel", "method"])


class Weighing(NamedTuple):
    """What weights say of ln Z after so many steps, less what is true; nats."""

    steering: float
    expected: float
    observers: float
    largest_variation: float  # of the walkers that steer, up to there


def weighing(model: EnergyModel, step: int) -> Weighing:
    """After a step that `path_` holds."""
    exact = model.family.log_partition(model.path_[step])
    log_z, bias, observed = (float(model.history_[name].loc[step]) for name in ("log_z", "bias", "observed"))
    largest = float(model.history_["variation"].loc[:step].max())
    return Weighing(log_z - exact, bias, observed - exact, largest)


def weighings(models: Sequence[EnergyModel], step: int) -> pd.DataFrame:
    """A row a training: `Weighing` after a step, and the `ratio` of error and expectation."""
    table = pd.DataFrame([weighing(model, step) for model in models], columns=Weighing._fields)
    table.insert(0, "walkers", [model.n_walkers for model in models])
    return table.assign(ratio=table["steering"] / table["expected"])


def with_weights(models: Trainings) -> list[EnergyModel]:
    """Those of Gibbs sweeps and Jarzynski's weights."""
    return [model for (kernel, name, _), model in models.items() if (kernel, name) == (GIBBS, JARZYNSKI)]


def likeliest(theta: np.ndarray, n: int) -> str:
    """The n likeliest words of a model, the likeliest first."""
    p, _ = PottsWords().probabilities(theta)
    first = np.argsort(p, axis=None)[::-1][:n]
    return " ".join(spelt(np.stack(np.unravel_index(first, p.shape), axis=1)))
