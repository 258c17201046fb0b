"""Training of energy-based models by walkers: contrastive divergence, persistent chains, and Jarzynski's weights."""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.settings import whole
from lmphys.generative.energies import Energy
from lmphys.generative.weights import check_effective, log_mean, normalised, redrawn, squared_variation
from lmphys.stats.weights import effective_size

_HISTORY = ("log_z", "variation", "bias", "observed", "observed_variation")

Method = Literal["jarzynski", "persistent", "contrastive", "exact"]


class Walkers:
    """M walkers of a family, their log-weights, and ln Z by them.

    Args:
        x: (M, ...) where they start.
        log_z: ln Z of the law that they start from.
        most_variation: squared coefficient of variation of the weights above which they are drawn anew; None: never.
    """

    def __init__(self, x: np.ndarray, log_z: float, most_variation: float | None) -> None:
        self.x, self.log_weights = x, np.zeros(len(x))
        self._log_z, self._most = log_z, most_variation

    @property
    def log_z(self) -> float:
        """Estimate of ln Z at the present parameters."""
        return self._log_z + log_mean(self.log_weights)

    def advance(self, family: Energy, before: np.ndarray, after: np.ndarray, rng: np.random.Generator) -> None:
        """One step of the protocol; draws the walkers anew where their weights have grown apart.

        Raises:
            LmphysError: only a handful of walkers is effective.
        """
        if self._most is not None and squared_variation(self.log_weights) > self._most:
            check_effective(self.log_weights, "while the parameters change")
            self._log_z = self.log_z
            self.x, self.log_weights = self.x[redrawn(self.log_weights, rng)], np.zeros(len(self.x))
        self.x, added = family.move(before, after, self.x, rng)
        self.log_weights = self.log_weights + added


