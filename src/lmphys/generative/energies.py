"""Energies U_θ(x) with parameters θ whose partition function is known, and how walkers move in them."""

from itertools import combinations, pairwise
from typing import Literal, Protocol

import numpy as np
from scipy.special import expit

from lmphys.core.errors import LmphysError
from lmphys.core.settings import whole

_MOST_STATES = 2_000_000
_LOG_2_PI = float(np.log(2 * np.pi))


class Energy(Protocol):
    """A family of laws exp(-U_θ(x)) / Z_θ with P parameters."""

    def start(self) -> np.ndarray:
        """(P,) parameters at which walkers can be drawn exactly."""

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n walkers (n, ...) of the law at `start`."""

    def energy(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """U_θ (M,) of x (M, ...), nats."""

    def slope(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """(P,) mean over x of ∂U/∂θ, with weights (M,) that sum to 1, or equal ones."""

    def spread(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> float:
        """Trace of the covariance of ∂U/∂θ over x."""

    def move(
        self, before: np.ndarray, after: np.ndarray, x: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """One step while θ goes from `before` to `after`: walkers (M, ...), and what is added to their log-weights."""

    def log_partition(self, theta: np.ndarray) -> float:
        """Exact ln Z_θ."""

    def mean_slope(self, theta: np.ndarray) -> np.ndarray:
        """(P,) mean of ∂U/∂θ under the law of θ, exactly: -∂ ln Z / ∂θ."""


class GaussianPair:
    """Two Gaussians of unit variance: U = -ln(e^{-|x - a|² / 2} + e^{-|x - b|² / 2 - z}), θ = (a, b, z).

    Walkers take unadjusted Langevin steps. Their weights hold the error of the step, so that means are exact for any
    step (Carbone et al. 2023).

    Args:
        d: dimensions.
        step: h of X' = X - h ∇U + √(2h) ξ.
        apart: of the two Gaussians at the start, along the first axis.
    """

    def __init__(self, d: int, *, step: float = 0.1, apart: float = 1.0) -> None:
        self.d, self.step, self.apart = d, step, apart

    def start(self) -> np.ndarray:
        """As `Energy`: equal masses, `apart` from each other."""
        theta = np.zeros(2 * self.d + 1)
        theta[0], theta[self.d] = -self.apart / 2, self.apart / 2
        return theta

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """As `Energy`, (n, d)."""
        return self.sample(self.start(), n, rng)

    def sample(self, theta: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n points (n, d) of the law of any θ."""
        second = rng.random(n) < self.mass(theta)
        return np.where(second[:, None], theta[self.d : -1], theta[: self.d]) + rng.standard_normal((n, self.d))

    def mass(self, theta: np.ndarray) -> float:
        """Share of the second Gaussian."""
        return float(expit(-theta[-1]))

    def _parts(self, theta: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Half the squared distance (M,) to a, and how much likelier b is there, as a logarithm (M,)."""
        a, b = theta[: self.d], theta[self.d : -1]
        along = x @ np.stack([a, b], axis=1)
        first = 0.5 * (np.einsum("md,md->m", x, x) + a @ a) - along[:, 0]
        return first, along[:, 1] - along[:, 0] + 0.5 * (a @ a - b @ b) - theta[-1]

    def _energy_and_force(self, theta: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """U (M,) and ∇U (M, d)."""
        first, logit = self._parts(theta, x)
        a, b = theta[: self.d], theta[self.d : -1]
        return first - np.logaddexp(0.0, logit), x - a - np.outer(expit(logit), b - a)

    def energy(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """As `Energy`."""
        first, logit = self._parts(theta, x)
        return first - np.logaddexp(0.0, logit)

    def slope(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """As `Energy`: -(1 - s) (x - a), -s (x - b) and s, with the share s of the second Gaussian at x."""
        w = np.full(len(x), 1 / len(x)) if weights is None else weights
        second = w * expit(self._parts(theta, x)[1])
        first = w - second
        a, b = theta[: self.d], theta[self.d : -1]
        return np.concatenate([first.sum() * a - first @ x, second.sum() * b - second @ x, [second.sum()]])

    def spread(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> float:
        """As `Energy`."""
        w = np.full(len(x), 1 / len(x)) if weights is None else weights
        first, logit = self._parts(theta, x)
        share, second = expit(logit), first - logit - theta[-1]  # half the squared distance to b
        squares = w @ (2 * (1 - share) ** 2 * first + 2 * share**2 * second + share**2)
        return float(squares - (self.slope(theta, x, w) ** 2).sum())

    def move(
        self, before: np.ndarray, after: np.ndarray, x: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Energy`: a Langevin step in `before`, weighed against the way back in `after`."""
        h = self.step
        energy, force = self._energy_and_force(before, x)
        new = x - h * force + np.sqrt(2 * h) * rng.standard_normal(x.shape)
        reached, back = self._energy_and_force(after, new)
        there = energy + np.einsum("md,md->m", force, 0.5 * (new - x) + 0.25 * h * force)
        return new, there - reached - np.einsum("md,md->m", back, 0.5 * (x - new) + 0.25 * h * back)

    def log_partition(self, theta: np.ndarray) -> float:
        """As `Energy`."""
        return float(0.5 * self.d * _LOG_2_PI + np.logaddexp(0.0, -theta[-1]))

    def mean_slope(self, theta: np.ndarray) -> np.ndarray:
        """As `Energy`: ln Z knows z alone."""
        slope = np.zeros_like(theta)
        slope[-1] = self.mass(theta)
        return slope


class PottsWords:
    """Words of L letters as Potts spins: U = -Σ_i h_i(x_i) - Σ_{i<j} J_ij(x_i, x_j), θ all h and J.

    Adding to an h what is taken from a J changes no energy: θ is known up to such gauges, its law is not.

    Args:
        length: L.
        letters: of the alphabet.
        kernel: "gibbs", each letter of a word is drawn anew in turn; or "flip", one other letter is proposed at one
            place and taken by the rule of Metropolis: slow to mix.
    """

    def __init__(self, length: int = 4, letters: int = 26, *, kernel: Literal["gibbs", "flip"] = "gibbs") -> None:
        whole("length", length, least=2)
        whole("letters", letters, least=2)
        self.length, self.letters = length, letters
        if kernel not in ("gibbs", "flip"):
            raise LmphysError(f"unknown kernel {kernel!r}; there are gibbs and flip")
        self.kernel = kernel
        self.pairs = list(combinations(range(length), 2))
        sizes = [letters] * length + [letters**2] * len(self.pairs)
        self._edges = np.concatenate([[0], np.cumsum(sizes)])

    def start(self) -> np.ndarray:
        """As `Energy`: all words are equal."""
        return np.zeros(self._edges[-1])

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """As `Energy`, (n, L) numbers of letters."""
        return rng.integers(self.letters, size=(n, self.length))

    def _features(self, x: np.ndarray) -> np.ndarray:
        """(M, L + pairs) which parameters each word takes."""
        own = [x[:, i] for i in range(self.length)]
        pairs = [x[:, i] * self.letters + x[:, j] for i, j in self.pairs]
        return np.stack([*own, *pairs], axis=1) + self._edges[:-1]

    def energy(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """As `Energy`."""
        return -theta[self._features(x)].sum(axis=1)

    def slope(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """As `Energy`; it does not depend on θ."""
        features = self._features(x)
        w = np.full(len(x), 1 / len(x)) if weights is None else weights
        return -np.bincount(features.ravel(), np.repeat(w, features.shape[1]), len(theta))

    def spread(self, theta: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> float:
        """As `Energy`."""
        mean = -self.slope(theta, x, weights)
        return float((mean * (1 - mean)).sum())

    def _blocks(self, theta: np.ndarray) -> tuple[list[np.ndarray], dict[tuple[int, int], np.ndarray]]:
        """Fields (q,) of each place, and couplings (q, q) of each ordered pair of places."""
        parts = [theta[a:b] for a, b in pairwise(self._edges)]
        couplings: dict[tuple[int, int], np.ndarray] = {}
        for (i, j), part in zip(self.pairs, parts[self.length :], strict=True):
            couplings[i, j] = part.reshape(self.letters, self.letters)
            couplings[j, i] = np.ascontiguousarray(couplings[i, j].T)
        return parts[: self.length], couplings

    def _swept(self, theta: np.ndarray, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x, (fields, couplings) = x.copy(), self._blocks(theta)
        for i in range(self.length):
            # Letters along the first axis: sums and maxima over them then run along all words at once.
            others = (couplings[i, j].take(x[:, j], axis=1) for j in range(self.length) if j != i)
            logits = sum(others, start=fields[i][:, None])
            edges = np.exp(logits - logits.max(axis=0)).cumsum(axis=0)
            x[:, i] = (edges < rng.random(len(x)) * edges[-1]).sum(axis=0)
        return x

    def _flipped(self, theta: np.ndarray, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        new, rows = x.copy(), np.arange(len(x))
        place = rng.integers(self.length, size=len(x))
        new[rows, place] = (new[rows, place] + rng.integers(1, self.letters, size=len(x))) % self.letters
        taken = np.log(rng.random(len(x))) < self.energy(theta, x) - self.energy(theta, new)
        return np.where(taken[:, None], new, x)

    def move(
        self, before: np.ndarray, after: np.ndarray, x: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Energy`: the energies change while the walkers stand, then these move in `after`."""
        step = self._swept if self.kernel == "gibbs" else self._flipped
        return step(after, x, rng), (after - before)[self._features(x)].sum(axis=1)

    def probabilities(self, theta: np.ndarray) -> tuple[np.ndarray, float]:
        """Those of all q^L words (q, ..., q), and ln Z.

        Raises:
            LmphysError: there are more than two million.
        """
        if self.letters**self.length > _MOST_STATES:
            raise LmphysError(f"{self.letters}^{self.length} words cannot be counted out; take shorter ones")
        fields, couplings = self._blocks(theta)
        table, log_scale = np.ones(()), 0.0
        for k, field in enumerate(fields):  # letter by letter, so that only the last one meets all words
            table = np.repeat(table[..., None], self.letters, axis=-1)
            for part, shape in (
                (field, (self.letters,)),
                *((couplings[i, k], (self.letters, *(1,) * (k - i - 1), self.letters)) for i in range(k)),
            ):
                table *= np.exp(part - part.max()).reshape(shape)
                log_scale += float(part.max())
        z = table.sum()
        table /= z
        return table, float(np.log(z)) + log_scale

    def log_partition(self, theta: np.ndarray) -> float:
        """As `Energy`, by counting all words out."""
        return self.probabilities(theta)[1]

    def mean_slope(self, theta: np.ndarray) -> np.ndarray:
        """As `Energy`, by counting all words out."""
        p = self.probabilities(theta)[0]
        axes = set(range(self.length))
        both = [p.sum(axis=tuple(axes - {i, j})) for i, j in self.pairs]
        own = [both[0].sum(axis=1), *(both[self.pairs.index((0, k))].sum(axis=0) for k in range(1, self.length))]
        return -np.concatenate([*own, *(each.ravel() for each in both)])
