"""Two heaps of points with the masses 1/4 and 3/4, and trainings that are to learn these masses."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

import numpy as np
import pandas as pd
from scipy.special import expit

from lmphys.generative import EnergyModel, GaussianPair
from lmphys.generative.energy_model import Method, Walkers
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

FIRST, SECOND, MASS = -10.0, 6.0, 0.25
JARZYNSKI, PERSISTENT, CONTRASTIVE = "Jarzynski's weights", "persistent chains", "contrastive divergence"
OFF, DEALT = "weights off", "weights dealt anew"
METHODS = (JARZYNSKI, PERSISTENT, CONTRASTIVE)


class Settings(TypedDict):
    """What trainings that are compared have in common, as `EnergyModel` takes it."""

    n_walkers: int
    n_steps: int
    learning_rate: float


class WeightsDealt(EnergyModel):
    """A null: at each step the weights go to other walkers, as if they did not matter."""

    def _weights(self, walkers: Walkers, rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(super()._weights(walkers, rng))


def heaps(d: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n points (n, d), a quarter of them around -10 on the first axis, the others around 6."""
    x = rng.standard_normal((n, d))
    x[:, 0] += np.where(np.arange(n) < MASS * n, FIRST, SECOND)
    return x


def trainer(name: str, family: GaussianPair, *, seed: int, **settings: Unpack[Settings]) -> EnergyModel:
    """One of `METHODS`, `OFF` or `DEALT`.

    Persistent chains start from data, as usual; `OFF` are those that start from the model, so that they differ from
    Jarzynski's in the weights alone.
    """
    if name == DEALT:
        return WeightsDealt(family, seed=seed, **settings)
    if name == PERSISTENT:
        return EnergyModel(family, "persistent", walkers_from="data", seed=seed, **settings)
    methods: dict[str, Method] = {JARZYNSKI: "jarzynski", OFF: "persistent", CONTRASTIVE: "contrastive"}
    return EnergyModel(family, methods[name], seed=seed, **settings)


def lighter(theta: np.ndarray) -> float:
    """Mass of the lighter heap, which is the first one, in the parameters of a `GaussianPair`."""
    return float(expit(theta[-1]))


def train_heaps(
    dimensions: Sequence[int],
    names: Sequence[str],
    seeds: Sequence[int],
    *,
    n_walkers: int = 1000,
    n_steps: int = 2000,
    learning_rate: float = 0.015,
) -> dict[tuple[int, str, int], EnergyModel]:
    """Fitted models by dimension, name and seed; the points of a seed are the same for all names."""
    settings: Settings = {"n_walkers": n_walkers, "n_steps": n_steps, "learning_rate": learning_rate}
    found = {}
    for d in dimensions:
        for seed in seeds:
            x = heaps(d, 1000, np.random.default_rng([seed, d]))
            for name in names:
                found[d, name, seed] = trainer(name, GaussianPair(d), seed=seed, **settings).fit(x)
    return found


def learned(models: Mapping[tuple[int, str, int], EnergyModel]) -> pd.DataFrame:
    """A row a training: what was learned, and ln Z by the weights less the true one."""
    rows = []
    for (d, name, seed), model in models.items():
        theta = model.theta_
        rows.append(
            {
                **{"d": d, "method": name, "seed": seed, "lighter at": theta[0], "heavier at": theta[d]},
                "mass of the lighter": lighter(theta),
                "ln Z, error": model.log_z_ - model.family.log_partition(theta),
                "effective walkers": model.ess_,
            }
        )
    return pd.DataFrame(rows)


def masses(models: Mapping[tuple[int, str, int], EnergyModel], d: int, name: str) -> np.ndarray:
    """(seeds,) learned masses of the lighter heap."""
    return np.array([lighter(m.theta_) for (own, method, _), m in models.items() if (own, method) == (d, name)])


def mass_interval(models: Mapping[tuple[int, str, int], EnergyModel], d: int, name: str, *, seed: int = 0) -> Interval:
    """Mean learned mass, with a 95 % interval over trainings."""
    return mean_interval(masses(models, d, name), groups=None, seed=seed)


def error_interval(models: Mapping[tuple[int, str, int], EnergyModel], d: int, name: str, *, seed: int = 0) -> Interval:
    """Mean distance from the true mass, likewise."""
    return mean_interval(np.abs(masses(models, d, name) - MASS), groups=None, seed=seed)
