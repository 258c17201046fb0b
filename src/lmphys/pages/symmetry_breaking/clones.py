"""Clones: two copies that part at a noise and run back with fresh noise of their own. Do they end in one class?"""

from typing import NamedTuple

import numpy as np

from lmphys.generative import NoisyPatterns, generate, geometric
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval


class Clones(NamedTuple):
    """Pairs of clones of two Gaussians, by the noise at which they part.

    Attributes:
        noises: (S,) variances s.
        together: (S, n) whether both of a pair end in the same class.
        expected: (S, n) probability of that at the place where they parted, Σ P(c | x)².
    """

    noises: np.ndarray
    together: np.ndarray
    expected: np.ndarray

    def share(self, i: int, *, seed: int = 0) -> Interval:
        """Share of the pairs that end in one class, over pairs, at the i-th noise."""
        return mean_interval(self.together[i], groups=None, bounds=(0, 1), seed=seed)

    def excess(self, *, seed: int = 0) -> Interval:
        """Share of pairs that end together less what is expected of them, mean over the noises; over pairs."""
        return mean_interval((self.together - self.expected).mean(axis=0), groups=None, seed=seed)


def run_clones(
    noises: np.ndarray,
    *,
    n: int,
    steps: int,
    d: int = 4,
    variance: float = 0.05,
    seed: int = 0,
) -> Clones:
    """Two Gaussians with the means ∓1 along the first of d axes, run back from each noise along the exact score.

    Args:
        noises: (S,) at which the clones part.
        n: pairs at each noise.
        steps: of the reverse process from the noise to 1/1000 of the variance.
        d: dimension.
        variance: of each Gaussian along each axis, so small that they hardly overlap.
        seed: of data and noise.
    """
    means = np.zeros((2, d))
    means[:, 0] = -1, 1
    centres, rng = NoisyPatterns(means), np.random.default_rng(seed)
    together, expected = [], []
    for s in noises:
        x, _ = centres.draw(s + variance, n, rng)
        expected.append((centres.posterior(x, s + variance) ** 2).sum(axis=-1))
        path = geometric(s, variance / 1000, steps)
        # A Gaussian of the variance v around each mean is the mean itself at the noise s + v.
        ends = [generate(lambda y, at: centres.score(y, at + variance), x, path, rng) for _ in range(2)]
        sides = [centres.posterior(end, variance).argmax(axis=-1) for end in ends]
        together.append(sides[0] == sides[1])
    return Clones(np.asarray(noises, float), np.array(together), np.array(expected))
