"""Walkers with weights: how many of them count, what their mean weight says, and how they are drawn anew."""

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.weights import effective_size

_LEAST_EFFECTIVE = 10.0  # walkers; with fewer a mean is that of a handful


def log_mean(log_weights: np.ndarray) -> float:
    """Logarithm of the mean weight of (M,) walkers."""
    largest = log_weights.max()
    return float(largest + np.log(np.exp(log_weights - largest).mean()))


def log_mean_interval(log_weights: np.ndarray, *, n_bootstrap: int = 500, seed: int = 0) -> Interval:
    """`log_mean` with a 95 % interval over walkers, which must be independent: never drawn anew from each other."""
    largest = log_weights.max()
    weights = np.exp(log_weights - largest)
    found = bootstrap_chains(
        lambda draws: np.log(draws @ weights / len(weights)), len(weights), n_bootstrap=n_bootstrap, seed=seed
    )
    return found.map(lambda x: float(x + largest))


def normalised(log_weights: np.ndarray) -> np.ndarray:
    """(M,) weights that sum to 1."""
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def squared_variation(log_weights: np.ndarray) -> float:
    """Squared coefficient of variation of the weights, M over the effective size less 1."""
    return float(len(log_weights) / effective_size(log_weights) - 1)


def check_effective(log_weights: np.ndarray, where: str, least: float = _LEAST_EFFECTIVE) -> None:
    """Refuse weights of which only a handful counts.

    Raises:
        LmphysError: fewer than `least` walkers are effective (of a smaller number than that: fewer than half).
    """
    found = effective_size(log_weights)
    if not found >= min(least, len(log_weights) / 2):
        raise LmphysError(
            f"{found:.1f} of {len(log_weights):,} walkers are effective {where}; take smaller steps, or more walkers"
        )


def redrawn(log_weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(M,) numbers of the walkers that take the places of all, each about M w_i times; then all weigh the same.

    Systematic resampling: one uniform number, so that walker i comes ⌊M w_i⌋ or ⌈M w_i⌉ times.
    """
    m = len(log_weights)
    edges = np.cumsum(normalised(log_weights))
    return np.minimum(np.searchsorted(edges, (np.arange(m) + rng.random()) / m), m - 1)
