"""Densities of what a forecast leaves over: Gaussian, around 0."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

# Added to a residual covariance before a density is computed, as a share of its mean variance: enough for a
# stable factorisation, too little to move a direction that the data determine.
RELATIVE_JITTER = 1e-6
# A dimension that keeps less of its variance once those before it are known is determined by them, up to rounding.
_DETERMINED = 1e-12


def gaussian_nll(residuals: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Negative log density of residuals (m, d) under N(0, covariance), nats, (m,).

    Returns:
        NaN throughout where the covariance (d, d) is singular up to rounding; 0 for d = 0.
    """
    width = len(covariance)
    try:
        factor = cho_factor(covariance)
    except LinAlgError:
        return np.full(len(residuals), np.nan)
    pivots = np.diag(factor[0])
    # Rounding can leave a singular matrix a factor, which then means nothing.
    if (pivots**2 <= _DETERMINED * np.diag(covariance)).any():
        return np.full(len(residuals), np.nan)
    # Half the log determinant is the sum of the logs of the factor's diagonal.
    log_volume = np.log(pivots).sum() + 0.5 * width * np.log(2 * np.pi)
    residuals = residuals.astype(np.float64)
    return log_volume + 0.5 * (residuals * cho_solve(factor, residuals.T).T).sum(axis=1)


def residual_nll(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Negative log density of each test residual, nats, under a Gaussian around the forecast.

    Its covariance is that of the training residuals about 0, sum xi xi^T / n, plus `RELATIVE_JITTER` of its
    mean variance on the diagonal.

    Args:
        train: (n, D) residuals that the covariance is taken from.
        test: (m, D) residuals to score.

    Returns:
        (m,); NaN where there is no such density: fewer training rows than dimensions, or residuals that are all 0.
    """
    train = train.astype(np.float64)
    return estimated_nll(test, train.T @ train / max(len(train), 1), len(train))


def estimated_nll(residuals: np.ndarray, covariance: np.ndarray, n: int) -> np.ndarray:
    """As `residual_nll`, when the covariance (D, D) of the n training residuals is known already."""
    width = len(covariance)
    if n < width:
        return np.full(len(residuals), np.nan)
    return gaussian_nll(residuals, covariance + RELATIVE_JITTER * np.trace(covariance) / width * np.eye(width))
