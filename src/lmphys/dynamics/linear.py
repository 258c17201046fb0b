"""One linear map for all steps: h_{t+1} = A h_t + c + xi_t."""

import warnings
from typing import Literal

import numpy as np
from scipy.linalg import LinAlgError, LinAlgWarning, solve
from sklearn.base import BaseEstimator

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, as_trajectories
from lmphys.dynamics.base import Forecast
from lmphys.dynamics.residuals import estimated_nll


class LinearDrift(BaseEstimator):
    """Ridge regression of the next state on the present one, in the increments' form.

    Minimises sum_t ||dh_t - (A - I) h_t - c||^2 + ridge ||P||_F^2 with dh_t = h_{t+1} - h_t, over all
    transitions. As dh_t - (A - I) h_t = h_{t+1} - A h_t, the choice of target does not matter; what the
    penalty shrinks does. With P = A (as printed in Eq. 6) an infinite ridge forgets the present state and
    predicts the mean; with P = A - I it leaves persistence plus the mean increment. The intercept c is never
    penalised.

    Args:
        ridge: lambda, in squared units of the states: it is weighed against a sum over transitions, not a
            mean.
        penalty: the matrix P, "A" or "A-I".

    Attributes:
        A_: (D, D) map.
        c_: (D,) intercept.
        noise_covariance_: (D, D) covariance of the training residuals, divided by their number.
        n_transitions_: that number.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eqs. 5-6, lambda = 1.
    """

    name = "one linear map"

    A_: np.ndarray
    c_: np.ndarray
    noise_covariance_: np.ndarray
    n_transitions_: int

    def __init__(self, ridge: float = 1.0, *, penalty: Literal["A", "A-I"] = "A") -> None:
        self.ridge = ridge
        self.penalty = penalty

    def fit(self, traj: Data) -> "LinearDrift":
        """Fit A and c in float64 by Cholesky factorisation of the centred normal equations.

        Raises:
            LmphysError: a setting is not allowed, there are no transitions, or they do not determine A.
        """
        if self.ridge < 0 or self.penalty not in ("A", "A-I"):
            raise LmphysError(f"ridge {self.ridge}, penalty {self.penalty!r}: use ridge >= 0 and 'A' or 'A-I'")
        traj = as_trajectories(traj)
        if not traj.n_transitions:
            raise LmphysError("no transitions to fit: at least one chain needs two sentences or more")
        h, h_next = (x.astype(np.float64) for x in traj.pairs()[:2])
        h_mean, next_mean = h.mean(axis=0), h_next.mean(axis=0)
        centred = h - h_mean
        gram = centred.T @ centred
        cross = centred.T @ (h_next - next_mean)
        # Both penalties add ridge to the diagonal; "A-I" also pulls the solution from 0 to I.
        diagonal = np.diag_indices(traj.width)
        gram[diagonal] += self.ridge
        if self.penalty == "A-I":
            cross[diagonal] += self.ridge
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", LinAlgWarning)
                self.A_ = solve(gram, cross, assume_a="pos").T
        except (LinAlgError, LinAlgWarning) as error:
            raise LmphysError(
                f"{traj.n_transitions} transitions do not determine a map of width {traj.width} at ridge "
                f"{self.ridge}; use a larger ridge or project to a lower rank"
            ) from error
        self.c_ = next_mean - self.A_ @ h_mean
        residuals = self.residuals(traj)
        self.noise_covariance_, self.n_transitions_ = residuals.T @ residuals / len(residuals), len(residuals)
        return self

    def step(self, h: np.ndarray) -> np.ndarray:
        """Next states A h + c, for states h (D,) or (n, D).

        Raises:
            LmphysError: the width differs from the fitted one, or a state is not finite.
        """
        h = np.asarray(h, dtype=np.float64)
        if h.shape[-1] != len(self.c_):
            raise LmphysError(
                f"states of width {h.shape[-1]}, drift fitted on {len(self.c_)}: use one projection for both"
            )
        if not np.isfinite(h).all():
            raise LmphysError("a state to predict from is not finite; drop it or extract the states again in float32")
        return h @ self.A_.T + self.c_

    def predict(self, traj: Data) -> Forecast:
        """Forecasts of h_{t+1} from h_t, with the Gaussian density of the training residuals around them."""
        traj = as_trajectories(traj)
        mean = self.step(traj.pairs()[0])
        nll = estimated_nll(traj.pairs()[1] - mean, self.noise_covariance_, self.n_transitions_)
        return Forecast(mean, -nll)

    def residuals(self, traj: Data) -> np.ndarray:
        """xi_t = h_{t+1} - A h_t - c, (N - C, D), in the order of `traj.pairs()` (Sec. 3.2)."""
        h, h_next, _ = as_trajectories(traj).pairs()
        return h_next - self.step(h)
