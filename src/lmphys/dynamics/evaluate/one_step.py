"""One-step forecasts, scored on held-out chains beside the nulls that they must beat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import phase_randomise, shuffle_order
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.residuals import residual_nll
from lmphys.dynamics.slds.packing import Data, as_trajectories
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.stats.mean import mean_interval
from lmphys.stats.regression import pooled_r2, r2_interval

Rule = Callable[[Trajectories], dict[str, np.ndarray]]


@dataclass(frozen=True)
class FullSpace:
    """The chains to forecast before projection, and the rule for the directions outside.

    Attributes:
        test: chains of the full width.
        completion: fitted on the training chains of the full width.
    """

    test: Trajectories
    completion: Complement

    @cached_property
    def log_density(self) -> np.ndarray:
        """What the completion adds to the log density of each transition, nats, (N - C,)."""
        return self.completion.log_density(self.test)


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
        full: the space that `test` is a projection of; None where there is no projection.
    """

    forecasts: Rule
    train: Trajectories
    test: Trajectories
    log_densities: Rule | None = None
    name: str | None = None
    full: FullSpace | None = None


def one_step_scores(
    model: Any,
    test: Data,
    *,
    train: Data,
    projection: Projection | None = None,
    n_bootstrap: int = 500,
    seed: int = 0,
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
            for a forecast that has seen its target, has NaN for all columns of `nll`.
        one linear map: `LinearDrift`, shrunk towards persistence by the model's `ridge_`, as a switching model
            shrinks its regimes, and by 1 where the model has none, as an `SLDS.from_parameters` that was never
            fitted; not where the model is a LinearDrift.
        persistence: h_t.
        mean: training mean of h_{t+1}.
        per-trace mean: mean of h_0..h_t of the same chain.
        shuffled order: the model re-fitted and tested on chains whose states are permuted (`shuffle_order`).
        phase-randomised: the model re-fitted and tested on chains of random phase (`phase_randomise`).

    A re-fit has the settings of the model; only where its `init` gives parameters, which know the real chains,
    it starts as "auto" does.

    Args:
        model: fitted on `train`, or on `projection.transform(train)`; a scikit-learn style estimator of
            Trajectories, so that it can be cloned.
        test: chains that the model has not seen.
        train: the chains that it was fitted on.
        projection: fitted on the full space. Then `train` and `test` are chains of the full width; every row
            is scored in the subspace, and, completed by one `Complement` for all rows (fitted on the
            surrogate chains for a surrogate), in the full space as well.
        n_bootstrap: replicates.
        seed: of the surrogates and the bootstrap.

    Returns:
        Indexed by forecast, with `r2_h`, `r2_h_low`, `r2_h_high`, `r2_dh`, `r2_dh_low`, `r2_dh_high`; `nll`,
        `nll_low`, `nll_high`, the mean negative log density of h_{t+1} given the past, nats per transition of
        D dimensions; `nll_chain`, the mean of its sum over a chain that has transitions, nats per chain. With
        a projection these are of its k coordinates, in their units, and `full_r2_h`, `full_r2_dh`, `full_nll`
        of the D raw ones, comparable between ranks.

    Raises:
        LmphysError: widths differ, or there are too few test chains or transitions.
    """
    train, test = as_trajectories(train), as_trajectories(test)
    if train.width != test.width:
        raise LmphysError(f"train has width {train.width} and test {test.width}: project both with one projection")
    if not test.n_transitions:
        raise LmphysError("the test chains have no transitions: at least one needs two sentences or more")
    settings: dict[str, Any] = {"n_bootstrap": n_bootstrap, "seed": seed}
    rows: dict[str, dict[str, float]] = {}
    for forecaster in forecasters(model, test, train=train, projection=projection, seed=seed):
        h, h_next, chain = _transitions(forecaster.test)
        for name, forecast, nll in _forecasts_and_nll(forecaster):
            intervals = {
                "r2_h": r2_interval(h_next, forecast, chain, len(test), **settings),
                "r2_dh": r2_interval(h_next - h, forecast - h, chain, len(test), **settings),
                "nll": mean_interval(nll, groups=chain, n_groups=len(test), **settings),
            }
            row = {
                column + end: float(value)
                for column, interval in intervals.items()
                for end, value in zip(("", "_low", "_high"), interval, strict=True)
            }
            row["nll_chain"] = float(nll.sum() / (test.lengths > 1).sum())
            if forecaster.full is not None:
                row |= _full_columns(forecaster.full, forecast, nll)
            rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("forecast")


def _transitions(traj: Trajectories) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    h, h_next, chain = traj.pairs()
    return h.astype(np.float64), h_next.astype(np.float64), chain


def _full_columns(full: FullSpace, forecast: np.ndarray, nll: np.ndarray) -> dict[str, float]:
    h, h_next, _ = _transitions(full.test)
    completed = full.completion.forecast(full.test, forecast)
    return {
        "full_r2_h": pooled_r2(h_next, completed),
        "full_r2_dh": pooled_r2(h_next - h, completed - h),
        "full_nll": float(np.mean(nll - full.log_density)),
    }


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


def forecasters(
    model: Any, test: Trajectories, *, train: Trajectories, projection: Projection | None = None, seed: int = 0
) -> list[Forecaster]:
    """The rules behind the rows of `one_step_scores`, in their order; baselines and surrogates are fitted here."""
    chains = _chains(train, test, projection)
    inside = chains["train"]
    next_mean = inside.pairs()[1].mean(axis=0, dtype=np.float64)
    result = [_of_model(model, chains)]
    if not isinstance(model, LinearDrift):
        result.append(_of_model(LinearDrift(getattr(model, "ridge_", 1.0), penalty="A-I").fit(inside), chains))
    rules: list[Rule] = [
        lambda traj: {"persistence": traj.pairs()[0]},
        lambda traj: {"mean": np.broadcast_to(next_mean, (traj.n_transitions, traj.width))},
        lambda traj: {"per-trace mean": _running_mean(traj)},
    ]
    result += [Forecaster(rule, **chains) for rule in rules]
    for name, surrogate in (("shuffled order", shuffle_order), ("phase-randomised", phase_randomise)):
        chains = _chains(surrogate(train, seed=seed), surrogate(test, seed=seed + 1), projection)
        result.append(_of_model(_afresh(model).fit(chains["train"]), chains, name))
    return result


def _afresh(model: Any) -> Any:
    """The model with its settings and nothing learned: parameters to start from were learned too."""
    fresh = clone(model)
    return fresh.set_params(init="auto") if isinstance(getattr(model, "init", None), SLDSParameters) else fresh


def _chains(train: Trajectories, test: Trajectories, projection: Projection | None) -> dict[str, Any]:
    """The fields of a Forecaster that say what it is scored on."""
    if projection is None:
        return {"train": train, "test": test}
    full = FullSpace(test, Complement(projection).fit(train))
    return {"train": projection.transform(train), "test": projection.transform(test), "full": full}


def _of_model(model: Any, chains: dict[str, Any], name: str | None = None) -> Forecaster:
    if hasattr(model, "forecasts"):
        return Forecaster(model.forecasts, log_densities=model.log_densities, name=name, **chains)
    return Forecaster(lambda traj: {model.name: model.forecast(traj)}, name=name, **chains)


def _running_mean(traj: Trajectories) -> np.ndarray:
    """Mean of the states of the same chain up to and including h_t, for each transition, (N - C, D)."""
    parts = [np.cumsum(states[:-1], axis=0, dtype=np.float64) / np.arange(1, len(states))[:, None] for states in traj]
    return np.concatenate(parts)


def _forecasts_and_nll(forecaster: Forecaster) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, forecast (N - C, D) and negative log densities (N - C,) of each row."""
    train, test = forecaster.train, forecaster.test
    on_test = forecaster.forecasts(test)
    if forecaster.log_densities is None:
        on_train = forecaster.forecasts(train)
        nll = {n: residual_nll(train.pairs()[1] - on_train[n], test.pairs()[1] - on_test[n]) for n in on_test}
    else:
        nll = {n: -values for n, values in forecaster.log_densities(test).items()}
    missing = np.full(test.n_transitions, np.nan)
    names = list(on_test) if forecaster.name is None else list(on_test)[:1]
    for name in names:
        yield forecaster.name or name, on_test[name].astype(np.float64), nll.get(name, missing)
