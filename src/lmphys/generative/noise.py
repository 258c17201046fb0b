"""Noise that takes data apart in small steps, and the chain that puts them together again.

Forward, a step keeps a part of what there was and adds noise of a law π: q(x_t | x_{t-1}). Backward, a step is of the
same simple form, p(x_{t-1} | x_t), and depends on a *denoiser*, a guess of the data x_0 behind x_t. What a chain is
worth is told by the dissipated work of a forward path,

    w = ln q(x_1, ..., x_T | x_0) - ln p(x_0, x_1, ..., x_T),

whose mean is no less than -ln p(x_0), and whose exponential mean, of -w, is p(x_0) (Sohl-Dickstein et al. 2015, eqs. 9
and 13; the form is that of Jarzynski 1997).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError

# From noisy data (..., d) and their steps (...), whole numbers from 1 to T, to what the noise class asks for.
Denoiser = Callable[[Tensor, Tensor], Any]
LAST = ("learned", "set")
_AT_ONCE = 2**18  # numbers that are taken through the denoiser together


class Noise(ABC):
    """What the two kinds of noise share.

    Args:
        n_steps: T.
        last: the last step backward, to the data: "learned" as the others are, or "set" to the kernel of the first step
            forward, turned round by detailed balance, as the paper has it (eq. 44).

    Attributes:
        kept: (T + 1,) share of the data (of their variance, or of their bits) that is still there after t steps.
    """

    kept: Tensor

    def __init__(self, n_steps: int, last: str = "learned") -> None:
        if n_steps < 1:
            raise LmphysError(f"{n_steps} steps are no diffusion; take 1 or more")
        if last not in LAST:
            raise LmphysError(f"the last step is {last!r}; use {' or '.join(LAST)}")
        self.n_steps, self.last = n_steps, last

    @abstractmethod
    def noisy(self, x0: Tensor, t: Tensor, generator: torch.Generator) -> Tensor:
        """Data x_0 (..., d) after t (...) steps at once."""

    @abstractmethod
    def forward_step(self, x: Tensor, t: int, generator: torch.Generator) -> Tensor:
        """x_{t-1} (n, d) to x_t."""

    @abstractmethod
    def log_forward(self, x: Tensor, before: Tensor, t: int) -> Tensor:
        """Logarithm of q(x_t | x_{t-1}), (n,)."""

    @abstractmethod
    def log_reverse(self, before: Tensor, x: Tensor, t: int, denoiser: Denoiser) -> Tensor:
        """Logarithm of p(x_{t-1} | x_t), (n,)."""

    @abstractmethod
    def reverse_step(
        self, x: Tensor, t: int, denoiser: Denoiser, generator: torch.Generator, pull: Denoiser | None
    ) -> Tensor:
        """Draw x_{t-1} (n, d) from p(x_{t-1} | x_t)."""

    @abstractmethod
    def log_end(self, x: Tensor) -> Tensor:
        """Logarithm of π(x_T), (n,)."""

    @abstractmethod
    def draw_end(self, n: int, d: int, generator: torch.Generator) -> Tensor:
        """(n, d) of the law π."""

    @abstractmethod
    def cost(self, x0: Tensor, x: Tensor, t: Tensor, guess: Any) -> Tensor:
        """What step t of the bound costs, (...) nats: relative entropy of p(x_{t-1} | x_t) from q(x_{t-1} | x_t, x_0).

        For t = 1 that is -ln p(x_0 | x_1); where the last step is set, its mean over x_1, which no view is needed for.
        """

    @abstractmethod
    def end_cost(self, x0: Tensor) -> Tensor:
        """Relative entropy of π from q(x_T | x_0), (n,) nats."""

    @torch.no_grad()
    def bound(self, denoiser: Denoiser, x0: Tensor, generator: torch.Generator) -> Tensor:
        """Bound K of ln p(x_0) from below, (n,) nats, with one noisy view of each step (eq. 14).

        Its expectation over views is exact; each step is integrated in closed form over x_{t-1}.

        Args:
            denoiser: of the reverse chain.
            x0: (n, d) data.
            generator: of the views.
        """
        total = -self.end_cost(x0)
        steps = max(1, _AT_ONCE // max(1, x0.numel()))
        for some in torch.arange(1, self.n_steps + 1, device=x0.device).split(steps):
            t = some[:, None].expand(-1, len(x0))
            data = x0.expand(len(some), *x0.shape)
            x = self.noisy(data, t, generator)
            total = total - self.cost(data, x, t, denoiser(x, t)).sum(0)
        return total

    @torch.no_grad()
    def work(self, denoiser: Denoiser, x0: Tensor, generator: torch.Generator) -> Tensor:
        """Dissipated work w of one forward path from each of the data (n, d), nats; arguments as `bound`."""
        total, x = torch.zeros(len(x0), dtype=x0.dtype), x0
        for t in range(1, self.n_steps + 1):
            before, x = x, self.forward_step(x, t, generator)
            total = total + self.log_forward(x, before, t) - self.log_reverse(before, x, t, denoiser)
        return total - self.log_end(x)

    @torch.no_grad()
    def sample(
        self, denoiser: Denoiser, n: int, d: int, generator: torch.Generator, pull: Denoiser | None = None
    ) -> Tensor:
        """Draw (n, d) from the reverse chain.

        Args:
            denoiser: of the chain.
            n: how many.
            d: numbers of each.
            generator: of the noise.
            pull: gradient of the logarithm of a function r, at x and t, by which the law is multiplied: each step is
                moved by its variance times this, which is right for small steps. Gaussian noise alone.
        """
        x = self.draw_end(n, d, generator)
        for t in range(self.n_steps, 0, -1):
            x = self.reverse_step(x, t, denoiser, generator, pull)
        return x


class GaussianNoise(Noise):
    """x_t = √kept_t x_0 + √(1 - kept_t) z: the variance-preserving process, for data of variance about 1.

    A denoiser returns mean and variance of x_0, each (..., d). The ratio of noise to data, (1 - kept) / kept, rises by
    one factor each step.

    Args:
        n_steps: T.
        first: noise over data after the first step, as a ratio of variances.
        final: the same after the last step.
        last: see `Noise`.
    """

    def __init__(self, n_steps: int, first: float = 1e-3, final: float = 1e3, last: str = "learned") -> None:
        super().__init__(n_steps, last)
        if not 0 < first < final < math.inf:
            raise LmphysError(f"noise over data from {first:g} to {final:g}; it must rise, and from above 0")
        # A single step is the last one.
        ratio = torch.linspace(math.log(final), math.log(first), n_steps, dtype=torch.float64).flip(0).exp()
        self.kept = torch.cat([torch.ones(1, dtype=torch.float64), 1 / (1 + ratio)])

    def _at(self, t: Tensor, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Kept until t - 1 and until t, and noise of step t, in the shape (..., 1)."""
        before, now = (self.kept[t - i][..., None].to(like.dtype) for i in (1, 0))
        return before, now, 1 - now / before

    def noisy(self, x0: Tensor, t: Tensor, generator: torch.Generator) -> Tensor:
        """As `Noise.noisy`."""
        _, now, _ = self._at(t, x0)
        return now.sqrt() * x0 + (1 - now).sqrt() * torch.randn(x0.shape, dtype=x0.dtype, generator=generator)

    def forward_step(self, x: Tensor, t: int, generator: torch.Generator) -> Tensor:
        """As `Noise.forward_step`."""
        *_, beta = self._at(torch.tensor(t), x)
        return (1 - beta).sqrt() * x + beta.sqrt() * torch.randn(x.shape, dtype=x.dtype, generator=generator)

    def log_forward(self, x: Tensor, before: Tensor, t: int) -> Tensor:
        """As `Noise.log_forward`."""
        *_, beta = self._at(torch.tensor(t), x)
        return _log_normal(x, (1 - beta).sqrt() * before, beta.expand_as(x))

    def reverse_law(self, x: Tensor, t: Tensor, guess: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Mean and variance of p(x_{t-1} | x_t), (..., d) each."""
        before, now, beta = self._at(t, x)
        if self.last == "set":
            first = (t == 1)[..., None]
            set_mean, set_variance = (1 - beta).sqrt() * x, beta.expand_as(x)
        of_data = before.sqrt() * beta / (1 - now)
        of_view = (1 - beta).sqrt() * (1 - before) / (1 - now)
        mean = of_data * guess[0] + of_view * x
        variance = beta * (1 - before) / (1 - now) + of_data**2 * guess[1]
        if self.last == "set":
            return torch.where(first, set_mean, mean), torch.where(first, set_variance, variance)
        return mean, variance

    def log_reverse(self, before: Tensor, x: Tensor, t: int, denoiser: Denoiser) -> Tensor:
        """As `Noise.log_reverse`."""
        steps = torch.full((len(x),), t)
        return _log_normal(before, *self.reverse_law(x, steps, denoiser(x, steps)))

    def reverse_step(
        self, x: Tensor, t: int, denoiser: Denoiser, generator: torch.Generator, pull: Denoiser | None
    ) -> Tensor:
        """As `Noise.reverse_step`."""
        steps = torch.full((len(x),), t)
        mean, variance = self.reverse_law(x, steps, denoiser(x, steps))
        if pull is not None:
            mean = mean + variance * pull(mean, steps - 1)
        return mean + variance.sqrt() * torch.randn(x.shape, dtype=x.dtype, generator=generator)

    def log_end(self, x: Tensor) -> Tensor:
        """As `Noise.log_end`."""
        return _log_normal(x, torch.zeros_like(x), torch.ones_like(x))

    def draw_end(self, n: int, d: int, generator: torch.Generator) -> Tensor:
        """As `Noise.draw_end`."""
        return torch.randn(n, d, dtype=torch.float64, generator=generator)

    def cost(self, x0: Tensor, x: Tensor, t: Tensor, guess: tuple[Tensor, Tensor]) -> Tensor:
        """As `Noise.cost`."""
        before, now, beta = self._at(t, x)
        mean, variance = self.reverse_law(x, t, guess)
        wanted = before.sqrt() * beta / (1 - now) * x0 + (1 - beta).sqrt() * (1 - before) / (1 - now) * x
        narrow = beta * (1 - before) / (1 - now)  # 0 at t = 1, where what is wanted is x_0 itself
        nats = 0.5 * ((narrow + (wanted - mean) ** 2) / variance + variance.log())
        first = t[..., None] == 1
        constant = torch.where(first, torch.full_like(narrow, math.log(2 * math.pi)), -1 - narrow.clamp(1e-300).log())
        found = nats + 0.5 * constant
        if self.last == "set":
            found = torch.where(first, 0.5 * (beta * x0**2 + 1 - beta + (2 * math.pi * beta).log()), found)
        return found.sum(-1)

    def end_cost(self, x0: Tensor) -> Tensor:
        """As `Noise.end_cost`."""
        kept = float(self.kept[-1])
        return 0.5 * (kept * x0**2 - kept - math.log(1 - kept)).sum(-1)


class BinaryNoise(Noise):
    """Each bit is kept, or drawn anew with the mean activity π: of T bits one each step, on average.

    A denoiser returns the probability (..., d) that a bit of x_0 is 1. The step t redraws a bit with the probability
    1 / (T - t + 1), so that (T - t) / T of all are kept (appendix B of the paper).

    Args:
        n_steps: T.
        mean: activity of the noise, between 0 and 1.
        last: see `Noise`.
    """

    def __init__(self, n_steps: int, mean: float = 0.5, last: str = "learned") -> None:
        super().__init__(n_steps, last)
        if not 0 < mean < 1:
            raise LmphysError(f"the noise has a mean activity of {mean:g}; it must lie between 0 and 1")
        self.mean = mean
        self.kept = 1 - torch.arange(n_steps + 1, dtype=torch.float64) / n_steps

    def _active(self, x: Tensor | float, kept: Tensor) -> Tensor:
        """Probability of a 1 where a bit x is kept with a probability."""
        return kept * x + (1 - kept) * self.mean

    def _beta(self, t: Tensor, like: Tensor) -> Tensor:
        return (1 / (self.n_steps - t + 1))[..., None].to(like.dtype)

    def noisy(self, x0: Tensor, t: Tensor, generator: torch.Generator) -> Tensor:
        """As `Noise.noisy`."""
        return _coins(self._active(x0, self.kept[t][..., None].to(x0.dtype)), generator)

    def forward_step(self, x: Tensor, t: int, generator: torch.Generator) -> Tensor:
        """As `Noise.forward_step`."""
        return _coins(self._active(x, 1 - self._beta(torch.tensor(t), x)), generator)

    def log_forward(self, x: Tensor, before: Tensor, t: int) -> Tensor:
        """As `Noise.log_forward`."""
        return _log_coins(x, self._active(before, 1 - self._beta(torch.tensor(t), x)))

    def _posteriors(self, x: Tensor, t: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """q(x_{t-1} = 1 | x_t, x_0), (..., 1): two for x_0 = 1, of x_t = 1 and 0, and two for x_0 = 0."""
        beta, kept = self._beta(t, x), self.kept[t - 1][..., None].to(x.dtype)
        after_one, after_zero = (self._active(b, 1 - beta) for b in (1.0, 0.0))
        found = []
        for x0 in (1.0, 0.0):
            prior = self._active(x0, kept)
            for one, zero in ((after_one, after_zero), (1 - after_one, 1 - after_zero)):
                found.append(one * prior / (one * prior + zero * (1 - prior)))
        return (found[0], found[1]), (found[2], found[3])

    def reverse_law(self, x: Tensor, t: Tensor, guess: Tensor) -> Tensor:
        """p(x_{t-1} = 1 | x_t), (..., d): the best law bit by bit, if the guess is."""
        of_one, of_zero = (torch.where(x > 0.5, *two) for two in self._posteriors(x, t))
        found = guess * of_one + (1 - guess) * of_zero
        if self.last == "learned":
            return found
        return torch.where((t == 1)[..., None], self._active(x, 1 - self._beta(t, x)), found)

    def log_reverse(self, before: Tensor, x: Tensor, t: int, denoiser: Denoiser) -> Tensor:
        """As `Noise.log_reverse`."""
        steps = torch.full((len(x),), t)
        return _log_coins(before, self.reverse_law(x, steps, denoiser(x, steps)))

    def reverse_step(
        self, x: Tensor, t: int, denoiser: Denoiser, generator: torch.Generator, pull: Denoiser | None
    ) -> Tensor:
        """As `Noise.reverse_step`."""
        if pull is not None:
            raise LmphysError("bits have no gradient to be pulled along; use Gaussian noise")
        steps = torch.full((len(x),), t)
        return _coins(self.reverse_law(x, steps, denoiser(x, steps)), generator)

    def log_end(self, x: Tensor) -> Tensor:
        """As `Noise.log_end`."""
        return _log_coins(x, torch.full_like(x, self.mean))

    def draw_end(self, n: int, d: int, generator: torch.Generator) -> Tensor:
        """As `Noise.draw_end`."""
        return _coins(torch.full((n, d), self.mean, dtype=torch.float64), generator)

    def cost(self, x0: Tensor, x: Tensor, t: Tensor, guess: Tensor) -> Tensor:
        """As `Noise.cost`."""
        xlogy = torch.special.xlogy
        laws = self._posteriors(x, t)  # at t = 1 these are x_0
        orders = [[xlogy(p, p) + xlogy(1 - p, 1 - p) for p in two] for two in laws]  # minus their entropies
        wanted, order = (
            torch.where(x0 > 0.5, torch.where(x > 0.5, a, b), torch.where(x > 0.5, c, d))
            for (a, b), (c, d) in (laws, orders)
        )
        found = self.reverse_law(x, t, guess)
        nats = order - xlogy(wanted, found) - xlogy(1 - wanted, 1 - found)
        if self.last == "set":
            # How likely x_0 is, by detailed balance, after a 1 and after a 0; and how likely a 1 is.
            after_one, after_zero, one = (self._active(b, self.kept[1]) for b in (1.0, 0.0, x0))
            likes = [x0 * p + (1 - x0) * (1 - p) for p in (after_one, after_zero)]
            set_nats = -(one * likes[0].log() + (1 - one) * likes[1].log())
            nats = torch.where(t[..., None] == 1, set_nats, nats)
        return nats.sum(-1)

    def end_cost(self, x0: Tensor) -> Tensor:
        """As `Noise.end_cost`."""
        return torch.zeros(len(x0), dtype=x0.dtype)  # nothing is kept


def _log_normal(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return -0.5 * ((x - mean) ** 2 / variance + (2 * math.pi * variance).log()).sum(-1)


def _coins(p: Tensor, generator: torch.Generator) -> Tensor:
    return (torch.rand(p.shape, dtype=p.dtype, generator=generator) < p).to(p.dtype)


def _log_coins(x: Tensor, p: Tensor) -> Tensor:
    return (torch.special.xlogy(x, p) + torch.special.xlogy(1 - x, 1 - p)).sum(-1)
