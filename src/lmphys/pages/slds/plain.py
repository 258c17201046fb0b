"""What one linear map must beat: forecasts that need no fit, and the same map where the sentences have no order."""

import numpy as np

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.evaluate.one_step import RunningMean
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import shuffle_order
from lmphys.pages.slds.ablation import Ablation
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_interval

PERSISTENCE, RUNNING_MEAN, SHUFFLED = "persistence", "per-trace mean", "shuffled order"


def plain_forecasts(
    real: Ablation, train: Trajectories, test: Trajectories, *, ridge: float = 1.0, seed: int = 0
) -> dict[str, dict[str, Interval]]:
    """R^2 of forecasts that know no motion, in k coordinates and in all D dimensions as Eq. 10 is printed.

    Args:
        real: gives the projection.
        train: chains of the full width that it was learned on.
        test: chains that are scored.
        ridge: of the map on shuffled chains.
        seed: of the orders and the intervals over questions.

    Returns:
        `PERSISTENCE`, the state stays; `RUNNING_MEAN`, the mean of the chain so far; and `SHUFFLED`, one map fitted to
        and scored on chains in random order; each with a number for "R² of h, k coordinates" and so on, as `readings`
        names them. Outside the subspace a state stays where it is.
    """
    projection = real.projection
    still = Complement(projection, memory=1.0).fit(train)
    inside = projection.transform(test)
    mixed = shuffle_order(test, seed=seed + 1)
    mixed_inside = projection.transform(mixed)
    drift = LinearDrift(ridge).fit(projection.transform(shuffle_order(train, seed=seed)))
    found = {
        PERSISTENCE: (test, inside, inside.pairs()[0].astype(np.float64)),
        RUNNING_MEAN: (test, inside, RunningMean().predict(inside).mean),
        SHUFFLED: (mixed, mixed_inside, drift.predict(mixed_inside).mean.astype(np.float64)),
    }
    rows: dict[str, dict[str, Interval]] = {}
    for name, (wide, narrow, forecast) in found.items():
        spaces = {"k coordinates": (narrow, forecast), "all D": (wide, still.forecast(wide, forecast))}
        rows[name] = {}
        for space, (traj, y) in spaces.items():
            h, h_next, _ = traj.pairs()
            unit, n_units = traj.step_questions()
            for target, origin in (("h", 0.0), ("Δh", h.astype(np.float64))):
                r2 = r2_interval(h_next - origin, y - origin, unit, n_units, seed=seed)
                rows[name][f"R² of {target}, {space}"] = r2
    return rows
