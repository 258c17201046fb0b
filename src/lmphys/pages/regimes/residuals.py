"""Residuals of several corpora, and how much of them the regimes explain."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.dynamics.mixtures import Regimes
from lmphys.stats.modes import dip_test
from lmphys.stats.student import mardia_excess
from lmphys.stats.tails import group_r2


def describe_residuals(found: Mapping[str, Regimes]) -> pd.DataFrame:
    """Size, tails and modes of the residuals of held-out chains, a row a corpus.

    Returns:
        `root mean square` length; `excess kurtosis` of Mardia, 0 for a Gaussian; p of the dip test for a second mode
        in the lengths and along the first direction, `dip p, length` and `dip p, direction 0`.
    """
    rows = {
        name: {
            "root mean square": np.sqrt((regimes.residuals**2).sum(axis=1).mean()),
            "excess kurtosis": mardia_excess(regimes.residuals),
            "dip p, length": dip_test(np.linalg.norm(regimes.residuals, axis=1))[1],
            "dip p, direction 0": dip_test(regimes.residuals[:, 0])[1],
        }
        for name, regimes in found.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("corpus")


def explained_by_regime(found: Mapping[str, Regimes], chain: np.ndarray, *, seed: int) -> pd.Series:
    """Variance of the residuals explained by the mean of the regime, learned on other chains.

    Args:
        found: corpus to the regimes of its held-out chains.
        chain: (m,) chain of each transition, the same for all corpora.
        seed: of the folds.
    """
    shares = {name: group_r2(r.residuals, r.labels, chain, seed=seed).r2 for name, r in found.items()}
    return pd.Series(shares, name="variance explained by the mean of the regime").rename_axis("corpus")
