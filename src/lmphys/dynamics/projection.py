"""The rank-k subspace V_k in which the dynamics are modelled, and how well it is determined."""

from typing import Literal, overload

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval

Basis = Literal["states", "increments"]


class Projection(BaseEstimator):
    """Principal component analysis of a trajectory set, x = V_k^T (h - mean) / scale.

    The source speaks of PCA of the sentence-stride embeddings (Sec. 3.1) and of PCA of the increments (App.
    A); the two bases differ, so the choice is a setting and is recorded in `meta`. With `of="increments"` the
    (centred) increments give the directions only: states are still centred on the mean state.

    Args:
        rank: k.
        of: whose principal directions span the subspace.
        standardise: divide each dimension by the standard deviation of the states first (App. C.2).
        whiten: divide each coordinate by the standard deviation, along its direction, of what `of` names
            (App. C.2).

    Attributes:
        basis_: (D, k) V_k, orthonormal columns in order of falling variance; of the scaled space if
            `standardise`.
        mean_: (D,) mean state.
        scale_: (D,) divisor of each dimension, 1 unless `standardise`.
        explained_variance_: (min(N, D),) variances along all principal directions, of what `of` names.
        explained_variance_ratio_: (min(N, D),) the same as shares of their sum.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Sec. 3.1, App. A (k = 40), App. C.2.
    """

    basis_: np.ndarray
    mean_: np.ndarray
    scale_: np.ndarray
    explained_variance_: np.ndarray
    explained_variance_ratio_: np.ndarray

    def __init__(
        self, rank: int = 40, *, of: Basis = "states", standardise: bool = False, whiten: bool = False
    ) -> None:
        self.rank = rank
        self.of = of
        self.standardise = standardise
        self.whiten = whiten

    def fit(self, traj: Data) -> "Projection":
        """Find the basis by a full singular value decomposition in float64.

        Raises:
            LmphysError: `of` is unknown, or `rank` is not in 1..r with r the number of directions that vary.
        """
        if self.of not in ("states", "increments"):
            raise LmphysError(f"projection of {self.of!r}: choose 'states' or 'increments'")
        traj = as_trajectories(traj)
        states = traj.states.astype(np.float64)
        self.mean_ = states.mean(axis=0)
        deviation = states.std(axis=0)
        # A constant dimension carries nothing; a divisor of 1 keeps it at 0 instead of 0/0.
        self.scale_ = np.where(deviation > 0, deviation, 1.0) if self.standardise else np.ones(traj.width)
        rows = traj.sources()
        data = (states if self.of == "states" else states[rows + 1] - states[rows]) / self.scale_
        usable = min(len(data) - 1, traj.width)
        if usable > 0:
            with np.errstate(invalid="ignore"):  # data that do not vary are refused below
                pca = PCA(svd_solver="full").fit(data)
            singular = pca.singular_values_
            usable = min(usable, int((singular > singular[0] * max(data.shape) * np.finfo(float).eps).sum()))
        if not 1 <= self.rank <= usable:
            raise LmphysError(
                f"rank {self.rank} is not usable with {len(data)} {self.of} of width {traj.width}: "
                f"the largest usable rank is {max(usable, 0)}"
            )
        self.basis_ = pca.components_[: self.rank].T
        self.explained_variance_ = pca.explained_variance_
        self.explained_variance_ratio_ = pca.explained_variance_ratio_
        return self

    @property
    def unit_(self) -> np.ndarray:
        """Length of one unit of each coordinate in the scaled space, (k,); 1 without whitening."""
        return np.sqrt(self.explained_variance_[: self.rank]) if self.whiten else np.ones(self.rank)

    def transform(self, traj: Data) -> Trajectories:
        """The same chains with states (N, k) in float64; `meta` gets rank, of, standardise and whiten.

        Raises:
            LmphysError: the width of the states differs from the fitted one.
        """
        traj = as_trajectories(traj)
        if traj.width != len(self.mean_):
            raise LmphysError(f"states of width {traj.width}, projection fitted on {len(self.mean_)}: fit it on these")
        return traj.with_states(self.coordinates(traj.states), **self.get_params())

    def coordinates(self, states: np.ndarray) -> np.ndarray:
        """Coordinates (n, k) of states (n, D), without their chains."""
        return (states - self.mean_) / self.scale_ @ self.basis_ / self.unit_

    @overload
    def inverse_transform(self, x: np.ndarray) -> np.ndarray: ...

    @overload
    def inverse_transform(self, x: Trajectories) -> Trajectories: ...

    def inverse_transform(self, x: np.ndarray | Trajectories) -> np.ndarray | Trajectories:
        """Back to D dimensions from coordinates (..., k) or projected chains, with the mean in the rest.

        Raises:
            LmphysError: the width of `x` is not the rank.
        """
        if isinstance(x, Trajectories):
            return x.with_states(self.inverse_transform(x.states))
        if x.shape[-1] != self.rank:
            raise LmphysError(f"coordinates of width {x.shape[-1]} for a projection of rank {self.rank}: project first")
        return (x * self.unit_) @ self.basis_.T * self.scale_ + self.mean_

    def variance_captured(self, k: int) -> float:
        """Share of the variance (of what `of` names, after scaling) along the first k directions."""
        return float(self.explained_variance_ratio_[:k].sum())

    def share_of(self, traj: Trajectories) -> float:
        """Share of the variance of other chains (of what `of` names, after scaling) that lies in the subspace.

        About the mean of those chains, so that it equals `variance_captured(rank)` on the chains of the fit.
        """
        rows = traj.sources()
        states = traj.states.astype(np.float64) / self.scale_
        data = states if self.of == "states" else states[rows + 1] - states[rows]
        data = data - data.mean(axis=0)
        return float(((data @ self.basis_) ** 2).sum() / (data**2).sum())


