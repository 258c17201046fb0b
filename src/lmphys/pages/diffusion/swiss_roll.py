"""The swiss roll of the paper, as far as it is known, and a chain that learns it here."""

from typing import NamedTuple

import numpy as np
import torch

from lmphys.generative import Diffusion

THICKNESS = 0.5  # standard deviation of the noise across the spiral


def points(n: int, seed: int) -> np.ndarray:
    """(n, 2) points of a spiral of one and a half turns, thickened, in units of their standard deviation."""
    rng = np.random.default_rng(seed)
    angle = 1.5 * np.pi * (1 + 2 * rng.random(n))
    x = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) + THICKNESS * rng.standard_normal((n, 2))
    return x / _scale()


def _scale() -> np.ndarray:
    """Standard deviations (2,) of the spiral, by its integral."""
    angle = np.linspace(1.5 * np.pi, 4.5 * np.pi, 20_001)
    x = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
    return np.sqrt(x.var(axis=0) + THICKNESS**2)


class Learned(NamedTuple):
    """A chain that was trained here.

    Attributes:
        model: the chain.
        bound: (n,) K on fresh points, bits.
        gaussian: (n,) log2 density of a normal law fitted to the training points, at the same.
        untrained: (n,) K of the chain before its training.
    """

    model: Diffusion
    bound: np.ndarray
    gaussian: np.ndarray
    untrained: np.ndarray


def learn(n_steps: int, updates: int, n_train: int, n_test: int, seed: int) -> Learned:
    """Train a chain on points and score it on fresh ones."""
    data, fresh = points(n_train, seed), points(n_test, seed + 1)
    model = Diffusion(n_steps=n_steps, updates=updates, seed=seed).fit(data)
    blank = Diffusion(n_steps=n_steps, updates=0, seed=seed).fit(data)
    mean, covariance = data.mean(axis=0), np.cov(data.T)
    away = fresh - mean
    squares = (away @ np.linalg.inv(covariance) * away).sum(axis=1)
    gaussian = -0.5 * (squares + np.linalg.slogdet(2 * np.pi * covariance)[1]) / np.log(2)
    return Learned(model, model.bound(fresh, seed=seed), gaussian, blank.bound(fresh, seed=seed))


def given_the_first(model: Diffusion, value: float, width: float, n: int, seed: int) -> np.ndarray:
    """(n, 2) points of the chain times r(x) = exp(-(x_1 - value)² / 2 width²): what it knows of x_2, given x_1.

    At step t the function is that of the noisy point, r as wide as the noise has made it.
    """
    noise, centre, scale = model.noise_, model.center_[0], model.scale_[0]
    place, variance = (value - centre) / scale, (width / scale) ** 2

    def pull(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        kept = noise.kept[t][:, None]
        slope = torch.zeros_like(x)
        slope[:, :1] = (kept.sqrt() * place - x[:, :1]) / (kept * variance + 1 - kept)
        return slope

    return model.sample(n, seed=seed, pull=pull)
