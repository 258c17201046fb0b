"""The scores of the page on several splits of the questions: how much of an interval is the choice of the split."""

import numpy as np

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_gain, r2_interval
from lmphys.stats.splits import pool_splits

GAIN, LINEAR = "gain", "one linear map"
TARGETS = {"R² of h": "h", "R² of Δh": "Δh"}


def across_splits(
    states: Trajectories, *, rank: int, n_regimes: int, n_splits: int = 5, seed: int = 0
) -> dict[str, Interval]:
    """R^2 of the switching model and of one map, and the gain of the former, pooled over splits (`pool_splits`).

    Each split learns basis and models on 70 % of the questions and scores the others; intervals within a split are over
    questions.

    Args:
        states: chains of the full width.
        rank: k.
        n_regimes: K.
        n_splits: with the seeds seed, seed + 1, ...
        seed: of splits, starts and intervals.

    Returns:
        `GAIN`, R^2 of h of the honest forecast minus that of one map, paired; and "<weights>, R² of h", "<weights>, R²
        of Δh" for each kind of weights and for `LINEAR`.
    """
    found: dict[str, list[Interval]] = {}
    for number in range(seed, seed + n_splits):
        train, test = states.split(0.7, seed=number)
        projection = Projection(rank).fit(train)
        seen, unseen = projection.transform(train), projection.transform(test)
        forecasts = SLDS(n_regimes, random_state=number).fit(seen).forecasts(unseen)
        one_map = SLDS(1).fit(seen).forecasts(unseen)["predictive"]
        h, h_next = (x.astype(np.float64) for x in unseen.pairs()[:2])
        unit, n_units = unseen.step_questions()
        gain = r2_gain(unseen, forecasts["predictive"], one_map, seed=number)
        found.setdefault(GAIN, []).append(gain)
        for name, forecast in {**forecasts, LINEAR: one_map}.items():
            for target, which in TARGETS.items():
                origin = h if which == "Δh" else 0.0
                r2 = r2_interval(h_next - origin, forecast - origin, unit, n_units, seed=number)
                found.setdefault(f"{name}, {target}", []).append(r2)
    return {name: pool_splits(each) for name, each in found.items()}
