"""What the spectrum of a set of patterns alone says about when one of them is recognised through noise.

For Gaussian patterns with the variances λ_i along their principal directions the information that one noisy view has
about its pattern is Σ ½ ln(1 + λ_i / s) nats in the mean, with variance Σ λ_i / (λ_i + s). N patterns can be told apart
while that exceeds ln N: below, one of them holds the posterior (it *condenses* on it), as in the random energy model.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from lmphys.core.errors import LmphysError


def principal_variances(patterns: np.ndarray) -> np.ndarray:
    """Variances (d,) along the principal directions of patterns (N, d), the largest first."""
    centred = patterns - patterns.mean(axis=0)
    found = np.linalg.eigvalsh((centred.T @ centred / len(patterns)).astype(float))[::-1]
    return np.maximum(found, 0.0)


def information(variances: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
    """Mean information of one view about its pattern, nats, in the shape of `noise`.

    Args:
        variances: (d,) of the patterns along their principal directions.
        noise: variance s, above 0.
    """
    s = np.asarray(noise, float)[..., None]
    return 0.5 * np.log1p(variances / s).sum(axis=-1)


def dispersion(variances: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
    """Variance of that information from view to view, nats². Arguments as `information`."""
    s = np.asarray(noise, float)[..., None]
    return (variances / (variances + s)).sum(axis=-1)


def condensation_noise(variances: np.ndarray, nats: float) -> float:
    """Noise at which one view tells just as much as is to be known.

    Args:
        variances: (d,), as in `information`.
        nats: what is to be known, ln N for N patterns of equal weight.

    Raises:
        LmphysError: nothing is to be known, or nothing varies.
    """
    scale = float(np.max(variances, initial=0.0))
    if not (nats > 0 and scale > 0):
        raise LmphysError(f"{nats} nats to be known of patterns of variance {scale}; give at least two that differ")
    lowest = scale * np.exp(-2 * nats - 1)  # there the largest variance alone tells more
    highest = scale * len(variances) / nats  # there ½ Σ λ / s, which is more than is told, is too little

    def beyond(ln_s: float) -> float:
        return float(information(variances, np.exp(ln_s))) - nats

    return float(np.exp(brentq(beyond, np.log(lowest), np.log(highest))))


def isotropic_condensation(variance: float, nats: float, d: int) -> float:
    """The same noise for d equal variances, s = σ² / (e^{2 nats / d} - 1): Biroli et al. 2024, their collapse time."""
    return variance / np.expm1(2 * nats / d)


def recognised(variances: np.ndarray, noise: float | np.ndarray, nats: float) -> np.ndarray:
    """Expected posterior probability of the true pattern: chance that its view tells more than is to be known.

    The information is taken as normal, and the posterior as 0 or 1: right for many dimensions.

    Args:
        variances: (d,), as in `information`.
        noise: s.
        nats: ln N.
    """
    return ndtr((information(variances, noise) - nats) / np.sqrt(dispersion(variances, noise)))
