"""Is a gain of the switching model about switching? Gains over simpler models, and on chains that have one map."""

from typing import Any

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.simulated import simulated_surrogates, student_surrogates
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.belief_shift.folds import OneStep, case_projection, fit_folds, one_step
from lmphys.stats.interval import Interval

NULL, HEAVY_NULL = "null: SLDS over one linear map", "null with heavy tails: SLDS over one linear map"


def surrogate_steps(states: Trajectories, *, rank: int, heavy: bool = False, seed: int = 0, **settings: Any) -> OneStep:
    """One-step forecasts of chains simulated from one linear map that was fitted to all real ones.

    Args:
        states: chains of the full width.
        rank: k.
        heavy: noise of one Student t with the tail of the real residuals, instead of a Gaussian.
        seed: of the simulation and the fits.
        settings: of `fit_folds`.
    """
    inside = case_projection(rank).fit(states).transform(states)
    one_map = SLDS(1).fit(inside)
    h, h_next, _ = inside.pairs()
    left = h_next - one_map.parameters_.means(h.astype(float))[0]
    surrogates = (
        student_surrogates(one_map, inside, left, seed=seed)
        if heavy
        else simulated_surrogates(one_map, inside, seed=seed)
    )
    return one_step(fit_folds(surrogates, rank=rank, maps_only=True, seed=seed, **settings), seed=seed)


def network_of(steps: OneStep) -> str:
    """Name of the recurrent network as it is; the other one ends in `on r h`."""
    return next(name for name in steps.forecasts if f"{name} on r h" in steps.forecasts)


def gains(steps: OneStep, null: OneStep, heavy: OneStep) -> dict[str, Interval]:
    """Gains in R^2 of h_{t+1} of the switching model over each simpler one, and on chains of one map.

    Args:
        steps: forecasts of real chains.
        null: of `surrogate_steps`; its gain is `NULL`.
        heavy: the same with heavy tails; its gain is `HEAVY_NULL`.
    """
    network = network_of(steps)
    rivals = ("one linear map", "r h", network, f"{network} on r h")
    found = {f"SLDS over {over}": steps.gain("SLDS", over) for over in rivals}
    nulls = {NULL: null, HEAVY_NULL: heavy}
    return found | {name: chains.gain("SLDS", "one linear map") for name, chains in nulls.items()}


def gain_table(found: dict[str, Interval]) -> pd.DataFrame:
    """`gains` as a table."""
    return pd.DataFrame(found, index=["gain in R² of h", "low", "high"]).T.astype(float)
