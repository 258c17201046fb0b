"""When noise lets two classes be told apart, as their means and common covariance predict it."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr, expit

from lmphys.core.errors import LmphysError

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


def separation(patterns: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distance of the means of two classes along each direction of their common covariance.

    Args:
        patterns: (N, d).
        labels: (N,) of 0 and 1.

    Returns:
        (d,) squared distances and (d,) variances within classes; the noise s adds to the latter.

    Raises:
        LmphysError: not two classes.
    """
    if set(np.unique(labels)) != {0, 1}:
        raise LmphysError(f"labels {np.unique(labels)[:5]}; give two classes, 0 and 1")
    means = np.stack([patterns[labels == c].mean(axis=0) for c in (0, 1)])
    within = patterns - means[labels]
    variances, basis = np.linalg.eigh((within.T @ within / len(patterns)).astype(float))
    return (((means[1] - means[0]) @ basis) ** 2).astype(float), np.maximum(variances, 0.0)


def _log_odds(distance2: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of class 1 at the nodes, for views of class 0 and of class 1: normal, variance D² and means ∓ D² / 2."""
    spread, offset = np.sqrt(distance2) * _NODES, np.log(share / (1 - share))
    return offset - 0.5 * distance2 + spread, offset + 0.5 * distance2 + spread


def expected_class_entropy(distance2: float, share: float = 0.5) -> float:
    """Mean entropy of the class given a view, nats, for two Gaussians of one covariance.

    Args:
        distance2: squared Mahalanobis distance D² of their means, noise included.
        share: of class 1.
    """
    total = 0.0
    for odds, weight in zip(_log_odds(distance2, share), (1 - share, share), strict=True):
        total += weight * float(_NODE_WEIGHTS @ (entr(expit(odds)) + entr(expit(-odds))))
    return total


def expected_class_purity(distance2: float, share: float = 0.5) -> float:
    """Mean of Σ P(class | view)² for two Gaussians: chance that clones that part there end in one class.

    Arguments as `expected_class_entropy`.
    """
    total = 0.0
    for odds, weight in zip(_log_odds(distance2, share), (1 - share, share), strict=True):
        total += weight * float(_NODE_WEIGHTS @ (expit(odds) ** 2 + expit(-odds) ** 2))
    return total


def decision_noise(patterns: np.ndarray, labels: np.ndarray, *, part: float = 0.5) -> float:
    """Noise at which a part of the entropy of the class is left, were both classes Gaussian; NaN if more always is.

    Args:
        patterns: (N, d).
        labels: (N,) of 0 and 1.
        part: that is left.
    """
    squares, variances = separation(patterns, labels)
    share = float(np.mean(labels))
    prior = float(entr(share) + entr(1 - share))
    top = float(variances.max() + squares.sum())

    def left(ln_s: float) -> float:
        return expected_class_entropy(float((squares / (variances + np.exp(ln_s))).sum()), share) / prior - part

    low, high = np.log(1e-6 * top), np.log(1e4 * top)
    return float(np.exp(brentq(left, low, high))) if left(low) < 0 < left(high) else float("nan")
