"""How much the drift depends on what a projection throws away."""

from dataclasses import dataclass

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval


@dataclass(frozen=True)
class SubspaceLeakage:
    """Relative change of the drift under displacements orthogonal to V_k.

    Attributes:
        values: (N,) for each observed state x, sup over v with ||v|| <= epsilon and V_k^T v = 0 of
            ||mu(x + v) - mu(x)|| / ||mu(x)||.
        epsilon: largest displacement, in units of the states.
        rho: rho_k, the largest share ||(I - V_k V_k^T) mu|| / ||mu|| of the drift outside the subspace.
        bound: the upper bound rho_k + L_mu epsilon / mu_min, with L_mu the Lipschitz constant of the drift
            and mu_min its least norm over the observed states.
    """

    values: np.ndarray
    epsilon: float
    rho: float
    bound: float

    @property
    def sup(self) -> float:
        """L_k over the observed states."""
        return float(self.values.max())


def subspace_leakage(
    drift: LinearDrift, projection: Projection, traj: Trajectories, *, epsilon: float
) -> SubspaceLeakage:
    """Leakage of a linear drift mu(h) = (A - I) h + c, exact in v and empirical in x.

    mu(x + v) - mu(x) = (A - I) v, so the supremum over v is epsilon times the largest singular value of
    (A - I)(I - V_k V_k^T), whatever x is. The smallness that the source assumes (L_k << 1) depends on
    epsilon, which it leaves open: state it beside the number. The supremum over x is governed by the slowest
    observed step, hence the values for every x.

    Args:
        drift: fitted on states of the full width D.
        projection: fitted on the same space, without `standardise` (orthogonality is meant in the states' own
            metric).
        traj: the observed states x, (N, D).
        epsilon: radius of the displacements, in units of the states.

    Raises:
        LmphysError: widths disagree, the projection standardises, or the drift vanishes at a state.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Def. 2.3, Assumption 2.1, App. A.
    """
    if projection.standardise:
        raise LmphysError("leakage needs a basis of the states' own space; fit Projection(standardise=False)")
    if len(projection.mean_) != len(drift.c_):
        raise LmphysError(f"basis of width {len(projection.mean_)}, drift of {len(drift.c_)}: fit both on full states")
    mu = drift.step(traj.states) - traj.states
    norms = np.linalg.norm(mu, axis=1)
    if not norms.min() > 0:
        raise LmphysError("the drift vanishes at an observed state, so its leakage is infinite; leave that state out")
    V = projection.basis_
    jacobian = drift.A_ - np.eye(len(drift.c_))
    outside = jacobian - (jacobian @ V) @ V.T
    rho = float((np.linalg.norm(mu - (mu @ V) @ V.T, axis=1) / norms).max())
    lipschitz = float(np.linalg.norm(jacobian, 2))
    return SubspaceLeakage(
        values=epsilon * float(np.linalg.norm(outside, 2)) / norms,
        epsilon=epsilon,
        rho=rho,
        bound=rho + lipschitz * epsilon / float(norms.min()),
    )


def leakage_intervals(leak: SubspaceLeakage, traj: Trajectories, *, seed: int = 0) -> dict[str, Interval]:
    """The leakage of a typical state and the largest one, with 95 % intervals over questions.

    A resample never has a larger supremum than the chains themselves, so that its interval reaches down alone.

    Args:
        leak: of `subspace_leakage`.
        traj: the observed states.
        seed: of the resampling.
    """
    unit = np.repeat(traj.questions, traj.lengths)
    order = np.argsort(leak.values, kind="stable")
    values, unit = leak.values[order], unit[order]

    def median(weights: np.ndarray) -> np.ndarray:
        mass = np.cumsum(weights[:, unit], axis=1)
        return values[(mass < mass[:, -1:] / 2).sum(axis=1)]

    def largest(weights: np.ndarray) -> np.ndarray:
        return values[[np.flatnonzero(w)[-1] for w in weights[:, unit]]]

    n_questions = int(unit.max()) + 1
    found = {"median over states": median, "supremum": largest}
    return {
        name: Interval(*map(float, bootstrap_chains(statistic, n_questions, seed=seed)))
        for name, statistic in found.items()
    }
