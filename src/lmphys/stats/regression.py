"""Variance explained, pooled over dimensions, with intervals over chains or, of whole corpora, over questions."""

from collections.abc import Callable

import numpy as np

from lmphys.core.trajectories import Trajectories
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval


def pooled_r2(y: np.ndarray, predicted: np.ndarray) -> float:
    """1 - sum ||y - yhat||^2 / sum ||y - ybar||^2 of predictions (n, D) of targets (n, D)."""
    return 1 - float(((y - predicted) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum())


def r2_interval(
    y: np.ndarray,
    predicted: np.ndarray,
    chain: np.ndarray,
    n_chains: int,
    *,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """Pooled R^2 of predictions (n, D) of targets (n, D) with a 95 % interval over chains.

    A replicate compares with the mean target of its own chains, so it needs for each chain the number of rows
    and the sums of ||y - yhat||^2, of y and of ||y||^2.

    Args:
        y: targets.
        predicted: predictions.
        chain: (n,) chain of each row, in 0..n_chains-1.
        n_chains: C, chains without rows included.
        n_bootstrap: replicates.
        seed: of the resampling.
    """
    return bootstrap_chains(r2_of_weights(y, predicted, chain, n_chains), n_chains, n_bootstrap=n_bootstrap, seed=seed)


def r2_gain(
    traj: Trajectories,
    forecast: np.ndarray,
    baseline: np.ndarray,
    *,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """R^2 of one forecast of h_{t+1} minus that of another, with a 95 % interval over questions, paired.

    Args:
        traj: C chains.
        forecast: (N - C, D) in the order of `traj.pairs()`.
        baseline: likewise.
        n_bootstrap: replicates.
        seed: of the resampling; each replicate has the same questions for both.
    """
    h_next = traj.pairs()[1].astype(np.float64)
    return r2_difference(h_next, forecast, baseline, *traj.step_questions(), n_bootstrap=n_bootstrap, seed=seed)


def r2_difference(
    y: np.ndarray,
    predicted: np.ndarray,
    baseline: np.ndarray,
    chain: np.ndarray,
    n_chains: int,
    *,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """R^2 of predictions minus that of others, paired; arguments as in `r2_interval`."""
    one, other = (r2_of_weights(y, x, chain, n_chains) for x in (predicted, baseline))
    return bootstrap_chains(lambda w: one(w) - other(w), n_chains, n_bootstrap=n_bootstrap, seed=seed)


def r2_of_weights(
    y: np.ndarray, predicted: np.ndarray, chain: np.ndarray, n_chains: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Pooled R^2 as a function of the weights of chains, (R, C) to (R,)."""
    sse = sum_by_group(((y - predicted) ** 2).sum(axis=1), chain, n_chains)
    about_mean = spread(y, chain, n_chains)
    return lambda weights: 1 - weights @ sse / about_mean(weights)


def spread(y: np.ndarray, chain: np.ndarray, n_chains: int) -> Callable[[np.ndarray], np.ndarray]:
    """Sum of ||y - ybar||^2 as a function of the weights of chains, (R, C) to (R,), ybar the mean of each replicate.

    Args:
        y: targets (n, D).
        chain: (n,) chain of each row, in 0..n_chains-1.
        n_chains: C.
    """
    # Centring leaves the spread unchanged and keeps the difference of sums accurate.
    centred = y - y.mean(axis=0, dtype=np.float64)
    square, count = sum_by_group(np.stack([(centred**2).sum(axis=1), np.ones(len(y))], axis=1), chain, n_chains).T
    total = sum_by_group(centred, chain, n_chains)
    return lambda weights: weights @ square - ((weights @ total) ** 2).sum(axis=1) / (weights @ count)


def expected_r2_ar1(r: float) -> tuple[float, float]:
    """R^2(h) = r^2 and R^2(dh) = (1 - r) / 2 of the best one-step forecast of a stationary AR(1) process.

    r = 0 is the case of states without dynamics: 0 and 0.5. An R^2 of increments near 0.5 is no sign of
    dynamics.
    """
    return r**2, (1 - r) / 2
