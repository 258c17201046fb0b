"""One heap with heavy tails: the multivariate Student t, and the kurtosis that tells it from a Gaussian."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from scipy.stats import multivariate_t
from sklearn.base import BaseEstimator

from lmphys.core.errors import LmphysError

# Degrees of freedom are sought in this range; at its upper end a Student t is a Gaussian in all but name.
_DF_RANGE = (1.0, 1e3)


class StudentT(BaseEstimator):
    """One multivariate Student t: a single heap with heavy tails, the rival of a mixture of Gaussians.

    A Gaussian whose variance is drawn anew for each sample, with one centre and one shape. Fitted by maximum
    likelihood with EM (ECME: the degrees of freedom are set by the likelihood itself).

    Args:
        max_iter: passes.
        tol: gain of the mean log density, nats, at which the passes end.

    Attributes:
        loc_: (k,) centre.
        scale_: (k, k) shape; the covariance is df / (df - 2) times it.
        df_: degrees of freedom, between 1 and 1000.

    Source: Liu & Rubin 1995, Statistica Sinica 5, 19.
    """

    loc_: np.ndarray
    scale_: np.ndarray
    df_: float

    def __init__(self, *, max_iter: int = 200, tol: float = 1e-5) -> None:
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, x: np.ndarray) -> "StudentT":
        """Fit to samples (n, k).

        Raises:
            LmphysError: there are not more samples than dimensions.
        """
        n, k = x.shape
        if n <= k:
            raise LmphysError(f"{n} samples do not determine a density in {k} dimensions; use a lower rank")
        self.loc_, self.df_ = x.mean(axis=0), 10.0
        self.scale_ = np.cov(x.T, bias=True).reshape(k, k)
        before = -np.inf
        for _ in range(self.max_iter):
            distance = self._distances(x)[0]
            weight = (self.df_ + k) / (self.df_ + distance)
            self.loc_ = weight @ x / weight.sum()
            centred = x - self.loc_
            self.scale_ = (weight[:, None] * centred).T @ centred / n
            distance, log_volume = self._distances(x)
            self.df_ = _best_df(distance, k)
            mean = float(_student(self.df_, distance, k).mean()) - log_volume
            if mean - before < self.tol:
                break
            before = mean
        return self

    def score_samples(self, x: np.ndarray) -> np.ndarray:
        """Log densities (n,) of samples (n, k), nats."""
        density = multivariate_t.logpdf(x, self.loc_, self.scale_, self.df_)  # type: ignore[arg-type]  # df: the stub
        return np.atleast_1d(density)

    def _distances(self, x: np.ndarray) -> tuple[np.ndarray, float]:
        """Squared Mahalanobis distances (n,), and half the log determinant of the shape."""
        factor = np.linalg.cholesky(self.scale_)
        scaled = solve_triangular(factor, (x - self.loc_).T, lower=True)
        return (scaled**2).sum(axis=0), float(np.log(np.diag(factor)).sum())


def _student(df: float, distance: np.ndarray, k: int) -> np.ndarray:
    """Log density of a Student t of unit shape in k dimensions at squared distances (n,).

    EM knows the distances already; `multivariate_t` would factor the shape again at each number of degrees of freedom.
    """
    constant = gammaln((df + k) / 2) - gammaln(df / 2) - 0.5 * k * np.log(df * np.pi)
    return constant - 0.5 * (df + k) * np.log1p(distance / df)


def _best_df(distance: np.ndarray, k: int) -> float:
    """Degrees of freedom of greatest likelihood at squared distances (n,)."""

    def loss(log_df: float) -> float:
        return -float(_student(float(np.exp(log_df)), distance, k).mean())

    low, high = np.log(_DF_RANGE)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def mardia_excess(x: np.ndarray) -> float:
    """Excess of the multivariate kurtosis of samples (n, k): 0 for a Gaussian, 2 / (df - 4) for a Student t.

    mean (d^2) / (k (k + 2)) - 1 with d the squared Mahalanobis distances from the mean.

    Raises:
        LmphysError: there are not more samples than dimensions, or they do not fill all of them.

    Source: Mardia 1970, Biometrika 57, 519.
    """
    n, k = x.shape
    centred = x - x.mean(axis=0)
    refusal = f"{n} samples do not determine a kurtosis in {k} dimensions; use a lower rank or more questions"
    if n <= k:
        raise LmphysError(refusal)
    try:
        factor = cho_factor(centred.T @ centred / n)
    except LinAlgError as error:
        raise LmphysError(refusal) from error
    distance = (centred * cho_solve(factor, centred.T).T).sum(axis=1)
    return float((distance**2).mean() / (k * (k + 2)) - 1)
