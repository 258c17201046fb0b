"""The textbook switching model, whose state is hidden behind noise, and honest forecasts under it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from lmphys.core.errors import LmphysError
from lmphys.dynamics.base import Forecast
from lmphys.dynamics.slds.parameters import check_laws


@dataclass(frozen=True, eq=False)
class LatentParameters:
    """A switching linear dynamical system of K regimes with a latent state of L and observations of D dimensions.

        Z_0 ~ pi,   P(Z_{t+1} = j | Z_t = i) = T_ij,   x_0 ~ N(mean, covariance),
        x_{t+1} = A_z x_t + b_z + w,   w ~ N(0, Q_z),   z = Z_t,
        y_t = C x_t + d + v,   v ~ N(0, R).

    It is not the model of the paper, whose regimes act on the observed states themselves and which knows no
    observation noise v: see `SLDSParameters`, which is the limit R -> 0 with C = I, A_j = I + M_j.

    Attributes:
        pi: (K,) probabilities of the regime of the first step.
        T: (K, K) transition probabilities, rows sum to 1.
        A: (K, L, L) maps of the latent state.
        b: (K, L) offsets.
        Q: (K, L, L) noise covariances of the latent state, positive semidefinite.
        C: (D, L) loadings.
        d: (D,) offset of the observations.
        R: (D, D) covariance of the observation noise, positive definite.
        mean: (L,) mean of x_0.
        covariance: (L, L) covariance of x_0.

    Raises:
        LmphysError: shapes disagree, a value is not finite, or `pi` or a row of `T` is no distribution.

    Source: Murphy 1998, Switching Kalman filters (technical report).
    """

    pi: np.ndarray
    T: np.ndarray
    A: np.ndarray
    b: np.ndarray
    Q: np.ndarray
    C: np.ndarray
    d: np.ndarray
    R: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        K, L, D = self.pi.size, self.mean.size, self.d.size
        wanted = {"pi": (K,), "T": (K, K), "A": (K, L, L), "b": (K, L), "Q": (K, L, L)}
        wanted |= {"C": (D, L), "d": (D,), "R": (D, D), "mean": (L,), "covariance": (L, L)}
        shapes = {name: getattr(self, name).shape for name in wanted}
        if min(K, L, D) < 1 or shapes != wanted:
            raise LmphysError(f"parameters of a latent switching model disagree in shape: {shapes}")
        if not all(np.isfinite(getattr(self, name)).all() for name in wanted):
            raise LmphysError("a parameter of the latent switching model is not finite; fit it again, smaller")
        check_laws(self.pi, self.T)

    @property
    def width(self) -> int:
        """D, dimension of an observation."""
        return len(self.d)


def filter_one_step(parameters: LatentParameters, y: np.ndarray) -> Forecast:
    """One-step forecasts of one chain of observations (T, D) by the pseudo-Bayesian filter of order 2.

    The law of x_t given y_0..y_t is a mixture of one Gaussian for each past of the regimes, K^t of them. The
    filter steps with K of them to K^2, and then replaces, for each last regime, the mixture over the one
    before by the Gaussian of equal mean and covariance. Hence it is exact for K = 1 (Kalman), for the
    densities of y_1 and y_2 and the forecasts of y_1 to y_3; exact throughout where the observations determine
    the state (R -> 0 with C of full column rank); and an approximation elsewhere. It reads y_{t+1} only after
    it has forecast it.

    Source: Kim 1994, J. Econometrics 60, 1. The interacting multiple model (Blom & Bar-Shalom 1988, IEEE
    Trans. Autom. Control 33, 780) merges before the step, K times cheaper and less exact.
    """
    p = parameters
    y = np.asarray(y, dtype=np.float64)
    forecast, log_density = np.empty((len(y) - 1, p.width)), np.empty(len(y) - 1)
    weight = p.pi[None]
    mean, covariance, _ = _condition(p, p.mean[None], p.covariance[None], y[0])
    for t in range(len(y) - 1):
        # Gaussians (i, j) for the regimes of the last step and of the next; before the first there is one i.
        mean = np.einsum("jlm,im->ijl", p.A, mean) + p.b
        covariance = p.A @ covariance[:, None] @ p.A.transpose(0, 2, 1) + p.Q
        forecast[t] = p.C @ np.einsum("ij,ijl->l", weight, mean) + p.d
        mean, covariance, log_likelihood = _condition(p, mean, covariance, y[t + 1])
        with np.errstate(divide="ignore"):
            log_joint = np.log(weight) + log_likelihood
        log_density[t] = logsumexp(log_joint)
        weight, mean, covariance = _merge(np.exp(log_joint - log_density[t]), mean, covariance)
        weight = weight[:, None] * p.T
    return Forecast(forecast, log_density)


def _condition(
    p: LatentParameters, mean: np.ndarray, covariance: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gaussians of x, means (..., L) and covariances (..., L, L), given y = C x + d + v (D,); and log p(y), (...)."""
    cross = p.C @ covariance
    root = np.linalg.cholesky(cross @ p.C.T + p.R)
    innovation = (y - p.d - mean @ p.C.T)[..., None]
    white = np.linalg.solve(root, np.concatenate([innovation, cross], axis=-1))
    white_innovation, white_cross = white[..., :1], white[..., 1:]
    transposed = np.swapaxes(white_cross, -1, -2)
    log_volume = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1) + 0.5 * len(y) * np.log(2 * np.pi)
    return (
        mean + (transposed @ white_innovation)[..., 0],
        covariance - transposed @ white_cross,
        -0.5 * (white_innovation[..., 0] ** 2).sum(axis=-1) - log_volume,
    )


def _merge(joint: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each j the weight, mean and covariance of the mixture over i of Gaussians (i, j) with weights `joint`."""
    weight = joint.sum(axis=0)
    share = np.divide(joint, weight, out=np.zeros_like(joint), where=weight > 0)
    merged = np.einsum("ij,ijl->jl", share, mean)
    spread = mean - merged
    within = np.einsum("ij,ijlm->jlm", share, covariance)
    return weight, merged, within + np.einsum("ij,ijl,ijm->jlm", share, spread, spread)