class EnergyModel:
    """A law exp(-U_θ(x)) / Z_θ that is fitted by following the slope of its cross-entropy.

    The slope is the mean of ∂U/∂θ over the data less that over the model, and the methods differ in how they get the
    second mean. "contrastive": from M of the data, after a few moves. "persistent": from walkers that are kept
    from step to step. "jarzynski": from such walkers with the weights of Jarzynski's equality, which is right however
    slowly they mix, and knows ln Z. "exact": from the family itself, where it can tell.

    The weights are exact for a protocol that does not depend on the walkers. Walkers that set the next θ and then carry
    the weight of that step are off: to first order E ln Z is too small by Σ_k η Tr Cov(∂U/∂θ) / M (`history_["bias"]`).
    A second population (`n_observers`), which only watches, is not.

    Args:
        family: of energies, see `lmphys.generative.energies`.
        method: see above.
        n_walkers: M.
        n_observers: walkers that carry weights and steer nothing; `log_z_` and `ess_` are then theirs.
        n_steps: of the parameters.
        learning_rate: η of θ ← θ - η slope.
        n_moves: of contrastive divergence.
        walkers_from: "model", drawn exactly at the first θ; "data", persistent chains alone.
        most_variation: as `Walkers`.
        n_kept: parameters on the way that `path_` holds, about.
        seed: of walkers.

    Attributes:
        theta_: (P,) parameters at the end.
        log_z_: ln Z by the weights; NaN where the method has none.
        ess_: effective size of the walkers that gave it; NaN likewise.
        walkers_: the `Walkers` that steer, at the end.
        history_: a row a step: `log_z` of the walkers that steer, the squared coefficient of `variation` of their
            weights, the expected `bias` of `log_z`; and `observed` and `observed_variation`, the same of the observers.
        path_: number of steps to parameters (P,).

    >>> from lmphys.generative import GaussianPair
    >>> family = GaussianPair(1)
    >>> x = family.sample(np.array([-2.0, 2.0, 0.0]), 500, np.random.default_rng(0))
    >>> model = EnergyModel(family, n_walkers=500, n_steps=300, learning_rate=0.1).fit(x)
    >>> print(f"centres {model.theta_[0]:.0f} and {model.theta_[1]:.0f}")
    centres -2 and 2
    """

    def __init__(
        self,
        family: Energy,
        method: Method = "jarzynski",
        *,
        n_walkers: int = 1000,
        n_observers: int = 0,
        n_steps: int = 300,
        learning_rate: float = 0.5,
        n_moves: int = 1,
        walkers_from: Literal["model", "data"] = "model",
        most_variation: float | None = 0.5,
        n_kept: int = 30,
        seed: int = 0,
    ) -> None:
        self.family, self.method = family, method
        self.n_walkers, self.n_observers, self.n_steps = n_walkers, n_observers, n_steps
        self.learning_rate, self.n_moves, self.walkers_from = learning_rate, n_moves, walkers_from
        self.most_variation, self.n_kept, self.seed = most_variation, n_kept, seed

    def fit(self, x: np.ndarray, sample_weight: np.ndarray | None = None) -> "EnergyModel":
        """Fit to data.

        Args:
            x: (n, ...).
            sample_weight: (n,) how much each counts; equal by default.

        Raises:
            LmphysError: a setting makes no sense, or too few walkers are effective.
        """
        self._check()
        family, theta, rng = self.family, self.family.start(), np.random.default_rng(self.seed)
        share = None if sample_weight is None else np.asarray(sample_weight) / np.sum(sample_weight)
        log_z, weighted = family.log_partition(theta), self.method in ("jarzynski", "exact")
        first = self._some(x, share, rng) if self.walkers_from == "data" else family.draw(self.n_walkers, rng)
        steering = Walkers(first, log_z, self.most_variation)
        watching = Walkers(family.draw(self.n_observers, rng), log_z, self.most_variation) if self.n_observers else None
        last = watching or steering
        rows, self.path_, bias = [], {0: theta}, 0.0
        for step in range(1, self.n_steps + 1):
            weights = self._weights(steering, rng) if weighted else None
            slope = self._slope(theta, steering, weights, x, share, rng)
            after = theta - self.learning_rate * slope
            if self.method == "jarzynski":
                bias -= self.learning_rate * family.spread(theta, steering.x, weights) / self.n_walkers
            if self.method != "contrastive":
                steering.advance(family, theta, after, rng)
            if not weighted:
                steering.log_weights[:] = 0
            if watching:
                watching.advance(family, theta, after, rng)
            theta = after
            steered = (steering.log_z, squared_variation(steering.log_weights)) if weighted else (np.nan, np.nan)
            seen = (watching.log_z, squared_variation(watching.log_weights)) if watching else (np.nan, np.nan)
            rows.append((step, *steered, bias, *seen))
            if step % max(1, self.n_steps // self.n_kept) == 0 or step == self.n_steps:
                self.path_[step] = theta
        self.history_ = pd.DataFrame(rows, columns=["step", *_HISTORY]).set_index("step")
        self.theta_, self.walkers_ = theta, steering
        known = weighted or watching is not None
        self.log_z_ = last.log_z if known else float("nan")
        self.ess_ = float(effective_size(last.log_weights)) if known else float("nan")
        if known:
            check_effective(last.log_weights, "at the end")
        return self

    def _check(self) -> None:
        if self.method not in get_args(Method):
            raise LmphysError(f"unknown method {self.method!r}; there are {', '.join(get_args(Method))}")
        if self.walkers_from == "data" and self.method != "persistent":
            raise LmphysError(f"walkers of the method {self.method} start from the model; leave walkers_from as it is")
        whole("n_walkers", self.n_walkers, least=2)
        whole("n_observers", self.n_observers, least=0)
        whole("n_steps", self.n_steps, least=1)

    def _weights(self, walkers: Walkers, rng: np.random.Generator) -> np.ndarray:
        """(M,) weights that sum to 1, with which walkers set the next step."""
        return normalised(walkers.log_weights)

    def _some(self, x: np.ndarray, share: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
        """As many of the data as there are walkers, drawn with replacement."""
        return x[rng.choice(len(x), self.n_walkers, p=share)]

    def _slope(
        self,
        theta: np.ndarray,
        walkers: Walkers,
        weights: np.ndarray | None,
        x: np.ndarray,
        share: np.ndarray | None,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """(P,) slope of the cross-entropy, as the method has it."""
        family = self.family
        if self.method == "contrastive":
            begun = near = self._some(x, share, rng)
            for _ in range(self.n_moves):
                near, _ = family.move(theta, theta, near, rng)
            return family.slope(theta, begun) - family.slope(theta, near)
        model = family.mean_slope(theta) if self.method == "exact" else family.slope(theta, walkers.x, weights)
        return family.slope(theta, x, share) - model

    def energy(self, x: np.ndarray) -> np.ndarray:
        """U (n,) of x (n, ...), nats."""
        return self.family.energy(self.theta_, x)

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Logarithm of the fitted law (n,), with ln Z by the weights.

        Raises:
            LmphysError: the method keeps no weights.
        """
        if np.isnan(self.log_z_):
            raise LmphysError(f"{self.method} training keeps no weights, so ln Z is unknown; give it observers")
        return -self.energy(x) - self.log_z_
