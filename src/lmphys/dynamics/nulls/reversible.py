"""The null of the arrow of time: a process in detailed balance that begins where real chains begin."""

import numpy as np
from sklearn.base import BaseEstimator

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories


class ReversibleTwin(BaseEstimator):
    """The Gaussian process in detailed balance whose pairs of states are those of given chains, read both ways at once.

    Pairs (h_t, h_{t+1}) and (h_{t+1}, h_t) have one law, with covariance C of a state and the symmetric
    cross-covariance S. The map A = S C^-1 with noise of covariance Q = C - S C^-1 S keeps it: A C is symmetric, so that
    a settled process looks the same backwards. It slides down a quadratic potential, x' - m = A (x - m) + noise. Begun
    elsewhere it relaxes, as slowly as its eigenvalues say, and that has a direction in time without any current.

    Attributes:
        mean_: (D,) mean m.
        A_: (D, D) map.
        Q_: (D, D) covariance of its noise.
        C_: (D, D) covariance of the settled process.
    """

    mean_: np.ndarray
    A_: np.ndarray
    Q_: np.ndarray
    C_: np.ndarray

    def fit(self, traj: Trajectories) -> "ReversibleTwin":
        """Fit in float64.

        Raises:
            LmphysError: there are not more transitions than dimensions.
        """
        x, y, _ = (z.astype(np.float64) for z in traj.pairs())
        if len(x) <= traj.width:
            raise LmphysError(
                f"{len(x)} transitions in {traj.width} dimensions have no covariance; take more chains, or a lower rank"
            )
        self.mean_ = (x.mean(axis=0) + y.mean(axis=0)) / 2
        x, y = x - self.mean_, y - self.mean_
        self.C_ = (x.T @ x + y.T @ y) / (2 * len(x))
        S = (y.T @ x + x.T @ y) / (2 * len(x))
        self.A_ = np.linalg.solve(self.C_, S).T
        self.Q_ = self.C_ - self.A_ @ S
        return self

    def simulate(self, traj: Trajectories, *, settled: bool = False, seed: int = 0) -> Trajectories:
        """Chains as long as those of `traj`, which begin where these begin, or, `settled`, in the law that is kept."""
        rng = np.random.default_rng(seed)
        roots = [_root(matrix) for matrix in (self.Q_, self.C_)]
        starts = traj.states[traj.offsets[:-1]] - self.mean_
        if settled:
            starts = rng.standard_normal(starts.shape) @ roots[1].T
        states = np.empty(traj.states.shape)
        here = starts.astype(np.float64)
        for t in range(int(traj.lengths.max())):
            alive = traj.lengths > t
            states[traj.offsets[:-1][alive] + t] = here[alive]
            here = here @ self.A_.T + rng.standard_normal(here.shape) @ roots[0].T
        return traj.with_states((states + self.mean_).astype(traj.states.dtype))


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix R with R R^T the covariance; eigenvalues below 0 are rounding."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return vectors * np.sqrt(np.clip(values, 0, None))
