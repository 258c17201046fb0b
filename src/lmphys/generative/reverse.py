"""The reverse process: from noise to patterns along the score, with fresh noise at every step."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

# Score (n, d) at places (n, d) and a noise variance.
Score = Callable[[np.ndarray, float], np.ndarray]


def generate(score: Score, x: np.ndarray, noises: Sequence[float] | np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Follow dx = score ds + dW from the first noise to the last, and then to where the denoiser points.

    Each step is that of the exact bridge to a pattern, taken at the mean pattern, x' = m + (s'/s)(x - m) + noise of the
    variance s'(s - s')/s: the Euler step of the reverse equation in a form that stays right in the last, large steps.

    Args:
        score: of the noisy density.
        x: (n, d) places at the first noise.
        noises: falling variances s, above 0.
        rng: of the fresh noise.

    Returns:
        (n, d) the denoised places at the last noise.
    """
    for s, after in pairwise(noises):
        mean = x + s * score(x, s)
        spread = np.sqrt(after * (s - after) / s)
        x = mean + (after / s) * (x - mean) + spread * rng.standard_normal(x.shape)
    return x + noises[-1] * score(x, noises[-1])


def geometric(first: float, last: float, n: int) -> np.ndarray:
    """Noise variances (n + 1,) that fall by one factor n times: equal steps of ln s."""
    return np.geomspace(first, last, n + 1)
