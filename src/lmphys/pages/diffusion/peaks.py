"""Two normal peaks on a line, where everything that the paper says can be integrated on a grid."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.special import expit, logsumexp
from torch import Tensor

from lmphys.generative import GaussianNoise
from lmphys.generative.noise import Denoiser

PLACE, VARIANCE = 3.0, 0.1  # of the two peaks, at ± PLACE


class Peaks(NamedTuple):
    """Peaks at ± place with a variance each."""

    place: float = PLACE
    variance: float = VARIANCE

    @property
    def whole(self) -> float:
        """Variance of the data."""
        return self.place**2 + self.variance

    def scaled(self) -> "Peaks":
        """The same with variance 1."""
        return Peaks(self.place / self.whole**0.5, self.variance / self.whole)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """(n, 1) data."""
        return rng.choice([-self.place, self.place], (n, 1)) + self.variance**0.5 * rng.standard_normal((n, 1))

    def entropy(self, kept: float) -> float:
        """Entropy of the data of whose variance a share is kept, with standard normal noise for the rest; bits."""
        centre, variance = kept**0.5 * self.place, kept * self.variance + 1 - kept
        reach = centre + 10 * variance**0.5
        x, dx = np.linspace(-reach, reach, 4001, retstep=True)
        p = sum(np.exp(-((x - c) ** 2) / (2 * variance)) for c in (-centre, centre))
        p = p / (2 * (2 * np.pi * variance) ** 0.5)
        return float(-(p * np.log2(np.maximum(p, 1e-300))).sum() * dx)

    def denoiser(self, noise: GaussianNoise) -> Denoiser:
        """Exact mean and variance of x_0 behind x_t: the best chain of normal steps."""

        def guess(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
            kept = noise.kept[t][..., None]
            variance = kept * self.variance + 1 - kept
            gain = kept.sqrt() * self.variance / variance
            right = torch.sigmoid(2 * x * kept.sqrt() * self.place / variance)
            away = self.place * (1 - gain * kept.sqrt())
            mean = gain * x + away * (2 * right - 1)
            return mean, self.variance * (1 - gain * kept.sqrt()) + 4 * away**2 * right * (1 - right)

        return guess


def entropy_bounds(peaks: Peaks, n_steps: int = 20) -> pd.DataFrame:
    """A row a step t = 2 ... T: entropy of the reverse step and its two bounds (eq. 24), bits.

    The process is that of the paper, step t replacing a share 1 / (T - t + 1) of the variance by noise of variance 1.
    """
    half = 0.5 * np.log2(2 * np.pi * np.e)
    rows = []
    for t in range(2, n_steps + 1):
        before, now = (n_steps - t + 1) / n_steps, (n_steps - t) / n_steps
        forward = half + 0.5 * np.log2(1 / (n_steps - t + 1))  # H(X_t | X_{t-1})
        spread = 0.5 * np.log2((1 - before) / (1 - now))  # H(X_{t-1} | X_0) - H(X_t | X_0)
        exact = forward + peaks.entropy(before) - peaks.entropy(now)
        rows.append((t, forward + spread, exact, forward))
    table = pd.DataFrame(rows, columns=["step", "lower", "exact", "upper"])
    slack = 1e-6  # of the sums on the grid
    within = (table["lower"] <= table["exact"] + slack) & (table["exact"] <= table["upper"] + slack)
    return table.assign(holds=within)


class Likelihoods(NamedTuple):
    """Log likelihood of places under one coarse chain, nats, by three ways.

    Attributes:
        places: (m,) x_0.
        exact: (m,) of the chain itself, on a grid.
        data: (m,) of the data: what a perfect chain would have.
        from_paths: (m,) log of the exponential mean of minus the work of forward paths (eq. 9).
        error: (m,) its standard error.
        mean_work: (m,) minus the mean work, the bound K.
        work: (m, n) of each path, nats.
    """

    places: np.ndarray
    exact: np.ndarray
    data: np.ndarray
    from_paths: np.ndarray
    error: np.ndarray
    mean_work: np.ndarray
    work: np.ndarray


def likelihoods(peaks: Peaks, n_steps: int, n_places: int, n_paths: int, seed: int = 0) -> Likelihoods:
    """Compare the likelihood from forward paths with that of the chain, at places drawn from the data."""
    noise = GaussianNoise(n_steps, first=0.05, final=100)
    denoiser = peaks.denoiser(noise)
    places = peaks.draw(n_places, np.random.default_rng(seed))
    x0 = torch.from_numpy(places).repeat_interleave(n_paths, 0)
    work = noise.work(denoiser, x0, torch.Generator().manual_seed(seed)).numpy().reshape(n_places, n_paths)
    from_paths = logsumexp(-work, axis=1) - np.log(n_paths)
    scaled = np.exp(-work - from_paths[:, None])
    density = [np.exp(-((places - c) ** 2) / (2 * peaks.variance)) for c in (-peaks.place, peaks.place)]
    return Likelihoods(
        places[:, 0],
        _on_grid(noise, denoiser, places),
        np.log(sum(density) / (2 * (2 * np.pi * peaks.variance) ** 0.5))[:, 0],
        from_paths,
        scaled.std(axis=1, ddof=1) / n_paths**0.5,
        -work.mean(axis=1),
        work,
    )


def _on_grid(noise: GaussianNoise, denoiser: Denoiser, places: np.ndarray) -> np.ndarray:
    """Log density (m,) of the chain at places, its law carried from step to step on a grid."""
    grid = torch.linspace(-7, 7, 2001, dtype=torch.float64)[:, None]
    width = float(grid[1, 0] - grid[0, 0])
    law = noise.log_end(grid).exp()
    for t in range(noise.n_steps, 0, -1):
        steps = torch.full((len(grid),), t)
        mean, variance = noise.reverse_law(grid, steps, denoiser(grid, steps))
        to = grid if t > 1 else torch.from_numpy(places)
        kernel = (-((to.T - mean) ** 2) / (2 * variance)).exp() / (2 * torch.pi * variance).sqrt()
        law = law @ kernel * width
    return law.log().numpy()


def log_odds_slope(work: np.ndarray, forward: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Slope and offset (2,) of the log odds of `forward` (n,) against the work (n,), by logistic regression."""
    X = np.stack([work, np.ones_like(work)], axis=1)
    w = np.ones(len(work)) if weights is None else weights
    beta = np.zeros(2)
    for _ in range(50):
        p = expit(X @ beta)
        step = np.linalg.solve((X * (w * p * (1 - p))[:, None]).T @ X, X.T @ (w * (forward - p)))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return beta
