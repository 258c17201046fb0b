"""A finite set of patterns under Gaussian noise: posterior, denoiser and score in closed form."""

import numpy as np
from scipy.special import logsumexp

from lmphys.core.errors import LmphysError


class NoisyPatterns:
    """Data that are one of N patterns x_i, with weights w_i, seen through noise: x = x_i + √s z, z standard normal.

    The noise variance s is the clock of the variance-exploding process; the variance-preserving one is the same with x
    divided by √(1 + s), at the time t with s = e^{2t} - 1. A mixture of Gaussians of one variance v around the patterns
    is this set at the noise s + v.

    Args:
        patterns: (N, d); their dtype is that of all products.
        log_weights: (N,) logarithms of the weights, up to a constant; equal ones by default. Those of the tilted prior
            w_i exp(-|x_i|² / 2s) are what the posterior at x = 0 shows.

    Raises:
        LmphysError: no patterns, or weights of another number.
    """

    def __init__(self, patterns: np.ndarray, log_weights: np.ndarray | None = None) -> None:
        if np.ndim(patterns) != 2 or not np.size(patterns):
            raise LmphysError(f"patterns of shape {np.shape(patterns)}; give rows of patterns")
        self.patterns = np.asarray(patterns)
        weights = np.zeros(len(self.patterns)) if log_weights is None else np.asarray(log_weights, float)
        if weights.shape != (len(self.patterns),):
            raise LmphysError(f"{len(self.patterns)} patterns and weights of shape {weights.shape}; give one for each")
        self.log_weights = weights - logsumexp(weights)
        self._half_squares = 0.5 * (self.patterns.astype(float) ** 2).sum(axis=1)

    def _logits(self, x: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
        """Log-weights of the posterior without what is common to all patterns, (..., N)."""
        overlaps = np.asarray(x, self.patterns.dtype) @ self.patterns.T
        return (overlaps - self._half_squares) / np.asarray(noise, float)[..., None] + self.log_weights

    def posterior(self, x: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
        """Probability (..., N) of each pattern, given what is seen.

        Args:
            x: (..., d) noisy patterns.
            noise: variance s, above 0; one, or (...,).
        """
        logits = self._logits(x, noise)
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def denoised(self, x: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
        """Mean of the pattern given what is seen, (..., d): the best denoiser. Arguments as `posterior`."""
        return self.posterior(x, noise).astype(self.patterns.dtype) @ self.patterns

    def score(self, x: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
        """Gradient of `log_density`, (denoised - x) / s, (..., d). Arguments as `posterior`."""
        return (self.denoised(x, noise) - x) / np.asarray(noise, float)[..., None]

    def log_density(self, x: np.ndarray, noise: float | np.ndarray) -> np.ndarray:
        """Log density (...) of what is seen, nats. Arguments as `posterior`."""
        s = np.asarray(noise, float)
        squares = (np.asarray(x, float) ** 2).sum(axis=-1)
        size = self.patterns.shape[1] * np.log(2 * np.pi * s)
        return logsumexp(self._logits(x, s), axis=-1) - 0.5 * (squares / s + size)

    def covariance(self, x: np.ndarray, noise: float) -> np.ndarray:
        """Covariance (d, d) of the pattern given that x (d,) is seen; over s it is the slope of the denoiser."""
        p = self.posterior(x, noise)
        apart = self.patterns - p @ self.patterns
        return (apart * p[:, None]).T @ apart

    def settle(
        self,
        x: np.ndarray,
        noise: float,
        *,
        field: float | np.ndarray = 0.0,
        tolerance: float = 1e-10,
        most: int = 20_000,
    ) -> np.ndarray:
        """Where the denoiser leads if it is applied again and again: x ← E[pattern | x + s h], (..., d).

        Without a field its fixed points are those of the score, the maxima, minima and saddles of the noisy density.

        Args:
            x: (..., d) where to start.
            noise: s.
            field: h, one, or (d,).
            tolerance: a step shorter than this, in every row, is the end.
            most: steps.

        Raises:
            LmphysError: it does not settle, as at a critical point.
        """
        for _ in range(most):
            after = self.denoised(x + noise * np.asarray(field), noise)
            if np.abs(after - x).max() < tolerance:
                return after
            x = after
        raise LmphysError(f"no fixed point within {most} steps: the noise is near a critical one; move it")

    def draw(self, noise: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """What is seen (n, d), and the numbers (n,) of the patterns under it."""
        which = rng.choice(len(self.patterns), n, p=np.exp(self.log_weights))
        seen = self.patterns[which] + np.sqrt(noise) * rng.standard_normal((n, self.patterns.shape[1]))
        return seen, which
