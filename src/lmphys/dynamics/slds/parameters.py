"""The parameters of a switching model, and what follows from them alone."""

from dataclasses import dataclass

import numpy as np

from lmphys.core.errors import LmphysError

# Share of the greatest entry by which a covariance may differ from its transpose.
_ASYMMETRY = 1e-8


@dataclass(frozen=True, eq=False)
class SLDSParameters:
    """A switching linear dynamical system of K regimes in D dimensions.

    The step from h_t to h_{t+1} is driven by regime Z_t, for t = 0, 1, ...:

        Z_0 ~ pi,   P(Z_{t+1} = j | Z_t = i) = T_ij,
        h_{t+1} = h_t + M_z h_t + b_z + eps,   eps ~ N(0, Sigma_z),   z = Z_t.

    This is the index convention of Eq. 8. App. B calls the regime of the same step Z_{t+1}, so that its Z_0
    drives nothing: it is this model with pi replaced by pi' T, pi' the law of that silent Z_0. The state h_0
    is given, not modelled.

    The arrays are copies in float64. `pi` and rows of `T` that sum to 1 within 1e-6 are made to do so exactly,
    and a Sigma_j that is symmetric within 1e-8 of its greatest entry is made symmetric.

    Attributes:
        pi: (K,) probabilities of the regime of the first step.
        T: (K, K) transition probabilities, row i those of the regime that follows regime i.
        M: (K, D, D) linear drifts.
        b: (K, D) offsets.
        Sigma: (K, D, D) noise covariances, symmetric and positive definite.

    Raises:
        LmphysError: shapes disagree, a value is not finite, `pi` or a row of `T` is no distribution, or a Sigma_j
            is no covariance.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eq. 8 and App. B, in coordinates of the subspace.
    """

    pi: np.ndarray
    T: np.ndarray
    M: np.ndarray
    b: np.ndarray
    Sigma: np.ndarray

    def __post_init__(self) -> None:
        for name in ("pi", "T", "M", "b", "Sigma"):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=np.float64, order="C"))
        K, D = self.b.shape if self.b.ndim == 2 else (0, 0)
        wanted = {"pi": (K,), "T": (K, K), "M": (K, D, D), "b": (K, D), "Sigma": (K, D, D)}
        shapes = {name: getattr(self, name).shape for name in wanted}
        if K < 1 or D < 1 or shapes != wanted:
            raise LmphysError(f"parameters of a switching model disagree in shape: {shapes}")
        if not all(np.isfinite(getattr(self, name)).all() for name in wanted):
            raise LmphysError("a parameter of the switching model is not finite; fit it again with a larger prior")
        check_laws(self.pi, self.T)
        for name in ("pi", "T"):
            object.__setattr__(self, name, _normalised(getattr(self, name)))
        object.__setattr__(self, "Sigma", np.stack([_covariance(S, j) for j, S in enumerate(self.Sigma)]))

    @property
    def n_regimes(self) -> int:
        """K."""
        return len(self.pi)

    @property
    def width(self) -> int:
        """D."""
        return self.b.shape[1]

    def means(self, h: np.ndarray) -> np.ndarray:
        """Next state that each regime expects, h + M_j h + b_j: (K, n, D) from states h (n, D)."""
        return h + np.einsum("kij,nj->kni", self.M, h) + self.b[:, None]

    def fixed_points(self) -> np.ndarray:
        """States at which a regime does not move, M_j h = -b_j, (K, D); of least norm where there are many."""
        return np.stack([np.linalg.lstsq(M, -b, rcond=None)[0] for M, b in zip(self.M, self.b, strict=True)])

    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues of I + M_j, (K, D) complex, by falling modulus; a regime is stable if all are inside 1."""
        values = np.linalg.eigvals(np.eye(self.width) + self.M)
        return np.take_along_axis(values, np.argsort(-np.abs(values), axis=1), axis=1)

    def stationary(self) -> np.ndarray:
        """Stationary distribution of T, (K,); of least norm where there are several."""
        K = self.n_regimes
        system = np.vstack([self.T.T - np.eye(K), np.ones(K)])
        solution = np.linalg.lstsq(system, np.append(np.zeros(K), 1.0), rcond=None)[0]
        clipped = np.clip(solution, 0.0, None)
        return clipped / clipped.sum()

    def dwell_times(self) -> np.ndarray:
        """Expected number of steps that a visit of each regime lasts, 1 / (1 - T_jj), (K,)."""
        leave = 1.0 - np.diag(self.T)
        return np.divide(1.0, leave, out=np.full(self.n_regimes, np.inf), where=leave > 0)

    def permute(self, order: np.ndarray) -> "SLDSParameters":
        """The same model with regime i the present regime `order[i]`."""
        order = np.asarray(order)
        return SLDSParameters(
            self.pi[order], self.T[np.ix_(order, order)], self.M[order], self.b[order], self.Sigma[order]
        )


def check_laws(pi: np.ndarray, T: np.ndarray) -> None:
    """Refuse a `pi` (K,) or a row of `T` (K, K) that is no distribution."""
    rows = np.vstack([pi, T])
    if (rows < 0).any() or not np.allclose(rows.sum(axis=1), 1.0, atol=1e-6):
        raise LmphysError("pi and the rows of T must be probabilities that sum to 1")


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Probabilities (..., K) that sum to 1; those that do up to rounding stay as they are, bit by bit."""
    total = rows.sum(axis=-1, keepdims=True)
    return np.where(np.abs(total - 1) <= rows.shape[-1] * np.finfo(np.float64).eps, rows, rows / total)


def _covariance(Sigma: np.ndarray, regime: int) -> np.ndarray:
    if np.abs(Sigma - Sigma.T).max() > _ASYMMETRY * np.abs(Sigma).max():
        raise LmphysError(f"Sigma of regime {regime} is not symmetric: a covariance is; give (Sigma + Sigma.T) / 2")
    symmetric = 0.5 * (Sigma + Sigma.T)
    try:
        np.linalg.cholesky(symmetric)
    except np.linalg.LinAlgError as error:
        raise LmphysError(
            f"Sigma of regime {regime} is not positive definite; add a little noise to its diagonal, or, if it was "
            "fitted, raise covariance_prior"
        ) from error
    return symmetric
