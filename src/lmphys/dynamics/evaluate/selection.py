"""How many regimes, and how many dimensions: information criteria and the density of held-out chains."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress
from sklearn.base import clone

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.folds import Score, hold_out, question_folds
from lmphys.stats.mean import mean_interval
from lmphys.stats.regression import pooled_r2


def choose_regimes(
    traj: Data,
    n_regimes: Iterable[int] = range(1, 9),
    *,
    projection: Projection | None = None,
    n_folds: int = 5,
    n_bootstrap: int = 500,
    seed: int = 0,
    verbose: bool = False,
    **settings: Any,
) -> pd.DataFrame:
    """Switching models of different K, by information criteria and on held-out chains.

    The criteria are those of `SLDS.aic` and `SLDS.bic`: parameters counted without any law of h_0, n the
    number of transitions, and the likelihood that of a fit with penalties, which lies a little below the
    maximum. They take transitions as independent given the past and the models as regular, which a mixture
    with an idle regime is not; the held-out columns need neither.

    Each chain is held out once. Its likelihood can grow with K where its forecast does not: regimes that
    differ in their noise alone say how far the next state will be, not where.

    Without `projection` the coordinates are taken as they are, and should not have been learned from these
    chains: a basis fitted on all of them has seen those that a fold holds out. With it, basis and model are
    learned on the training chains of each fold; the columns on all chains have a basis of all chains.

    Args:
        traj: C chains; with a projection, of the full width.
        n_regimes: the values of K.
        projection: its settings, rank included.
        n_folds: folds of chains; those of one question are in one fold where the chains have `question_id`.
        n_bootstrap: replicates of the intervals.
        seed: of the folds and the intervals.
        verbose: show a progress bar.
        settings: of `SLDS`.

    Returns:
        Indexed by `n_regimes`. On all chains: `n_parameters`, `log_likelihood` (sum, nats), `aic`, `bic`.
        On held-out chains: `held_out`, the mean of log p(h_{t+1} | h_0..h_t), nats per transition; `gain`,
        the same minus that of the first row; both with 95 % intervals over questions, `held_out_low`, ...,
        paired for `gain`, at given fits; `r2_h`, R^2 of the forecast of h_{t+1}, pooled over dimensions and folds.
        With a projection, densities are those of the coordinates, and `r2_h` is of the part of h_{t+1} that lies in
        the subspace, in raw units.

    Raises:
        LmphysError: no K, fewer than 2 folds or fewer questions or chains than folds, a rank that a fold cannot
            fit, or what `SLDS.fit` raises.
    """
    traj = as_trajectories(traj)
    fold = question_folds(traj, n_folds, seed)
    inside = traj if projection is None else clone(projection).fit(traj).transform(traj)
    rows, held_out = {}, {}
    with Progress(console=Console(stderr=True), disable=not verbose) as bar:
        for K in n_regimes:
            folds = bar.track(range(n_folds), description=f"{K} regimes")
            held_out[K] = hold_out(_in_subspace(SLDS(K, **settings), projection), traj, fold, folds)
            model = SLDS(K, **settings).fit(inside)
            rows[K] = {
                "n_parameters": model.n_parameters,
                "log_likelihood": float(model.log_likelihood(inside).sum()),
                "aic": model.aic(inside),
                "bic": model.bic(inside),
            }
    scores = _compare(held_out, traj, n_bootstrap, seed)
    return pd.DataFrame.from_dict(rows, orient="index").join(scores).rename_axis("n_regimes")


def choose_rank(
    traj: Data,
    ranks: Iterable[int],
    *,
    n_regimes: int = 4,
    projection: Projection | None = None,
    n_folds: int = 5,
    n_bootstrap: int = 500,
    seed: int = 0,
    verbose: bool = False,
    **settings: Any,
) -> pd.DataFrame:
    """Switching models in subspaces of different rank k, each completed to the full space.

    The density of k coordinates is no measure of k: each further coordinate adds its own entropy, and its
    unit. `Complement` gives the directions outside a rule of their own, so that each rank has a density of the whole
    next state, in nats over R^D in raw units. Basis, model and completion are learned on the training
    chains alone.

    Args:
        traj: C chains of the full width D.
        ranks: the values of k.
        n_regimes: K.
        projection: its settings, all but the rank; principal components of the states by default.
        n_folds: as in `choose_regimes`.
        n_bootstrap: replicates of the intervals.
        seed: of the folds and the intervals.
        verbose: show a progress bar.
        settings: of `SLDS`.

    Returns:
        Indexed by `rank`: `variance`, the share of the held-out chains' variance in the subspace, mean over
        folds by transitions; `held_out` and `gain` as in `choose_regimes`, of the full space; `r2_h` and
        `r2_dh`, R^2 of the completed forecast of h_{t+1} and of h_{t+1} - h_t, pooled over D dimensions;
        `subspace`, the mean log density of the k coordinates alone, which ranks cannot be compared by. NaN
        for densities where training states have nothing outside the subspace.

    Raises:
        LmphysError: no rank, a rank that a fold cannot fit, or as in `choose_regimes`.
    """
    traj = as_trajectories(traj)
    fold = question_folds(traj, n_folds, seed)
    prototype = Projection() if projection is None else projection
    model = SLDS(n_regimes, **settings)
    held_out = {}
    with Progress(console=Console(stderr=True), disable=not verbose) as bar:
        for rank in ranks:
            folds = bar.track(range(n_folds), description=f"rank {rank}")
            score = _in_full_space(model, clone(prototype).set_params(rank=rank))
            held_out[rank] = hold_out(score, traj, fold, folds)
    scores = _compare(held_out, traj, n_bootstrap, seed)
    h, h_next = (x.astype(np.float64) for x in traj.pairs()[:2])
    more = {
        rank: {
            "r2_dh": pooled_r2(h_next - h, values["forecast"] - h),
            "subspace": float(values["subspace"].mean()),
        }
        for rank, values in held_out.items()
    }
    variance = pd.Series({rank: float(values["variance"].mean()) for rank, values in held_out.items()})
    scores.insert(0, "variance", variance)
    return scores.join(pd.DataFrame.from_dict(more, orient="index")).rename_axis("rank")


def _as_given(model: SLDS, train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
    """Scores in the coordinates that the chains have."""
    found = clone(model).fit(train).predict(test)
    return {"log_density": -found.nll, "forecast": found.mean}


def _in_subspace(model: SLDS, projection: Projection | None) -> Score:
    """Densities of coordinates learned on the training chains; forecast and target in raw units, as bases differ."""

    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        if projection is None:
            return _as_given(model, train, test)
        fitted = clone(projection).fit(train)
        inside_test = fitted.transform(test)
        inside = _as_given(model, fitted.transform(train), inside_test)
        return {
            "log_density": inside["log_density"],
            "forecast": fitted.inverse_transform(inside["forecast"]),
            "target": fitted.inverse_transform(inside_test.pairs()[1]),
        }

    return score


def _in_full_space(model: SLDS, projection: Projection) -> Score:
    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        fitted = clone(projection).fit(train)
        inside = _as_given(model, fitted.transform(train), fitted.transform(test))
        completion = Complement(fitted).fit(train)
        return {
            "log_density": inside["log_density"] + completion.log_density(test),
            "forecast": completion.forecast(test, inside["forecast"]),
            "subspace": inside["log_density"],
            "variance": np.full(test.n_transitions, fitted.share_of(test)),
        }

    return score


def _compare(
    held_out: dict[int, dict[str, np.ndarray]], traj: Trajectories, n_bootstrap: int, seed: int
) -> pd.DataFrame:
    """Columns `held_out`, `gain` over the first row, and `r2_h`."""
    if not held_out:
        raise LmphysError("nothing to choose from: give at least one number of regimes or one rank")
    h_next = traj.pairs()[1]
    unit, n_units = traj.step_questions()
    first = next(iter(held_out.values()))["log_density"]
    rows = {}
    for key, values in held_out.items():
        row: dict[str, float] = {}
        for column, density in (("held_out", values["log_density"]), ("gain", values["log_density"] - first)):
            interval = mean_interval(density, groups=unit, n_groups=n_units, n_bootstrap=n_bootstrap, seed=seed)
            row |= {column + end: float(x) for end, x in zip(("", "_low", "_high"), interval, strict=True)}
        rows[key] = row | {"r2_h": pooled_r2(values.get("target", h_next.astype(np.float64)), values["forecast"])}
    return pd.DataFrame.from_dict(rows, orient="index")
