"""What a model of a subspace says of the full space, once the directions outside have a rule of their own."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.covariance import LedoitWolf

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.residuals import gaussian_nll
from lmphys.dynamics.slds.parameters import SLDSParameters

# Coordinates up to this multiple of the rounding error of a state are taken as 0.
_ROUNDING = 10.0


class Complement(BaseEstimator):
    """One-step forecast and density of the directions that a projection leaves out.

    With y = (h - mean) / scale the scaled state and W an orthonormal basis of the complement of V_k, the
    coordinates outside are u = W^T y, forecast by one number and one vector:

        u_{t+1} = a u_t + c_0 + eta_t,   eta_t ~ N(0, S).

    S is the covariance of the training residuals about 0, shrunk towards equal variances in the scaled units
    (Ledoit & Wolf 2004), so that it has an inverse also where there are more directions than transitions.

    The map from h to (x, u), x the projected state, is affine, with log determinant
    -sum log scale - sum log unit, of the projection's `scale_` and `unit_`. `log_density` contains it,
    so its sum with the log density of x_{t+1} given the past is one of h_{t+1}, in nats over R^D in raw
    units, whatever rank, `standardise` and `whiten` are: models of different rank become comparable.

    Neglected: inside and outside residuals count as independent given the past, and u_{t+1} depends neither
    on the place inside nor on a regime. The sum also holds the error of estimating S, about d^2 / 4n nats for
    d directions and n transitions before shrinkage, which differs between ranks: with few transitions, part of
    a difference between ranks is a difference between two estimates of a covariance. How much an estimate can
    cost shows on the default corpus (D = 576, 765 training transitions): with quadratic inverse shrinkage
    (Ledoit & Wolf 2022) held-out transitions cost 113 nats each more than with this S at k = 10, 132 at k = 40.

    Args:
        projection: fitted.
        memory: a. None: fitted by least squares, pooled over all transitions and directions, together with
            c_0. A number fixes a, and c_0 = (1 - a) times the training mean of u_{t+1}: 1 is the persistence
            that Eq. 10 implies, as it moves the state inside the subspace alone; 0 is the training mean.

    Attributes:
        basis_: (D, D - k) W; empty for k = D.
        memory_: a.
        offset_: (D - k,) c_0, in units of the scaled state.
        covariance_: (D - k, D - k) S, in the same units squared; 0 where nothing moves outside; can be singular
            for one or two transitions.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eq. 10, for a = 1; Ledoit & Wolf 2004, J. Multivar.
    Anal. 88, 365, for S.
    """

    basis_: np.ndarray
    memory_: float
    offset_: np.ndarray
    covariance_: np.ndarray

    def __init__(self, projection: Projection, *, memory: float | None = None) -> None:
        self.projection = projection
        self.memory = memory

    def fit(self, traj: Data) -> "Complement":
        """Fit a, c_0 and S on chains of the full width.

        Raises:
            LmphysError: the projection is not fitted or of another width, or there are no transitions.
        """
        if not hasattr(self.projection, "basis_"):
            raise LmphysError("the projection of a completion is not fitted; fit it on the full training states first")
        traj = as_trajectories(traj)
        if not traj.n_transitions:
            raise LmphysError("no transitions to complete: at least one chain needs two sentences or more")
        V = self.projection.basis_
        self.basis_ = np.linalg.qr(V, mode="complete")[0][:, V.shape[1] :]
        u = self._outside(traj)
        # Where the training states lie in the subspace, the rest is rounding, not a process to fit.
        largest = np.linalg.norm(traj.states / self.projection.scale_, axis=1).max()
        if np.abs(u).max(initial=0.0) <= _ROUNDING * np.finfo(traj.states.dtype).eps * largest:
            u = np.zeros_like(u)
        rows = traj.sources()
        before, after = u[rows], u[rows + 1]
        mean, next_mean = before.mean(axis=0), after.mean(axis=0)
        if self.memory is None:
            centred = before - mean
            square = float((centred**2).sum())
            self.memory_ = float((centred * (after - next_mean)).sum()) / square if square > 0 else 0.0
            self.offset_ = next_mean - self.memory_ * mean
        else:
            self.memory_ = float(self.memory)
            self.offset_ = (1 - self.memory_) * next_mean
        self.covariance_ = _covariance(after - self._next(before))
        return self

    def forecast(self, traj: Data, x_forecast: np.ndarray) -> np.ndarray:
        """Forecasts of h_{t+1} in raw units, (N - C, D), from those of its coordinates inside.

        Args:
            traj: chains of the full width; a forecast sees h_t of them.
            x_forecast: (N - C, k) forecasts of the projected states, in the order of `traj.pairs()`.

        Raises:
            LmphysError: shapes disagree.
        """
        traj = as_trajectories(traj)
        if len(x_forecast) != traj.n_transitions:
            raise LmphysError(f"{len(x_forecast)} forecasts for {traj.n_transitions} transitions: use the same chains")
        outside = self._next(self._outside(traj)[traj.sources()]) @ self.basis_.T
        return self.projection.inverse_transform(x_forecast) + outside * self.projection.scale_

    def log_density(self, traj: Data) -> np.ndarray:
        """Share of log p(h_{t+1} | past) that a model of the subspace lacks, nats, (N - C,).

        For k = D it is the log Jacobian alone. NaN where there is no density, as S is singular.

        Raises:
            LmphysError: the width is not that of the projection.
        """
        traj = as_trajectories(traj)
        u, rows = self._outside(traj), traj.sources()
        jacobian = np.log(self.projection.scale_).sum() + np.log(self.projection.unit_).sum()
        return -gaussian_nll(u[rows + 1] - self._next(u[rows]), self.covariance_) - jacobian

    def lift(self, parameters: SLDSParameters) -> SLDSParameters:
        """The switching model of the whole space: the given one inside, this rule outside, in every regime.

        Its forecasts are those of `forecast`, and its log densities those of the given model plus `log_density`.
        With one regime it is one linear map of R^D, from which chains of the full width can be drawn.

        Args:
            parameters: of the k coordinates of the projection.

        Raises:
            LmphysError: the width is not the rank, or S is singular.
        """
        p, projection = parameters, self.projection
        if p.width != projection.rank:
            raise LmphysError(
                f"parameters of width {p.width}, projection of rank {projection.rank}: lift its own model"
            )
        # h = mean + scale (V unit x + W u); the columns of `inside` carry x to h, the rows of `into` h to x.
        scale, W = projection.scale_[:, None], self.basis_
        inside = scale * projection.basis_ * projection.unit_
        into = (projection.basis_ / projection.unit_ / scale).T
        M = inside @ p.M @ into + (self.memory_ - 1) * (scale * W) @ (W / scale).T
        b = p.b @ inside.T + scale[:, 0] * (W @ self.offset_) - M @ projection.mean_
        noise = (scale * W) @ self.covariance_ @ (scale * W).T
        return SLDSParameters(p.pi, p.T, M, b, inside @ p.Sigma @ inside.T + noise)

    def _outside(self, traj: Trajectories) -> np.ndarray:
        """Coordinates u of all states, (N, D - k)."""
        if traj.width != len(self.basis_):
            raise LmphysError(f"states of width {traj.width}, completion of {len(self.basis_)}: give the full states")
        return (traj.states - self.projection.mean_) / self.projection.scale_ @ self.basis_

    def _next(self, u: np.ndarray) -> np.ndarray:
        return self.memory_ * u + self.offset_


def _covariance(residuals: np.ndarray) -> np.ndarray:
    """Shrunk covariance (d, d) of residuals (n, d) about 0; not shrunk without directions or for n = 1."""
    n, width = residuals.shape
    if n == 1 or width == 0:
        return residuals.T @ residuals / n
    return LedoitWolf(assume_centered=True, store_precision=False).fit(residuals).covariance_
