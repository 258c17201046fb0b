"""Starting the reverse process late, from a Gaussian: what becomes of the shares of the patterns, and of diversity."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import entr

from lmphys.generative import NoisyPatterns, generate, geometric
from lmphys.stats.interval import Interval, percentile_interval

# Four points in the plane: two far pairs of two near points each, with unequal weights.
FAR, NEAR = 3.0, 0.6
WEIGHTS = (0.1, 0.2, 0.3, 0.4)
# Ways to start at a noise: the true noisy density, a Gaussian of its mean and covariance, and its mean alone.
TRUE, GAUSSIAN, POINT = "true density", "Gaussian", "one point"
STARTS = (TRUE, GAUSSIAN, POINT)


def four_points() -> NoisyPatterns:
    """Two pairs, FAR apart on either side of 0 along the first axis, their points NEAR along the second."""
    places = np.array([[-FAR, -NEAR], [-FAR, NEAR], [FAR, -NEAR], [FAR, NEAR]])
    return NoisyPatterns(places, np.log(WEIGHTS))


def critical_noises() -> tuple[float, float]:
    """Noises below which the pairs, and then the points of a pair, are told apart: variances along the two axes."""
    data = four_points()
    w = np.exp(data.log_weights)
    apart = data.patterns - w @ data.patterns
    far, near = w @ apart**2
    return float(far), float(near)


class Ends(NamedTuple):
    """Where samples ended.

    Attributes:
        noise: s at which the process was started.
        start: one of `STARTS`.
        which: (n,) number of the pattern at which each sample ended.
        truth: (N,) weights of the patterns.
    """

    noise: float
    start: str
    which: np.ndarray
    truth: np.ndarray

    def error(self, *, seed: int = 0) -> Interval:
        """Total variation distance of the shares of the patterns from their weights, over samples."""
        return self._over_samples(lambda shares: 0.5 * np.abs(shares - self.truth).sum(axis=-1), seed)

    def diversity(self, *, seed: int = 0) -> Interval:
        """Patterns that are met, as the exponential of the entropy of their shares, over samples."""
        return self._over_samples(lambda shares: np.exp(entr(shares).sum(axis=-1)), seed)

    def _over_samples(self, statistic: Callable[[np.ndarray], np.ndarray], seed: int) -> Interval:
        """A function of the shares, with its interval: to draw samples anew is to draw their counts."""
        n = len(self.which)
        shares = np.bincount(self.which, minlength=len(self.truth)) / n
        drawn = np.random.default_rng(seed).multinomial(n, shares, size=1000) / n
        return percentile_interval(statistic(drawn), float(statistic(shares)))


def start_late(
    data: NoisyPatterns, noise: float, start: str, *, n: int, steps: int, last: float, seed: int = 0
) -> Ends:
    """Samples of the reverse process that begins at a noise.

    Args:
        data: patterns with their weights.
        noise: s at which it begins.
        start: one of `STARTS`.
        n: samples.
        steps: to the last noise.
        last: noise so low that each sample stands at its pattern.
        seed: of start and noise.
    """
    rng = np.random.default_rng(seed)
    w = np.exp(data.log_weights)
    mean = w @ data.patterns
    x, _ = data.draw(noise, n, rng)
    if start == GAUSSIAN:
        apart = data.patterns - mean
        covariance = (apart * w[:, None]).T @ apart + noise * np.eye(len(mean))
        x = rng.multivariate_normal(mean, covariance, n)
    elif start == POINT:
        x = np.tile(mean, (n, 1))
    ends = generate(data.score, x, geometric(noise, last, steps), rng)
    return Ends(noise, start, data.posterior(ends, last).argmax(axis=-1), w)


def start_at_each(
    data: NoisyPatterns, noises: Sequence[float], *, n: int, steps: int, last: float, seed: int = 0
) -> list[Ends]:
    """All starts at all noises, in the order of `STARTS` for each noise. Arguments as `start_late`."""
    return [
        start_late(data, s, start, n=n, steps=steps, last=last, seed=seed + i)
        for i, s in enumerate(noises)
        for start in STARTS
    ]
