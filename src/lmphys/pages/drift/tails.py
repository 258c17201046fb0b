"""Tails of the residuals along single directions."""

import numpy as np
import pandas as pd

from lmphys.stats.tails import excess_kurtosis_interval


def kurtosis_by_direction(residuals: np.ndarray, chain: np.ndarray, *, n_shown: int = 5, seed: int = 0) -> pd.DataFrame:
    """Excess kurtosis of the first directions and the median over all, with 95 % intervals over chains.

    Args:
        residuals: (n, k) of the transitions, in coordinates of the subspace.
        chain: (n,) chain of each transition.
        n_shown: directions with a row of their own.
        seed: of the bootstrap.

    Returns:
        Columns `excess kurtosis`, `low` and `high`; the last row is `median of all`.
    """
    parts = {f"direction {i}": column for i, column in enumerate(residuals.T[:n_shown])}
    parts["median of all"] = residuals
    rows = [excess_kurtosis_interval(part, chain, seed=seed) for part in parts.values()]
    return pd.DataFrame(rows, index=list(parts), columns=["excess kurtosis", "low", "high"]).astype(float)
