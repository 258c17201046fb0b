"""How much of a score of a switching model is a forecast, and how much is what its weights have seen."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Data, as_trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.regression import pooled_r2


def leak_curve(train: Data, test: Data, n_regimes: Iterable[int] = range(1, 9), **settings: Any) -> pd.DataFrame:
    """Scores of each kind of regime weights on held-out chains, by the number of regimes.

    With one regime all kinds are the same forecast. What the leaking ones gain with K on chains in which
    nothing can be forecast (`shuffle_chains`) measures the leak: each further regime is one more answer that
    may be chosen with the target in sight.

    Args:
        train: chains to fit.
        test: chains to score; not those of `train`.
        n_regimes: the values of K.
        settings: of `SLDS`.

    Returns:
        A row for each K and kind: `n_regimes`, `weights` (a name of `SLDS.forecasts`), `r2_h` and `r2_dh`, R^2 of
        the next state and of the increment, pooled over dimensions.

    Raises:
        LmphysError: as in `SLDS.fit` and `SLDS.forecasts`.
    """
    train, test = as_trajectories(train), as_trajectories(test)
    h, h_next = (x.astype(np.float64) for x in test.pairs()[:2])
    rows = []
    for K in n_regimes:
        for name, forecast in SLDS(K, **settings).fit(train).forecasts(test).items():
            r2 = {"r2_h": pooled_r2(h_next, forecast), "r2_dh": pooled_r2(h_next - h, forecast - h)}
            rows.append({"n_regimes": K, "weights": name, **r2})
    return pd.DataFrame(rows)
