"""Number of regimes and number of directions together: what one more of either is worth."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.regression import pooled_r2, r2_gain


def is_supported(traj: Trajectories, n_regimes: int, rank: int) -> bool:
    """Whether each of K equal shares of the transitions determines a map of k of the D dimensions: k + 1 or more.

    With fewer the fit still exists, but it is the prior that speaks.
    """
    return rank <= traj.width and traj.n_transitions >= n_regimes * (rank + 1)


def score_grid(
    train: Trajectories,
    test: Trajectories,
    n_regimes: Iterable[int] = range(1, 9),
    ranks: Iterable[int] = (5, 10, 20, 40, 60, 80, 100),
    *,
    n_bootstrap: int = 200,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Gains of K regimes in k coordinates over one map in the same coordinates, held out.

    Args:
        train: chains of the full width D to fit, basis and completion included.
        test: chains to score.
        n_regimes: the values of K.
        ranks: the values of k. A pair that the training chains do not support (`is_supported`) is left out.
        n_bootstrap: replicates of the intervals over test chains, at given fits.
        seed: of the starts and the bootstrap.
        settings: of `SLDS`.

    Returns:
        Indexed by `n_regimes` and `rank`. `r2_h` of the honest forecast of the coordinates; `honest`, the same minus
        that of one map, with `honest_low` and `honest_high`, paired; `equal`, `equal_low` and `equal_high`, the
        same against one map with K times the penalty: K regimes have K penalties between them, and where few
        transitions meet many coordinates more shrinkage alone is a gain. `leaking`, the gain over one map of the
        weights that have been updated with the target; `density`, the mean log density of h_{t+1} given the past in all
        D dimensions, completed, nats per transition. The gains are within one rank, as the coordinates to be
        forecast differ between ranks; the density compares ranks too.

    Raises:
        LmphysError: no pair is supported, or as in `SLDS.fit`.
    """
    counts = list(n_regimes)
    rows: dict[tuple[int, int], dict[str, float]] = {}
    for rank in ranks:
        supported = [K for K in counts if is_supported(train, K, rank)]
        if not supported:
            continue
        projection = Projection(rank).fit(train)
        inside, outside = projection.transform(train), projection.transform(test)
        completing = Complement(projection).fit(train).log_density(test)
        x_next = outside.pairs()[1]
        single = SLDS(1, **settings)
        one_map = single.fit(inside).forecasts(outside)["predictive"]
        for K in supported:
            model = single if K == 1 else SLDS(K, **{"random_state": seed, **settings}).fit(inside)
            forecasts = model.forecasts(outside)
            honest, leaking = forecasts["predictive"], forecasts["filtered_after_update"]
            shrunk = clone(single).set_params(drift_prior=K * single.drift_prior).fit(inside)
            rivals = {"honest": one_map, "equal": shrunk.forecasts(outside)["predictive"]}
            row = {"r2_h": pooled_r2(x_next, honest)}
            for name, rival in rivals.items():
                gain = r2_gain(outside, honest, rival, n_bootstrap=n_bootstrap, seed=seed)
                row |= {name + end: float(value) for end, value in zip(("", "_low", "_high"), gain, strict=True)}
            row["leaking"] = pooled_r2(x_next, leaking) - pooled_r2(x_next, one_map)
            row["density"] = float(np.mean(completing - model.predict(outside).nll))
            rows[K, rank] = row
    if not rows:
        raise LmphysError(
            f"{train.n_transitions} transitions support no pair of K and k: use fewer directions or more chains"
        )
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis(["n_regimes", "rank"]).sort_index()


def describe_grids(grids: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The gains of `score_grid` over all pairs with more than one regime, in percentage points, a row a corpus.

    Columns: `pairs`; `target seen, most`, the largest leaking gain; of the honest one at equal penalty `least`, `most`,
    and the numbers of pairs whose interval lies above and below 0.
    """
    rows = {}
    for name, grid in grids.items():
        more = grid[grid.index.get_level_values("n_regimes") > 1]
        rows[name] = {
            "pairs": len(more),
            "target seen, most": 100 * more["leaking"].max(),
            "honest at equal penalty, least": 100 * more["equal"].min(),
            "most": 100 * more["equal"].max(),
            "above 0": (more["equal_low"] > 0).sum(),
            "below 0": (more["equal_high"] < 0).sum(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("corpus")
