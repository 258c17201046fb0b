"""Tails and modes of the residuals, whole and along single directions."""

from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import binomtest, kurtosis

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.modes import count_modes, dip_test
from lmphys.stats.tails import excess_kurtosis_interval


def kurtosis_by_direction(
    residuals: np.ndarray, question: np.ndarray, *, n_shown: int = 5, seed: int = 0
) -> pd.DataFrame:
    """Excess kurtosis of the first directions and the median over all, with 95 % intervals over questions.

    Args:
        residuals: (n, k) of the transitions, in coordinates of the subspace.
        question: (n,) question of each transition.
        n_shown: directions with a row of their own.
        seed: of the bootstrap.

    Returns:
        Columns `excess kurtosis`, `low` and `high`; the last row is `median of all`.
    """
    parts = {f"direction {i}": column for i, column in enumerate(residuals.T[:n_shown])}
    parts["median of all"] = residuals
    rows = [excess_kurtosis_interval(part, question, seed=seed) for part in parts.values()]
    return pd.DataFrame(rows, index=list(parts), columns=["excess kurtosis", "low", "high"]).astype(float)


def mode_count(x: np.ndarray, groups: np.ndarray, *, n_bootstrap: int = 200, seed: int = 0) -> Interval:
    """Number of modes of a sample (n,), as `count_modes` has it, with a 95 % interval over groups.

    Args:
        x: the sample.
        groups: (n,) question of each value.
        n_bootstrap: replicates.
        seed: of the resampling.
    """
    codes, names = pd.factorize(np.asarray(groups))

    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.array([float(count_modes(x, weights=w)) for w in weights[:, codes]])

    return bootstrap_chains(statistic, len(names), n_bootstrap=n_bootstrap, seed=seed)


def multimodal_share(residuals: np.ndarray) -> Interval:
    """Share of the directions in which the dip test rejects one mode at 5 %, with the exact binomial interval (95 %).

    The interval is over directions, taken as independent; whole questions cannot be resampled here, as repeated values
    are modes to the test.

    Args:
        residuals: (n, k) of the transitions, in coordinates of the subspace.
    """
    rejected = sum(dip_test(column)[1] < 0.05 for column in residuals.T)
    found = binomtest(rejected, residuals.shape[1]).proportion_ci(0.95)
    return Interval(rejected / residuals.shape[1], float(found.low), float(found.high))


def surrogate_tails(
    train: Trajectories, test: Trajectories, *, ridge: float, n_draws: int = 4, seed: int = 0
) -> dict[str, Interval]:
    """What residuals of chains of one map show, with one mode in every direction: mean and range over draws.

    Args:
        train: chains to fit, in coordinates of the subspace.
        test: held-out chains.
        ridge: of the map.
        n_draws: of each kind.
        seed: of the first draw.

    Returns:
        "kurtosis, Gaussian surrogates", the median excess kurtosis over the directions; and "modes, Student
        surrogates", the share of directions of `multimodal_share`.
    """
    drift = LinearDrift(ridge).fit(train)

    def residuals(noise: Literal["gaussian", "student"], draw: int) -> np.ndarray:
        parts = (linear_surrogates(drift, part, noise=noise, seed=draw + i) for i, part in enumerate((train, test)))
        made, unseen = parts
        return LinearDrift(ridge).fit(made).residuals(unseen)

    draws = range(seed, seed + 2 * n_draws, 2)
    kurtoses = [float(np.median(kurtosis(residuals("gaussian", draw), axis=0))) for draw in draws]
    shares = [multimodal_share(residuals("student", draw)).value for draw in draws]
    names = ("kurtosis, Gaussian surrogates", "modes, Student surrogates")
    return {
        name: Interval(float(np.mean(each)), min(each), max(each))
        for name, each in zip(names, (kurtoses, shares), strict=True)
    }
