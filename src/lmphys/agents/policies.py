"""Policies for choosing among arms: expected free energy, and what it has to be held against."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lmphys.agents.arms import Seen
from lmphys.agents.dirichlet import library_novelty, novelty

Novelty = Literal["exact", "library", "none"]


def _largest(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(R,) place of the largest of each row (R, K), one of them at random where there are several."""
    top = scores >= scores.max(axis=1, keepdims=True) - 1e-12
    return np.where(top, rng.random(scores.shape), -1).argmax(axis=1)


@dataclass(frozen=True, eq=False)
class ExpectedFreeEnergy:
    """Arms in proportion to exp(γ G), G = E[ln p(o | C)] + novelty, with Dirichlet counts of the grades of each arm.

    The arm that is pulled is known, so that nothing is to be learnt about a state. Without novelty it is a softmax of
    the expected log preference.

    Attributes:
        preferences: (L,) of the grades, as logarithms up to a constant.
        gamma: γ, an inverse temperature of the choice.
        novelty: exact; that of libraries, which is twice as large for large counts; or none.
        prior: counts of each grade before any pull.
    """

    preferences: np.ndarray
    gamma: float = 32.0
    novelty: Novelty = "exact"
    prior: float = 1.0

    def scores(self, seen: Seen) -> np.ndarray:
        """G (R, K) of each arm."""
        counts = seen.counts + self.prior
        log_c = self.preferences - np.logaddexp.reduce(self.preferences)
        G = (counts @ log_c) / counts.sum(axis=-1)
        if self.novelty == "exact":
            G += novelty(counts)
        elif self.novelty == "library":
            G += library_novelty(counts)
        return G

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms drawn from the law exp(γ G), by the largest of γ G with Gumbel noise."""
        scores = self.scores(seen)
        return (self.gamma * scores + rng.gumbel(size=scores.shape)).argmax(axis=1)


@dataclass(frozen=True)
class Greedy:
    """The arm of the largest expected pay."""

    prior: float = 1.0

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms."""
        return _largest(seen.mean(self.prior), rng)


@dataclass(frozen=True)
class EpsilonGreedy:
    """The arm of the largest expected pay, but with probability ε any arm; ε = 1 is a random policy."""

    epsilon: float = 0.1
    prior: float = 1.0

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms."""
        n_runs, n_arms, _ = seen.counts.shape
        best = _largest(seen.mean(self.prior), rng)
        return np.where(rng.random(n_runs) < self.epsilon, rng.integers(n_arms, size=n_runs), best)


@dataclass(frozen=True)
class UCB1:
    """The arm of the largest mean pay plus sqrt(2 ln t / n); each arm once before. Pays are between 0 and 1.

    With forgetting, t is the number of pulls that are remembered.

    Source: Auer, Cesa-Bianchi and Fischer 2002, Finite-time analysis of the multiarmed bandit problem.
    """

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms."""
        n = seen.pulled
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.maximum(n.sum(axis=1, keepdims=True), 1)
            bound = seen.paid / n + np.sqrt(2 * np.log(t) / n)
        return _largest(np.where(n > 0, bound, 1e9), rng)


@dataclass(frozen=True)
class Thompson:
    """The arm of the largest mean pay under laws that are drawn from the posterior Dirichlet densities.

    Source: Thompson 1933, Biometrika 25, 285.
    """

    prior: float = 1.0

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms."""
        law = rng.standard_gamma(seen.counts + self.prior)
        return (law @ seen.pays / law.sum(axis=-1)).argmax(axis=1)


@dataclass
class SequentialHalving:
    """All arms equally often, then the better half of them, and so on; in the end the best one. One play each object.

    A round has the T / ceil(log2 K) pulls of its share, but pulls each of its arms at least once.

    Source: Karnin, Koren and Somekh 2013, Almost optimal exploration in multi-armed bandits.
    """

    _waiting: list[np.ndarray] = field(default_factory=list)
    _left: np.ndarray | None = None

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms."""
        n_runs, n_arms, _ = seen.counts.shape
        if not self._waiting:
            if self._left is None:
                self._left = rng.permuted(np.tile(np.arange(n_arms), (n_runs, 1)), axis=1)
            elif self._left.shape[1] > 1:
                score = np.take_along_axis(seen.paid / np.maximum(seen.pulled, 1), self._left, axis=1)
                order = (-score).argsort(axis=1, kind="stable")[:, : (self._left.shape[1] + 1) // 2]
                self._left = np.take_along_axis(self._left, order, axis=1)
            size = self._left.shape[1]
            each = max(1, seen.n_pulls // (size * max(1, int(np.ceil(np.log2(n_arms))))))
            self._waiting = [self._left[:, i] for i in range(size)] * each
        return self._waiting.pop(0)


@dataclass(frozen=True, eq=False)
class MainEffects:
    """Thompson sampling where the mean pay is linear in features of the arm: w ~ N(0, τ²), pays N(x·w, σ²).

    Attributes:
        features: (K, D) of the arms, such as the signs of a factorial design with a column of ones.
        sigma: standard deviation of a pay about the mean of its arm; by default that of even grades, sqrt(1/12).
        tau: of the weights before any pull.
    """

    features: np.ndarray
    sigma: float = 12**-0.5
    tau: float = 0.3

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arms."""
        X = self.features
        precision = np.einsum("rk,ki,kj->rij", seen.pulled, X, X, optimize=True) / self.sigma**2
        precision += np.eye(X.shape[1]) / self.tau**2
        mean = np.linalg.solve(precision, (seen.paid @ X / self.sigma**2)[..., None])[..., 0]
        L = np.linalg.cholesky(precision)
        noise = np.linalg.solve(L.transpose(0, 2, 1), rng.standard_normal((*mean.shape, 1)))[..., 0]
        return ((mean + noise) @ X.T).argmax(axis=1)
