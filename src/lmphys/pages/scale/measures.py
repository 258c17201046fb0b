"""What one corpus says, as rows: the numbers of the paper's headline, each beside what has no regimes or no order."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.shares import held_out_share
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.mixtures import choose_mixture, count_components
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.dynamics.nulls.surrogates import shuffle_chains, shuffle_order
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.reversal import arrow_of_time
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_gain, r2_interval

REAL = "real chains"
GAUSSIAN, STUDENT, PERMUTED = "Gaussian surrogates", "Student surrogates", "permuted"
SHUFFLED, PERSISTENCE, ISOTROPIC = "shuffled order", "persistence", "isotropic noise"
RANDOM_ORDER = "random order"
# What the weights of the regimes have seen, by the name of the quantity.
WEIGHTS = {"honest gain": "predictive", "leaking gain": "filtered_after_update", "oracle gain": "oracle"}
COMPONENTS = range(1, 13)

Parts = tuple[Trajectories, Trajectories]


def measure(traj: Trajectories, *, rank: int = 40, n_regimes: int = 4, n_init: int = 2, seed: int = 0) -> pd.DataFrame:
    """The headline numbers of a corpus on 30 % of its questions, learned from the others.

    Args:
        traj: C chains of all D dimensions.
        rank: k of the projection.
        n_regimes: K of the switching model.
        n_init: starts of its fits.
        seed: of the split, starts, surrogates and resampling.

    Returns:
        A row a number: `quantity`, `of` (whose: the real chains or a control), `value`, and `low` and `high` (95 %,
        over the questions that are held out, at given fits).
    """
    train, test = traj.split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    inside = projection.transform(train), projection.transform(test)
    rows: list[tuple[str, str, Interval]] = []
    for name, parts in corpora(inside, seed=seed):
        gains = switching_gains(parts, n_regimes, n_init=n_init, seed=seed)
        rows += [(quantity, name, gain) for quantity, gain in gains.items()]
    rows += _explained((train, test), seed=seed)
    rows += _shares(traj, rank, seed=seed)
    for name, chains in ((REAL, inside), (RANDOM_ORDER, tuple(shuffle_order(t, seed=seed) for t in inside))):
        rows.append(("direction told", name, arrow_of_time(*chains, trim=1, seed=seed).told))
    table = pd.DataFrame(
        [{"quantity": quantity, "of": name, **_ends(found)} for quantity, name, found in rows],
    )
    return table.assign(transitions=traj.n_transitions, chains=len(traj), questions=len(np.unique(traj.questions)))


def corpora(inside: Parts, *, seed: int) -> Iterator[tuple[str, Parts]]:
    """The chains in k coordinates, and chains like them without regimes, each as a part to fit and a part to score."""
    yield REAL, inside
    drift = LinearDrift().fit(inside[0])
    for name, noise in ((GAUSSIAN, "gaussian"), (STUDENT, "student")):
        first, second = (linear_surrogates(drift, t, noise=noise, seed=seed + i) for i, t in enumerate(inside))  # type: ignore[arg-type]
        yield name, (first, second)
    yield PERMUTED, (shuffle_chains(inside[0], seed=seed), shuffle_chains(inside[1], seed=seed + 1))


def switching_gains(parts: Parts, n_regimes: int, *, seed: int, **settings: Any) -> dict[str, Interval]:
    """What K regimes add to one map in R² of the next state, by what their weights have seen (`WEIGHTS`)."""
    train, test = parts
    found = SLDS(n_regimes, random_state=seed, **settings).fit(train).forecasts(test)
    one_map = SLDS(1).fit(train).forecasts(test)["predictive"]
    return {name: r2_gain(test, found[weights], one_map, seed=seed) for name, weights in WEIGHTS.items()}


def _explained(parts: Parts, *, seed: int) -> list[tuple[str, str, Interval]]:
    """R² of one ridge map in all D dimensions, of the state and of its increment, and of what knows no motion."""
    train, test = parts
    mixed = shuffle_order(train, seed=seed), shuffle_order(test, seed=seed + 1)
    forecasts = {
        REAL: (test, LinearDrift().fit(train).predict(test).mean),
        PERSISTENCE: (test, test.pairs()[0]),
        SHUFFLED: (mixed[1], LinearDrift().fit(mixed[0]).predict(mixed[1]).mean),
    }
    rows = []
    for name, (chains, forecast) in forecasts.items():
        h, h_next = (x.astype(np.float64) for x in chains.pairs()[:2])
        for quantity, origin in (("linear R² of h", 0.0), ("linear R² of Δh", h)):
            found = r2_interval(h_next - origin, forecast - origin, *chains.step_questions(), seed=seed)
            rows.append((quantity, name, found))
    return rows


def _shares(traj: Trajectories, rank: int, *, seed: int) -> list[tuple[str, str, Interval]]:
    noise = traj.with_states(np.random.default_rng(seed).normal(size=traj.states.shape))
    return [
        (f"share of {of}", name, held_out_share(chains, rank, of=of, seed=seed))
        for of in ("states", "increments")
        for name, chains in ((REAL, traj), (ISOTROPIC, noise))
    ]


def count_regimes(traj: Trajectories, *, rank: int = 40, seed: int = 0) -> pd.DataFrame:
    """Numbers of components that the information criteria pick on the residuals of one map, as rows of `measure`.

    Args:
        traj: C chains of all D dimensions.
        rank: k of the projection.
        seed: of starts and folds.
    """
    mixtures = choose_mixture(
        traj,
        COMPONENTS,
        covariances=("full", "diag"),
        projection=Projection(rank),
        n_folds=2,
        n_init=2,
        n_bootstrap=100,
        seed=seed,
    )
    chosen = count_components(mixtures)
    rows = [
        {"quantity": f"K by {criterion}, {shape}", "of": REAL, "value": float(row[criterion])}
        for shape, row in chosen.iterrows()
        for criterion in ("BIC", "AIC")
    ]
    table = pd.DataFrame(rows).assign(low=np.nan, high=np.nan, transitions=traj.n_transitions, chains=len(traj))
    return table.assign(questions=len(np.unique(traj.questions)))


def _ends(found: Interval) -> dict[str, float]:
    return {end: float(x) for end, x in zip(("value", "low", "high"), found, strict=True)}
