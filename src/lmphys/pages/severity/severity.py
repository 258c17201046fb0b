"""A theory of how harmful an answer becomes: one number between 0 and 1 under drift and noise."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import euler_maruyama


@dataclass(frozen=True)
class Severity:
    """Severity x in [0, 1]: dx = (alpha x (1 - x) - beta x^2 + gamma) dt + (sigma0 + sigma1 x) dW, walls reflecting.

    Attributes:
        alpha: self-reinforcement, not negative.
        beta: restraint, not negative, not 0 together with alpha.
        gamma: push from outside.
        sigma0: noise that is always there, positive.
        sigma1: noise that grows with the severity, not negative.

    Raises:
        LmphysError: a parameter is out of range.

    Source: Carson 2025 (arXiv 2501.16783). The walls are ours: the equation does not keep x in [0, 1] by itself.
    """

    alpha: float
    beta: float = 1.0
    gamma: float = 0.0
    sigma0: float = 0.1
    sigma1: float = 0.0

    def __post_init__(self) -> None:
        if min(self.alpha, self.beta, self.sigma1) < 0 or not self.sigma0 > 0 or not self.alpha + self.beta > 0:
            raise LmphysError(f"{self}: use alpha, beta and sigma1 >= 0, alpha + beta > 0 and sigma0 > 0")

    def drift(self, x: np.ndarray) -> np.ndarray:
        """mu(x)."""
        return self.alpha * x * (1 - x) - self.beta * x**2 + self.gamma

    def diffusion(self, x: np.ndarray) -> np.ndarray:
        """D(x) = sigma(x)^2 / 2."""
        return (self.sigma0 + self.sigma1 * x) ** 2 / 2

    @property
    def rest(self) -> float:
        """The stable zero of the drift; alpha / (alpha + beta) without a push from outside. May leave [0, 1].

        Raises:
            LmphysError: the drift has no zero, as a strong negative push sees to.
        """
        total = self.alpha + self.beta
        root = self.alpha**2 + 4 * self.gamma * total
        if root < 0:
            raise LmphysError(
                f"gamma = {self.gamma} leaves the drift without a zero; use at least {-(self.alpha**2) / 4 / total}"
            )
        return float((self.alpha + np.sqrt(root)) / (2 * total))

    @property
    def rest_rate(self) -> float:
        """-mu'(rest), the rate at which a small deviation dies out; alpha without a push from outside."""
        return float(2 * (self.alpha + self.beta) * self.rest - self.alpha)

    def fokker_planck(self, n_cells: int = 400) -> FokkerPlanck:
        """The density of many such numbers."""
        return FokkerPlanck(self.drift, self.diffusion, 0.0, 1.0, n_cells)

    def simulate(self, start: np.ndarray, *, dt: float, n_steps: int, keep_every: int = 1, seed: int = 0) -> np.ndarray:
        """Paths (n_steps // keep_every + 1, W) from `start` (W,), see `euler_maruyama`."""
        return euler_maruyama(
            self.drift,
            self.diffusion,
            start,
            dt=dt,
            n_steps=n_steps,
            keep_every=keep_every,
            bounds=(0.0, 1.0),
            seed=seed,
        )


def severity_sweep(alphas: np.ndarray, sigmas: np.ndarray, *, threshold: float = 0.5, **others: float) -> pd.DataFrame:
    """What the stationary severity does as its drive grows, for several strengths of the noise.

    Noise that is the average of n independent kicks has sigma0 ~ 1 / sqrt(n): a small one stands for a large system,
    and a transition has to grow sharper as it falls.

    Args:
        alphas: values of alpha.
        sigmas: values of sigma0.
        threshold: of `above`.
        others: further attributes of `Severity`.

    Returns:
        One row for each pair: `sigma0`, `alpha`, `mean`, `variance`, `above` (probability of x > threshold) and
        `relaxation`, the time 1 / (smallest rate that is not 0).
    """
    rows = []
    for sigma0 in sigmas:
        for alpha in alphas:
            solved = Severity(alpha=float(alpha), sigma0=float(sigma0), **others).fokker_planck()
            p, x = solved.stationary, solved.centres
            mean = float(p @ x)
            rows.append(
                {
                    "sigma0": float(sigma0),
                    "alpha": float(alpha),
                    "mean": mean,
                    "variance": float(p @ (x - mean) ** 2),
                    "above": float(p[x > threshold].sum()),
                    "relaxation": 1 / float(solved.decay_rates(2)[1]),
                }
            )
    return pd.DataFrame(rows)


def at_the_peak(sweep: pd.DataFrame, alpha: float = 1.0) -> pd.DataFrame:
    """Where the relaxation time is longest, beside what is found at one alpha.

    Args:
        sweep: from `severity_sweep`.
        alpha: the nearest one of the sweep is taken.

    Returns:
        A row a noise, the strongest first: "peak", alpha of the longest "relaxation at the peak", and "relaxation",
        "variance" and "mean" at alpha.
    """
    by = sweep.groupby("sigma0")
    peak = sweep.loc[by["relaxation"].idxmax()].set_index("sigma0")
    near = sweep.loc[(sweep["alpha"] - alpha).abs().groupby(sweep["sigma0"]).idxmin()].set_index("sigma0")
    found = peak[["alpha", "relaxation"]].set_axis(["peak", "relaxation at the peak"], axis=1)
    return found.join(near[["relaxation", "variance", "mean"]]).sort_index(ascending=False)
