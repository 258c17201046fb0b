"""Gaussian mixtures on the residuals of one linear map, and the unimodal laws that they are compared with."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.stats.folds import hold_out, question_folds
from lmphys.stats.mean import mean_interval
from lmphys.stats.student import StudentT

Covariance = Literal["full", "tied", "diag", "spherical"]
COVARIANCES: tuple[Covariance, ...] = ("full", "tied", "diag", "spherical")
STUDENT = ("student", 1)

# Added to the variances of a component, as a share of the mean variance of the residuals: a component of fewer
# transitions than dimensions would otherwise have a density without bound.
_FLOOR = 1e-3


def n_parameters(covariance: str, n_components: int, k: int) -> int:
    """Free parameters of a mixture in k dimensions, or of one Student t ("student")."""
    square = k * (k + 1) // 2
    if covariance == "student":
        return k + square + 1
    shapes = {"full": n_components * square, "tied": square, "diag": n_components * k, "spherical": n_components}
    return shapes[covariance] + n_components * k + n_components - 1


# With one thread: the products of a fit are small, and several threads wait for each other most of the time.
@threadpool_limits.wrap(limits=1)
def choose_mixture(
    traj: Trajectories,
    n_components: Iterable[int] = range(1, 9),
    *,
    covariances: Sequence[Covariance] = COVARIANCES,
    projection: Projection,
    ridge: float = 1.0,
    n_folds: int = 3,
    n_init: int = 3,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Mixtures of different size on the projected residuals, by information criteria and on held-out chains.

    Basis, linear map and mixture are learned on the training chains of each fold, and the residuals of the
    others scored; the chains of one question are in one fold. The criteria are those of a fit to all chains.
    The linear map acts on the k coordinates (in all D dimensions it has more coefficients than a small corpus has
    transitions, and its residuals on the chains of the fit mean little).

    Args:
        traj: C chains, of any width.
        n_components: the values of K, rising.
        covariances: of the components: a matrix each, one for all, variances of each coordinate, or one variance.
        projection: its settings, rank included.
        ridge: of the linear map.
        n_folds: folds of questions.
        n_init: starts of each fit to all chains, from which the criteria are; the best one counts. In each fold there
            is one: their mean is over fits already.
        n_bootstrap: replicates of the intervals.
        seed: of the folds, starts and intervals.

    Returns:
        Indexed by `covariance`, `n_components`; last the row ("student", 1) of one `StudentT`. Columns on all
        chains: `n_parameters`, `log_likelihood` (sum, nats), `aic`, `bic`. On held-out chains, in nats per
        transition, with 95 % intervals over questions at given fits, `held_out_low`, ...: `held_out`, the mean
        log density; `step`, its gain over the row with fewer components, NaN for the first; `excess`, its
        gain over the Student t. Densities are those of k coordinates.

    Raises:
        LmphysError: nothing to choose from, too few questions for the folds, or a rank that cannot be fitted.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eq. 7 and Sec. 4.2.
    """
    counts = list(n_components)
    models: list[tuple[str, int]] = [(c, K) for c in covariances for K in counts]
    if not models:
        raise LmphysError("nothing to choose from: give at least one number of components and one covariance")
    models.append(STUDENT)

    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        z_train, z_test = _residuals(train, test, projection, ridge)
        return {"density": np.stack([_fit(z_train, *m, seed=seed).score_samples(z_test) for m in models], axis=1)}

    fold = question_folds(traj, n_folds, seed)
    density = hold_out(score, traj, fold, range(n_folds))["density"]
    z, _ = _residuals(traj, traj, projection, ridge)
    unit, n_units = traj.step_questions()
    rows = []
    for i, (covariance, K) in enumerate(models):
        total = float(_fit(z, covariance, K, n_init=n_init, seed=seed).score_samples(z).sum())
        p = n_parameters(covariance, K, z.shape[1])
        row = {"n_parameters": p, "log_likelihood": total, "aic": 2 * p - 2 * total}
        row["bic"] = p * np.log(len(z)) - 2 * total
        fewer = i > 0 and models[i - 1][0] == covariance
        step = density[:, i] - density[:, i - 1] if fewer else np.full(len(z), np.nan)
        columns = {"held_out": density[:, i], "step": step, "excess": density[:, i] - density[:, -1]}
        for column, values in columns.items():
            interval = mean_interval(values, groups=unit, n_groups=n_units, n_bootstrap=n_bootstrap, seed=seed)
            row |= {column + end: float(x) for end, x in zip(("", "_low", "_high"), interval, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(models, names=["covariance", "n_components"]))


def count_components(table: pd.DataFrame) -> pd.DataFrame:
    """The number of components K that each criterion picks, from what `choose_mixture` returns.

    Returns:
        Indexed by `covariance`: `BIC`, `AIC` and `held out`, the K of the best value; `last that pays`, the K up
        to which each further component raises the held-out density by more than its interval.
    """
    rows = {}
    for covariance, part in table.drop(index=STUDENT).groupby(level="covariance", sort=False):
        part = part.droplevel("covariance")
        paying = (part["step_low"].iloc[1:] > 0).cummin()
        rows[covariance] = {
            "BIC": part["bic"].idxmin(),
            "AIC": part["aic"].idxmin(),
            "held out": part["held_out"].idxmax(),
            "last that pays": paying[paying].index.max() if paying.any() else part.index[0],
        }
    return pd.DataFrame.from_dict(rows, orient="index").astype(int).rename_axis("covariance")


def against_student(table: pd.DataFrame, covariance: Covariance = "full") -> pd.Series:
    """The best mixture of one kind of covariance beside one Student t, from what `choose_mixture` returns.

    Returns:
        `K by BIC`; `K held out`, of the best held-out density; `excess` of that density over the Student t with
        its interval `low`, `high`, nats per transition (the best of several K is picked on the chains that score it, in
        favour of the mixture); `account`: "more than one tail" where the interval lies above 0, "one heavy
        tail" where it lies below, else "undecided".
    """
    part = table.loc[covariance]
    best = int(part["held_out"].to_numpy().argmax())
    excess, low, high = (float(part[name].iloc[best]) for name in ("excess", "excess_low", "excess_high"))
    account = "more than one tail" if low > 0 else "one heavy tail" if high < 0 else "undecided"
    counts = {"K by BIC": part.index[int(part["bic"].to_numpy().argmin())], "K held out": part.index[best]}
    return pd.Series({**counts, "excess": excess, "low": low, "high": high, "account": account}, dtype=object)


class Regimes(NamedTuple):
    """Components of a mixture as regimes of the transitions of test chains, quietest first.

    Attributes:
        residuals: (m, k) residuals of the test chains.
        labels: (m,) regime of each, 0..K-1, in order of rising mean norm of the training residuals.
        probability: (m,) posterior probability of that regime.
    """

    residuals: np.ndarray
    labels: np.ndarray
    probability: np.ndarray

    def profile(self, steps: np.ndarray) -> pd.DataFrame:
        """What each regime that occurs is like.

        Args:
            steps: (m, k) increments x_{t+1} - x_t of the same transitions.

        Returns:
            Indexed by `regime`: its `share` of the transitions; `certainty`, its mean posterior probability there;
            `residual`, the mean length of its residuals, beside `mean residual` and `mean step`, the lengths of the
            means: a regime that leads somewhere has a long mean, one that only scatters widely has not.
        """
        rows = {}
        for j in np.unique(self.labels):
            mine = self.labels == j
            rows[int(j)] = {
                "share": mine.mean(),
                "certainty": self.probability[mine].mean(),
                "residual": np.linalg.norm(self.residuals[mine], axis=1).mean(),
                "mean residual": np.linalg.norm(self.residuals[mine].mean(axis=0)),
                "mean step": np.linalg.norm(steps[mine].mean(axis=0)),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("regime")


@threadpool_limits.wrap(limits=1)
def find_regimes(
    train: Trajectories,
    test: Trajectories,
    n_components: int,
    *,
    covariance: Covariance = "full",
    projection: Projection,
    ridge: float = 1.0,
    n_init: int = 3,
    seed: int = 0,
) -> Regimes:
    """Regimes of the test chains' transitions by a mixture learned on the training chains; settings as above."""
    z_train, z_test = _residuals(train, test, projection, ridge)
    mixture = _fit(z_train, covariance, n_components, n_init=n_init, seed=seed)
    assert isinstance(mixture, GaussianMixture)
    posterior = mixture.predict_proba(z_train)
    norm = np.linalg.norm(z_train, axis=1) @ posterior / posterior.sum(axis=0)
    ordered = mixture.predict_proba(z_test)[:, np.argsort(norm)]
    return Regimes(z_test, ordered.argmax(axis=1), ordered.max(axis=1))


def _residuals(
    train: Trajectories, test: Trajectories, projection: Projection, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Residuals (n, k), (m, k) of training and test chains, with basis and map of the former."""
    fitted = clone(projection).fit(train)
    inside = fitted.transform(train)
    drift = LinearDrift(ridge).fit(inside)
    return drift.residuals(inside), drift.residuals(fitted.transform(test))


def _fit(z: np.ndarray, covariance: str, K: int, *, n_init: int = 1, seed: int) -> GaussianMixture | StudentT:
    if covariance == STUDENT[0]:
        return StudentT().fit(z)
    if len(z) < K:
        raise LmphysError(f"{len(z)} transitions for {K} components: sample more questions or use fewer components")
    floor = _FLOOR * float(z.var(axis=0).mean())
    return GaussianMixture(K, covariance_type=covariance, reg_covar=floor, n_init=n_init, random_state=seed).fit(z)
