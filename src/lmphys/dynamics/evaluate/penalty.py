"""The penalty of the linear map, chosen on chains that it has not seen."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.stats.folds import hold_out, question_folds


def choose_ridge(traj: Data, ridges: Sequence[float], *, n_folds: int = 3, seed: int = 0) -> pd.Series:
    """Root mean square length of held-out residuals for each penalty.

    Args:
        traj: training chains.
        ridges: penalties.
        n_folds: folds of questions.
        seed: of the folds.

    Returns:
        Indexed by the penalty λ; the best one is its `idxmin`.
    """
    traj = as_trajectories(traj)
    fold = question_folds(traj, n_folds, seed)

    def length(ridge: float) -> float:
        def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
            return {"residual": LinearDrift(ridge).fit(train).residuals(test)}

        found = hold_out(score, traj, fold, range(n_folds))["residual"]
        return float((found**2).sum(axis=1).mean() ** 0.5)

    lengths = {ridge: length(ridge) for ridge in ridges}
    return pd.Series(lengths, name="length of held-out residuals").rename_axis("λ")