def rank_share(
    traj: Trajectories, rank: int, *, of: Basis = "states", n_bootstrap: int = 100, seed: int = 0
) -> Interval:
    """Share of variance in the first `rank` principal components, with a 95 % interval over questions.

    A resampled corpus repeats questions, so its variance lies in fewer directions and its share is too large. The
    interval is therefore the share plus and minus 1.96 standard deviations of the replicates, not their percentiles.

    Args:
        traj: the chains, (N, D) states.
        rank: k, at most D.
        of: whose variance, of the states or of the increments.
        n_bootstrap: replicates; each costs an eigenvalue problem of width D.
        seed: of the resampling.
    """
    rows = traj.sources()
    question = traj.questions
    unit, n_units = np.repeat(question, traj.lengths), int(question.max()) + 1
    if of == "states":
        data = traj.states.astype(np.float64)
    else:
        data, unit = traj.increments().astype(np.float64), unit[rows]

    def statistic(weights: np.ndarray) -> np.ndarray:
        shares = []
        for w in weights[:, unit]:
            centred = data - np.average(data, axis=0, weights=w)
            values = np.linalg.eigvalsh((centred * w[:, None]).T @ centred)
            shares.append(values[::-1][:rank].sum() / values.sum())
        return np.array(shares)

    share = float(statistic(np.ones((1, n_units)))[0])
    weights = chain_weights(n_units, n_bootstrap, seed)
    spread = 1.96 * float(np.std(statistic(weights)))
    return Interval(np.array(share), np.array(share - spread), np.array(share + spread))


def principal_angles(U: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Angles between two subspaces, ascending, in radians, (min(k, k'),).

    Args:
        U: (D, k) basis, independent columns, not necessarily orthonormal.
        V: (D, k') basis.

    Source: Bjorck & Golub 1973, Math. Comp. 27, 579: the cosines are the singular values of U^T V, the sines
    those of (I - U U^T) V. Each angle takes both, so angles near 0 and near 90 degrees are equally accurate; that is
    not so in SciPy's `subspace_angles`, which rounds a small angle beside a large one to 1e-8.
    """
    wide, narrow = sorted((np.linalg.qr(U)[0], np.linalg.qr(V)[0]), key=lambda Q: -Q.shape[1])
    inner = wide.T @ narrow
    cosines = np.linalg.svd(inner, compute_uv=False)
    sines = np.linalg.svd(narrow - wide @ inner, compute_uv=False)
    return np.arctan2(sines[::-1], cosines)


def random_overlap(D: int, k: int) -> float:
    """Expected overlap, mean squared cosine of the principal angles, of two uniformly random k-subspaces of R^D: k / D.

    E[V V^T] = (k / D) I for a random V, and the overlap is tr(U U^T V V^T) / k.
    """
    return k / D


def davis_kahan_bound(cov_a: np.ndarray, cov_b: np.ndarray, rank: int) -> float:
    """Upper bound on ||sin Theta||_F between the leading `rank` eigenspaces of two covariances.

    2 min(sqrt(k) ||A - B||_op, ||A - B||_F) / (lambda_k - lambda_{k+1}), with the gap of the reference matrix
    A alone. The bound says nothing once it exceeds sqrt(k); it is infinite where the gap is 0, and 0 for the
    whole space.

    Args:
        cov_a: (D, D) symmetric, the reference.
        cov_b: (D, D) symmetric.
        rank: k, from 1 to D.

    Source: Yu, Wang & Samworth 2015, Biometrika 102, 315, Theorem 2.
    """
    if rank == len(cov_a):
        return 0.0
    falling = np.linalg.eigvalsh(cov_a)[::-1]
    gap = falling[rank - 1] - falling[rank]
    difference = cov_a - cov_b
    numerator = 2 * min(np.sqrt(rank) * np.linalg.norm(difference, 2), float(np.linalg.norm(difference)))
    return float(numerator / gap) if gap > 0 else float("inf")


def split_half_angles(traj: Trajectories, rank: int, *, seed: int, of: Basis = "states") -> np.ndarray:
    """Principal angles (rank,), radians, between bases fitted on two disjoint halves of the chains.

    Chains of one question stay in one half. Angles near 90 degrees mean that the sample does not determine
    V_k.
    """
    first, second = (Projection(rank, of=of).fit(half) for half in traj.split(0.5, seed=seed))
    return principal_angles(first.basis_, second.basis_)
