"""A diffusion model as an estimator: `fit` learns the reverse chain of data, `sample` runs it, `bound` scores it."""

import math
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from lmphys.core.errors import LmphysError
from lmphys.generative.noise import BinaryNoise, Denoiser, GaussianNoise, Noise

KINDS = ("gaussian", "binary")
_FREQUENCIES = 6  # waves of the step that the network sees
_EDGE = 1e-4  # of the activity of binary data, so that a bit that never changes is no law of its own


class Diffusion:
    """Learns to undo noise (Sohl-Dickstein et al. 2015) with a small network, on the CPU.

    Gaussian data are standardised, dimension by dimension; all numbers that are returned are those of the data as they
    were given. Equal data, settings and seed give equal results.

    >>> x = np.random.default_rng(0).normal(3, 2, (500, 1))
    >>> model = Diffusion(n_steps=10, updates=200).fit(x)
    >>> model.sample(1000).mean().round() == 3.0
    True

    Args:
        kind: "gaussian" for numbers, "binary" for bits.
        n_steps: T.
        width: units of each of three hidden layers.
        updates: of the training.
        batch_size: examples an update.
        learning_rate: of Adam, falling to 0 as half a cosine.
        mean: activity of binary noise; None: that of the data.
        last: the last step backward, "learned" or "set" (see `lmphys.generative.noise.Noise`).
        seed: of weights and training.

    Attributes:
        noise_: the process, `GaussianNoise` or `BinaryNoise`.
        losses_: (updates,) loss in nats, an estimate of -K without its constant.
        center_, scale_: (d,) by which Gaussian data were standardised.
    """

    def __init__(
        self,
        kind: str = "gaussian",
        n_steps: int = 40,
        *,
        width: int = 96,
        updates: int = 1500,
        batch_size: int = 256,
        learning_rate: float = 5e-3,
        mean: float | None = None,
        last: str = "learned",
        seed: int = 0,
    ) -> None:
        self.kind, self.n_steps, self.width, self.updates = kind, n_steps, width, updates
        self.batch_size, self.learning_rate, self.seed = batch_size, learning_rate, seed
        self.mean, self.last = mean, last

    def fit(self, x: np.ndarray) -> Self:
        """Learn from data (n, d).

        Raises:
            LmphysError: the data are no table of finite numbers, or constant, or no bits; or the training diverges.
        """
        x = self._checked(x)
        d = x.shape[1]
        self.noise_: Noise
        if self.kind == "binary":
            self.center_, self.scale_ = np.zeros(d), np.ones(d)
            mean = float(np.clip(x.mean(), _EDGE, 1 - _EDGE)) if self.mean is None else self.mean
            self.noise_ = BinaryNoise(self.n_steps, mean, self.last)
        else:
            self.center_, self.scale_ = x.mean(axis=0), x.std(axis=0)
            if not (self.scale_ > 1e-9 * np.maximum(1.0, np.abs(self.center_))).all():
                still = int(np.argmin(self.scale_))
                raise LmphysError(f"column {still} of the data is constant; leave it out")
            self.noise_ = GaussianNoise(self.n_steps, last=self.last)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed)
            self.network_ = _Network(d, self.width, self.kind, self.noise_)
        self.losses_ = self._train(torch.from_numpy((x - self.center_) / self.scale_))
        return self

    def _checked(self, x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, dtype=float)
        if self.kind not in KINDS:
            raise LmphysError(f"unknown kind {self.kind!r} of a diffusion; use {' or '.join(KINDS)}")
        if x.ndim != 2 or not x.size:
            raise LmphysError(f"data of shape {x.shape}; give a table (n, d), a row an example")
        if not np.isfinite(x).all():
            raise LmphysError(f"{(~np.isfinite(x)).sum()} numbers of the data are not finite; leave these rows out")
        if self.kind == "binary" and not np.isin(x, (0, 1)).all():
            raise LmphysError("binary data hold numbers other than 0 and 1; round them, or use kind='gaussian'")
        return x

    def _train(self, data: Tensor) -> np.ndarray:
        generator = torch.Generator().manual_seed(self.seed)
        optimizer = torch.optim.Adam(self.network_.parameters(), self.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, self.updates))
        losses = []
        for update in range(self.updates):
            x0 = data[torch.randint(len(data), (self.batch_size,), generator=generator)]
            t = torch.randint(1, self.n_steps + 1, (self.batch_size,), generator=generator)
            x = self.noise_.noisy(x0, t, generator)
            loss = self.n_steps * self.noise_.cost(x0, x, t, self.network_(x, t)).mean()
            if not bool(torch.isfinite(loss)):
                raise LmphysError(f"the loss is not finite at update {update}; lower the learning rate")
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network_.parameters(), 10.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        return np.array(losses)

    def _fitted(self) -> tuple[Noise, "_Network"]:
        if not hasattr(self, "network_"):
            raise LmphysError("the diffusion has learned nothing yet; call fit first")
        return self.noise_, self.network_

    def sample(self, n: int, *, seed: int = 0, pull: Denoiser | None = None) -> np.ndarray:
        """Draw (n, d) from the reverse chain.

        Args:
            n: how many.
            seed: of the noise.
            pull: gradient of the logarithm of a function by which the law is multiplied, of standardised x (n, d) and
                steps (n,); see `Noise.sample`.
        """
        noise, network = self._fitted()
        x = noise.sample(network, n, len(self.scale_), torch.Generator().manual_seed(seed), pull)
        if not bool(torch.isfinite(x).all()):
            raise LmphysError("the reverse chain left all bounds; take more steps, or more updates")
        return x.numpy() * self.scale_ + self.center_

    def bound(self, x: np.ndarray, *, seed: int = 0) -> np.ndarray:
        """Bound K of log2 p(x) from below for data (n, d), (n,) bits; of a density where the data are numbers.

        Args:
            x: data; those of the training make the model look better than it is.
            seed: of one noisy view at each step, over which the bound is a mean.
        """
        noise, network = self._fitted()
        nats = noise.bound(network, self._standardised(x), torch.Generator().manual_seed(seed)).numpy()
        return (nats - np.log(self.scale_).sum()) / math.log(2)

    def work(self, x: np.ndarray, *, seed: int = 0) -> np.ndarray:
        """Dissipated work of one forward path from each of the data (n, d), (n,) bits: its mean is -K at least.

        The mean of 2^-work over many paths from one x is p(x).
        """
        noise, network = self._fitted()
        nats = noise.work(network, self._standardised(x), torch.Generator().manual_seed(seed)).numpy()
        return (nats + np.log(self.scale_).sum()) / math.log(2)

    def _standardised(self, x: np.ndarray) -> Tensor:
        x = self._checked(x)
        if x.shape[1] != len(self.scale_):
            raise LmphysError(f"data of {x.shape[1]} columns; the model was fitted to {len(self.scale_)}")
        return torch.from_numpy((x - self.center_) / self.scale_)


class _Network(nn.Module):
    """A guess of x_0 behind x_t: three hidden layers that see x_t and waves of the step."""

    def __init__(self, d: int, width: int, kind: str, noise: Noise) -> None:
        super().__init__()
        self.kind, self.noise = kind, noise
        self.layers = nn.Sequential(
            nn.Linear(d + 2 * _FREQUENCIES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, d if kind == "binary" else 2 * d),
        )  # fmt: skip

    def forward(self, x: Tensor, t: Tensor) -> Any:
        """Probabilities (..., d), or mean and variance, from x (..., d) and t (...), in their precision."""
        phase = (t / self.noise.n_steps)[..., None] * math.pi * torch.arange(1, _FREQUENCIES + 1)
        seen = torch.cat([x.float(), phase.cos().float(), phase.sin().float()], -1)
        out = self.layers(seen).to(x.dtype)
        if self.kind == "binary":
            return out.sigmoid()
        # What the view tells if the data are a standard normal law, and what the network adds to it.
        kept = self.noise.kept[t][..., None].to(x.dtype)
        mean, log_variance = out.chunk(2, -1)
        spread = (1 - kept).sqrt()
        return kept.sqrt() * x + spread * mean, spread**2 * log_variance.clamp(-12, 4).exp()
