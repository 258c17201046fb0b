"""The score of one map on several splits of the questions, and what of it was learned by the network."""

from collections.abc import Sequence

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.one_step import held_out_scores
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_of_weights
from lmphys.stats.splits import pool_splits

TARGETS = {"R² of h": "r2_h", "R² of Δh": "r2_dh"}


def across_splits(
    states: Trajectories, rows: Sequence[str], *, rank: int, ridge: float, n_splits: int = 5, seed: int = 0
) -> dict[str, dict[str, Interval]]:
    """Rows of `held_out_scores`, pooled over splits (`pool_splits`), by row and target.

    Args:
        states: chains of the full width.
        rows: that are wanted.
        rank: of the projection.
        ridge: of the map.
        n_splits: with the seeds seed, seed + 1, ...
        seed: of the first split.
    """
    tables = [held_out_scores(states, rank=rank, ridge=ridge, seed=seed + i) for i in range(n_splits)]
    return {
        row: {
            name: pool_splits([Interval.of_row(table.loc[row], column) for table in tables])
            for name, column in TARGETS.items()
        }
        for row in rows
    }


def learned(
    trained: Trajectories, untrained: Trajectories, *, rank: int, ridge: float, n_splits: int = 5, seed: int = 0
) -> dict[str, Interval]:
    """R^2 of one map on states of a trained network minus that on states of random weights, by target.

    Both have read the same chains, so that splits are of the same questions and intervals are paired; they are pooled
    over splits. Each network has a projection and a map of its own.

    Args:
        trained: states of the trained network.
        untrained: states of random weights, of the same sentences.
        rank: of the projections.
        ridge: of the maps.
        n_splits: with the seeds seed, seed + 1, ...
        seed: of the first split.

    Raises:
        LmphysError: the chains differ.
    """
    if not np.array_equal(trained.lengths, untrained.lengths):
        raise LmphysError("the two networks have read different chains; give states of the same text")
    found: dict[str, list[Interval]] = {name: [] for name in TARGETS}
    for number in range(seed, seed + n_splits):
        sides = [_forecasts(states, rank, ridge, number) for states in (trained, untrained)]
        n_questions = sides[0][2]
        for name, of_step in zip(TARGETS, (False, True), strict=True):
            r2 = [
                r2_of_weights(h_next - of_step * h, forecast - of_step * h, unit, n_units)
                for (h, h_next, forecast), unit, n_units in sides
            ]
            gap = bootstrap_chains(lambda w, r2=r2: r2[0](w) - r2[1](w), n_questions, seed=number)  # type: ignore[misc]
            found[name].append(gap)
    return {name: pool_splits(each) for name, each in found.items()}


def _forecasts(
    states: Trajectories, rank: int, ridge: float, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray, int]:
    """State, next state and forecast of each held-out step; its question, and the number of questions."""
    train, test = states.split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    drift = LinearDrift(ridge).fit(projection.transform(train))
    inside = projection.transform(test)
    h, h_next = (x.astype(np.float64) for x in inside.pairs()[:2])
    return (h, h_next, drift.predict(inside).mean.astype(np.float64)), *inside.step_questions()
