"""One-step forecasts, scored on held-out chains beside the nulls that they must beat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from sklearn.base import clone

from lmphys.corpus import Trajectories
from lmphys.dynamics.bootstrap import Interval, bootstrap_chains, sum_by_group
from lmphys.dynamics.drift import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.surrogates import phase_randomise, shuffle_order
from lmphys.errors import LmphysError

# Added to a residual covariance before a density is computed, as a share of its mean variance: enough for a
# stable factorisation, too little to move a direction that the data determine.
RELATIVE_JITTER = 1e-6

Rule = Callable[[Trajectories], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Forecaster:
    """A rule for forecasts and the chains to score it with.

    Attributes:
        forecasts: maps chains to forecasts of h_{t+1} by name, each (N - C, D) in the order of `pairs()`.
        train: chains that the rule was fitted on; they give the residual covariance.
        test: chains to forecast.
        log_densities: maps chains to log densities of h_{t+1} by name, (N - C,) in nats; a forecast that is
            missing there has no density. None: Gaussian around the forecast, see `residual_nll`.
        name: set to score only the first forecast, under this name.
    """

    forecasts: Rule
    train: Trajectories
    test: Trajectories
    log_densities: Rule | None = None
    name: str | None = None


def one_step_scores(
    model: Any, test: Trajectories, *, train: Trajectories, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """Score a fitted model and the baselines on one-step forecasts of held-out chains.

    R^2 is pooled over dimensions, 1 - sum ||y - yhat||^2 / sum ||y - ybar||^2 with ybar the mean of the
    targets y of the test set. For `r2_h` the target is the state h_{t+1}; for `r2_dh` it is the increment
    h_{t+1} - h_t and the prediction is yhat - h_t. The squared error is the same for both, the variance that
    it is compared with is not: see `expected_r2_ar1`. Intervals are 95 % percentiles over resampled test
    chains, with the same draws for every row.

    Rows, the model first:
        the model: one row, `model.name`, of `model.forecast(traj)`; or, where the model has
            `forecasts(traj) -> dict`, one row for each of its forecasts, the honest one first. Such a model
            gives its densities through `log_densities(traj) -> dict`; what is missing there, as it must be
            for a forecast that has seen its target, has NaN for `nll`.
        persistence: h_t.
        mean: training mean of h_{t+1}.
        per-trace mean: mean of h_0..h_t of the same chain.
        shuffled order: the model re-fitted and tested on chains whose states are permuted (`shuffle_order`).
        phase-randomised: the model re-fitted and tested on chains of random phase (`phase_randomise`).

    Args:
        model: fitted on `train`; a scikit-learn style estimator of Trajectories, so that it can be cloned.
        test: chains that the model has not seen.
        train: the chains that it was fitted on.
        n_bootstrap: replicates.
        seed: of the surrogates and the bootstrap.

    Returns:
        Indexed by forecast, with `r2_h`, `r2_h_low`, `r2_h_high`, `r2_dh`, `r2_dh_low`, `r2_dh_high`, and
        `nll`, the mean negative log density of h_{t+1} given the past, nats per transition of D dimensions.

    Raises:
        LmphysError: widths differ, or there are too few test chains or transitions.
    """
    if train.width != test.width:
        raise LmphysError(f"train has width {train.width} and test {test.width}: project both with one projection")
    if not test.n_transitions:
        raise LmphysError("the test chains have no transitions: at least one needs two sentences or more")
    rows: dict[str, dict[str, Any]] = {}
    for forecaster in forecasters(model, test, train=train, seed=seed):
        for name, forecast, nll in _forecasts_and_nll(forecaster):
            h, h_next, chain = forecaster.test.pairs()
            h, h_next = h.astype(np.float64), h_next.astype(np.float64)
            rows[name] = {}
            for column, shift in (("r2_h", 0.0), ("r2_dh", h)):
                interval = r2_interval(
                    h_next - shift, forecast - shift, chain, len(test), n_bootstrap=n_bootstrap, seed=seed
                )
                rows[name] |= {
                    column: interval.value,
                    f"{column}_low": interval.low,
                    f"{column}_high": interval.high,
                }
            rows[name]["nll"] = nll
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("forecast")


def held_out_scores(
    traj: Trajectories, *, rank: int, ridge: float = 1.0, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """`one_step_scores` of one linear map in the principal subspace, both learned from 70 % of the questions.

    Args:
        traj: chains of the full width.
        rank: of the projection.
        ridge: penalty of the map.
        n_bootstrap: replicates of the intervals.
        seed: of the split, the surrogates and the intervals.
    """
    train, test = traj.split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    train, test = projection.transform(train), projection.transform(test)
    return one_step_scores(LinearDrift(ridge).fit(train), test, train=train, n_bootstrap=n_bootstrap, seed=seed)


def forecasters(model: Any, test: Trajectories, *, train: Trajectories, seed: int = 0) -> list[Forecaster]:
    """The rules behind the rows of `one_step_scores`, in their order; the surrogate rows are fitted here."""
    next_mean = train.pairs()[1].mean(axis=0, dtype=np.float64)
    result = [
        _of_model(model, train, test),
        Forecaster(lambda traj: {"persistence": traj.pairs()[0]}, train, test),
        Forecaster(lambda traj: {"mean": np.broadcast_to(next_mean, (traj.n_transitions, traj.width))}, train, test),
        Forecaster(lambda traj: {"per-trace mean": _running_mean(traj)}, train, test),
    ]
    for name, surrogate in (("shuffled order", shuffle_order), ("phase-randomised", phase_randomise)):
        surrogate_train, surrogate_test = surrogate(train, seed=seed), surrogate(test, seed=seed + 1)
        refitted = clone(model).fit(surrogate_train)
        result.append(_of_model(refitted, surrogate_train, surrogate_test, name))
    return result


def _of_model(model: Any, train: Trajectories, test: Trajectories, name: str | None = None) -> Forecaster:
    if hasattr(model, "forecasts"):
        return Forecaster(model.forecasts, train, test, model.log_densities, name)
    return Forecaster(lambda traj: {model.name: model.forecast(traj)}, train, test, name=name)


def _running_mean(traj: Trajectories) -> np.ndarray:
    """Mean of the states of the same chain up to and including h_t, for each transition, (N - C, D)."""
    parts = [np.cumsum(states[:-1], axis=0, dtype=np.float64) / np.arange(1, len(states))[:, None] for states in traj]
    return np.concatenate(parts)


def _forecasts_and_nll(forecaster: Forecaster) -> Iterator[tuple[str, np.ndarray, float]]:
    train, test = forecaster.train, forecaster.test
    on_test = forecaster.forecasts(test)
    if forecaster.log_densities is None:
        on_train = forecaster.forecasts(train)
        nll = {n: residual_nll(train.pairs()[1] - on_train[n], test.pairs()[1] - on_test[n]) for n in on_test}
    else:
        nll = {n: -float(np.mean(values)) for n, values in forecaster.log_densities(test).items()}
    names = list(on_test) if forecaster.name is None else list(on_test)[:1]
    for name in names:
        yield forecaster.name or name, on_test[name].astype(np.float64), nll.get(name, np.nan)


def r2_interval(
    y: np.ndarray,
    predicted: np.ndarray,
    chain: np.ndarray,
    n_chains: int,
    *,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """Pooled R^2 of predictions (n, D) of targets (n, D) with a 95 % interval over chains.

    A replicate compares with the mean target of its own chains, so it needs for each chain the number of rows
    and the sums of ||y - yhat||^2, of y and of ||y||^2.

    Args:
        y: targets.
        predicted: predictions.
        chain: (n,) chain of each row, in 0..n_chains-1.
        n_chains: C, chains without rows included.
        n_bootstrap: replicates.
        seed: of the resampling.
    """
    # Centring leaves R^2 unchanged and keeps the difference of sums accurate.
    y_centred = y - y.mean(axis=0, dtype=np.float64)
    squares = np.stack([((y - predicted) ** 2).sum(axis=1), (y_centred**2).sum(axis=1), np.ones(len(y))], axis=1)
    sse, square, count = sum_by_group(squares, chain, n_chains).T
    total = sum_by_group(y_centred, chain, n_chains)

    def statistic(weights: np.ndarray) -> np.ndarray:
        about_mean = weights @ square - ((weights @ total) ** 2).sum(axis=1) / (weights @ count)
        return 1 - weights @ sse / about_mean

    return bootstrap_chains(statistic, n_chains, n_bootstrap=n_bootstrap, seed=seed)


def residual_nll(train: np.ndarray, test: np.ndarray) -> float:
    """Negative log density of test residuals, nats per row, under a Gaussian around the forecast.

    Its covariance is that of the training residuals about 0, sum xi xi^T / n, plus `RELATIVE_JITTER` of its
    mean variance on the diagonal.

    Args:
        train: (n, D) residuals that the covariance is taken from.
        test: (m, D) residuals to score.

    Returns:
        NaN where there is no such density: fewer training rows than dimensions, or residuals that are all 0.
    """
    n, width = train.shape
    if n < width:
        return float("nan")
    train = train.astype(np.float64)
    covariance = train.T @ train / n
    covariance[np.diag_indices(width)] += RELATIVE_JITTER * np.trace(covariance) / width
    try:
        factor = cho_factor(covariance)
    except LinAlgError:
        return float("nan")
    # Half the log determinant is the sum of the logs of the factor's diagonal.
    log_volume = np.log(np.diag(factor[0])).sum() + 0.5 * width * np.log(2 * np.pi)
    mahalanobis = (test * cho_solve(factor, test.T.astype(np.float64)).T).sum(axis=1)
    return float(log_volume + 0.5 * mahalanobis.mean())


def expected_r2_ar1(r: float) -> tuple[float, float]:
    """R^2(h) = r^2 and R^2(dh) = (1 - r) / 2 of the best one-step forecast of a stationary AR(1) process.

    r = 0 is the case of states without dynamics: 0 and 0.5. An R^2 of increments near 0.5 is no sign of
    dynamics.
    """
    return r**2, (1 - r) / 2
