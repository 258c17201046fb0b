"""The central fixed point of the denoiser as the noise falls: how steep the denoiser is there, and whether it holds."""

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import NoConvergence, newton_krylov
from scipy.sparse.linalg import LinearOperator, eigsh
from scipy.special import entr

from lmphys.core.errors import LmphysError
from lmphys.generative.patterns import NoisyPatterns
from lmphys.generative.views import crossing, vertex

_KEPT = 1e-7  # patterns of a smaller posterior probability, of the largest one, are left out of the covariance
_FEW = 0.5  # share of the patterns below which those that are kept are copied
_SMALL = 40  # dimensions below which the whole covariance is made
_PLAIN_STEPS, _TRIES = 40, 4  # applications of the denoiser before the Newton method is tried again, and how often


class Centre(NamedTuple):
    """The central fixed point at falling noises.

    Attributes:
        noises: (S,) variances s, falling.
        slope: (S,) largest eigenvalue of the posterior covariance there, over s: slope of the denoiser. Below 1 the
            fixed point attracts.
        length: (S,) distance of the fixed point from the origin.
        effective: (S,) patterns that share the posterior there, the exponential of its entropy.
    """

    noises: np.ndarray
    slope: np.ndarray
    length: np.ndarray
    effective: np.ndarray

    @property
    def lost(self) -> float:
        """Noise at which the slope first passes 1; NaN where it stays below, as at a rounded transition."""
        return float(crossing(self.noises, self.slope, 1.0))

    @property
    def steepest(self) -> float:
        """Noise at which the slope is largest, on a parabola through the highest three in ln s."""
        return float(np.exp(vertex(np.log(self.noises), self.slope)))


def follow_centre(
    data: NoisyPatterns, noises: Sequence[float] | np.ndarray, *, mirrored: bool = False, tolerance: float = 1e-4
) -> Centre:
    """Follow the fixed point x = E[pattern | x] from the origin at a large noise down.

    Where a symmetry x → -x holds it stays, and its slope passes 1. Where none holds it moves with the noise, as a
    magnet does in a weak field, and the slope may stay below 1.

    Args:
        data: patterns, about their mean.
        noises: falling; the first one so large that the point is near the origin.
        mirrored: add to each pattern its mirror image, without a copy; the fixed point is then the origin. It is
            followed until the slope has passed 1.
        tolerance: how far a component may still move in a step of the denoiser, in root mean squares of the patterns.

    Raises:
        LmphysError: the noises do not fall, or so fast that the fixed point is not found.
    """
    if not len(noises) or (np.diff(noises) >= 0).any():
        raise LmphysError("the noises do not fall; give them from large to small")
    scale = float(np.sqrt(np.mean(data.patterns.astype(float) ** 2)))
    x: np.ndarray = np.zeros(data.patterns.shape[1], data.patterns.dtype)
    rows: list[tuple[float, float, float, float]] = []
    for s in map(float, noises):
        x = x if mirrored else _fixed_point(data, x, s, tolerance * scale)
        p = data.posterior(x, s)
        slope = largest_variance(data.patterns, p, centred=not mirrored) / s
        shared = float(np.exp(entr(p).sum())) * (2 if mirrored else 1)
        rows.append((s, slope, float(np.linalg.norm(x)), shared))
        if mirrored and slope >= 1:
            break
    return Centre(*np.array(rows).T)


def _fixed_point(data: NoisyPatterns, x: np.ndarray, noise: float, tolerance: float) -> np.ndarray:
    """Where the denoiser leads from x, by a Newton method near it, or after some plain steps."""
    for _ in range(_TRIES):
        # A lost search may divide by a step of length 0, which is no news.
        with contextlib.suppress(NoConvergence), np.errstate(invalid="ignore", divide="ignore"):
            return newton_krylov(lambda y: data.denoised(y, noise) - y, x, f_tol=tolerance, maxiter=12, method="lgmres")
        for _ in range(_PLAIN_STEPS):
            x = data.denoised(x, noise)
    raise LmphysError(f"no fixed point was found at the noise {noise:.4g}; let the noises fall in smaller steps")


def largest_variance(patterns: np.ndarray, weights: np.ndarray, *, centred: bool = True) -> float:
    """Largest eigenvalue of the covariance of weighted patterns: by Lanczos' method, or whole where it is small.

    Args:
        patterns: (N, d).
        weights: (N,) that sum to 1.
        centred: about their mean; else about the origin.
    """
    kept = weights > _KEPT * weights.max()
    rows, w = (patterns[kept], weights[kept]) if kept.mean() < _FEW else (patterns, weights)
    # All in the dtype of the patterns: a product of two dtypes copies the larger matrix each time.
    w = (w / w.sum()).astype(patterns.dtype)
    mean = w @ rows if centred else np.zeros(patterns.shape[1], patterns.dtype)
    d = patterns.shape[1]
    if d < _SMALL:
        whole = (rows.T * w) @ rows - np.outer(mean, mean)
        return float(np.linalg.eigvalsh(whole.astype(float))[-1])

    def times(v: np.ndarray) -> np.ndarray:
        v = np.ravel(v).astype(patterns.dtype)
        return rows.T @ (w * (rows @ v)) - mean * (mean @ v)

    start = np.random.default_rng(0).standard_normal((d,)).astype(patterns.dtype)
    if not np.any(times(start)):  # one pattern has all the weight: nothing varies, and there is nothing to iterate
        return 0.0
    operator = LinearOperator((d, d), matvec=times, dtype=patterns.dtype)
    return float(eigsh(operator, k=1, which="LA", v0=start, ncv=12, tol=1e-4, return_eigenvectors=False)[0])
