"""One-step forecasts, scored on held-out chains beside the nulls that they must beat."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.base import Forecast, Forecaster, Hindsight
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import phase_randomise, shuffle_order
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.residuals import residual_nll
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.stats.mean import mean_interval
from lmphys.stats.regression import pooled_r2, r2_interval


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
class Row:
    """Who forecasts, and which chains.

    Attributes:
        name: of the row.
        model: fitted on `train`.
        train: chains that the model was fitted on; where it has no density they give the residual covariance.
        test: chains to forecast.
        full: the space that `test` is a projection of; None where there is no projection.
        leaks: whether the forecasts that have seen their target are wanted too, if the model has them.
    """

    name: str
    model: Forecaster
    train: Trajectories
    test: Trajectories
    full: FullSpace | None = None
    leaks: bool = False

    def forecasts(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Name, forecast (N - C, D) and negative log densities (N - C,), nats: the honest one, and then any leaks.

        Without a density of its own a forecast has the Gaussian one of `residual_nll`. A leak has none.
        """
        found = self.model.predict(self.test)
        yield self.name, found.mean.astype(np.float64), self._nll(found)
        if self.leaks and isinstance(self.model, Hindsight):
            unknown = np.full(self.test.n_transitions, np.nan)
            for name, mean in self.model.forecasts(self.test).items():
                if name != self.model.name:
                    yield name, mean.astype(np.float64), unknown

    def _nll(self, found: Forecast) -> np.ndarray:
        if found.log_density is not None:
            return found.nll
        left = self.train.pairs()[1] - self.model.predict(self.train).mean
        return residual_nll(left, self.test.pairs()[1] - found.mean)


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
    it is compared with is not: see `expected_r2_ar1`. Intervals are 95 % percentiles over resampled
    questions of the test chains, with the same draws for every row.

    Rows, the model first:
        the model: `predict`, under the model's name; without a density of its own it gets a Gaussian of the
            training residuals. Where it has `forecasts` with hindsight (`Hindsight`), one row for each of these
            follows, with NaN for all columns of `nll`.
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
        model: a `Forecaster`, fitted on `train`, or on `projection.transform(train)`; a scikit-learn style estimator
            of Trajectories, so that it can be cloned.
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
    for contender in contenders(model, test, train=train, projection=projection, seed=seed):
        h, h_next, _ = _transitions(contender.test)
        unit, n_units = contender.test.step_questions()
        for name, forecast, nll in contender.forecasts():
            intervals = {
                "r2_h": r2_interval(h_next, forecast, unit, n_units, **settings),
                "r2_dh": r2_interval(h_next - h, forecast - h, unit, n_units, **settings),
                "nll": mean_interval(nll, groups=unit, n_groups=n_units, **settings),
            }
            row = {
                column + end: float(value)
                for column, interval in intervals.items()
                for end, value in zip(("", "_low", "_high"), interval, strict=True)
            }
            row["nll_chain"] = float(nll.sum() / (test.lengths > 1).sum())
            if contender.full is not None:
                row |= _full_columns(contender.full, forecast, nll)
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
    traj: Data, *, rank: int, ridge: float = 1.0, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """`one_step_scores` of one linear map in the principal subspace, both learned from 70 % of the questions.

    Args:
        traj: chains of the full width.
        rank: of the projection.
        ridge: penalty of the map.
        n_bootstrap: replicates of the intervals.
        seed: of the split, the surrogates and the intervals.
    """
    train, test = as_trajectories(traj).split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    train, test = projection.transform(train), projection.transform(test)
    return one_step_scores(LinearDrift(ridge).fit(train), test, train=train, n_bootstrap=n_bootstrap, seed=seed)


def contenders(
    model: Any, test: Trajectories, *, train: Trajectories, projection: Projection | None = None, seed: int = 0
) -> list[Row]:
    """Who forecasts in the rows of `one_step_scores`, in their order; baselines and surrogates are fitted here."""
    chains = _chains(train, test, projection)
    inside = chains["train"]
    result = [Row(_name(model), model, **chains, leaks=True)]
    if not isinstance(model, LinearDrift):
        linear = LinearDrift(getattr(model, "ridge_", 1.0), penalty="A-I").fit(inside)
        result.append(Row(linear.name, linear, **chains))
    for name, baseline in (
        ("persistence", Persistence()),
        ("mean", Mean(inside.pairs()[1].mean(axis=0, dtype=np.float64))),
        ("per-trace mean", RunningMean()),
    ):
        result.append(Row(name, baseline, **chains))
    for name, surrogate in (("shuffled order", shuffle_order), ("phase-randomised", phase_randomise)):
        chains = _chains(surrogate(train, seed=seed), surrogate(test, seed=seed + 1), projection)
        result.append(Row(name, _afresh(model).fit(chains["train"]), **chains))
    return result


def _name(model: Any) -> str:
    return getattr(model, "name", type(model).__name__)


def _afresh(model: Any) -> Any:
    """The model with its settings and nothing learned: parameters to start from were learned too."""
    fresh = clone(model)
    return fresh.set_params(init="auto") if isinstance(getattr(model, "init", None), SLDSParameters) else fresh


def _chains(train: Trajectories, test: Trajectories, projection: Projection | None) -> dict[str, Any]:
    """The fields of a Row that say what it is scored on."""
    if projection is None:
        return {"train": train, "test": test}
    full = FullSpace(test, Complement(projection).fit(train))
    return {"train": projection.transform(train), "test": projection.transform(test), "full": full}


class Persistence:
    """The state stays where it is."""

    def predict(self, traj: Trajectories) -> Forecast:
        """h_t."""
        return Forecast(traj.pairs()[0])


@dataclass(frozen=True)
class Mean:
    """One state (D,) for all."""

    state: np.ndarray

    def predict(self, traj: Trajectories) -> Forecast:
        """The state."""
        return Forecast(np.broadcast_to(self.state, (traj.n_transitions, traj.width)))


class RunningMean:
    """Each chain stays about its own mean so far."""

    def predict(self, traj: Trajectories) -> Forecast:
        """Mean of the states of the same chain up to and including h_t."""
        parts = [np.cumsum(x[:-1], axis=0, dtype=np.float64) / np.arange(1, len(x))[:, None] for x in traj]
        return Forecast(np.concatenate(parts))
