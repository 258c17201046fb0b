"""What regimes that were found, and not told, add to a forecast, by who chooses the next one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.selection import hold_out, question_folds
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.phases.labelled import LabelledSLDS
from lmphys.stats.regression import r2_gain


def regime_gains(
    traj: Trajectories, n_regimes: int = 4, *, n_folds: int = 5, n_bootstrap: int = 500, seed: int = 0, **settings: Any
) -> pd.DataFrame:
    """What found regimes add to one linear map on held-out questions, by who chooses the next one.

    In each fold an `SLDS` is fitted, and its regimes of the training chains (most probable paths) serve as labels of a
    `LabelledSLDS`. Where a chain is forecast, the regime so far is the likeliest given the states so far.

    Args:
        traj: C chains in the coordinates of the fit.
        n_regimes: K.
        n_folds: folds of questions.
        n_bootstrap: resamplings of whole questions.
        seed: of folds, starts and resampling.
        settings: of the `SLDS`.

    Returns:
        Indexed by `chosen by`: "hidden chain", the honest forecast of the `SLDS`; "state", the gate; both are forecasts
        from h_0..h_t. "known": the map of the regime that the step turned out to have, which has seen h_{t+1}. Columns
        `gain`, `low`, `high`: R^2 of h_{t+1} minus that of one map, with a 95 % interval over questions.
    """

    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        model = SLDS(n_regimes, **{"random_state": seed, **settings}).fit(train)
        labelled = LabelledSLDS().fit(train, _regime_labels(train, model.viterbi(train)))
        given = labelled.label_forecasts(test, _regime_labels(test, model.infer(test).filtered.argmax(axis=1)))
        return {
            "hidden chain": model.forecasts(test)["predictive"],
            "state": given["by state"],
            "known": given["known"],
            "one map": SLDS(1).fit(train).forecasts(test)["predictive"],
        }

    found = hold_out(score, traj, question_folds(traj, n_folds, seed), range(n_folds))
    base = found.pop("one map")
    rows = {name: r2_gain(traj, forecast, base, n_bootstrap=n_bootstrap, seed=seed) for name, forecast in found.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["gain", "low", "high"]).astype(float)
    return table.rename_axis("chosen by")


def beside_surrogates(corpora: Mapping[str, Trajectories], n_regimes: int = 4, **settings: Any) -> pd.DataFrame:
    """`regime_gains` of several corpora, each beside surrogates of one linear map, which have no regimes.

    Args:
        corpora: name -> chains in the coordinates of the fit.
        n_regimes: K.
        settings: of `regime_gains`; its `seed` is that of the surrogates too.

    Returns:
        Indexed by `corpus` (the names, and "<name>, Gaussian surrogates" and "<name>, Student surrogates") and
        `chosen by`.
    """
    tables = {}
    for name, traj in corpora.items():
        drift = LinearDrift().fit(traj)
        tables[name] = regime_gains(traj, n_regimes, **settings)
        for noise in ("gaussian", "student"):
            surrogate = linear_surrogates(drift, traj, noise=noise, seed=settings.get("seed", 0))
            tables[f"{name}, {noise.capitalize()} surrogates"] = regime_gains(surrogate, n_regimes, **settings)
    return pd.concat(tables, names=["corpus"])


def _regime_labels(traj: Trajectories, regimes: np.ndarray) -> np.ndarray:
    """Regime (N,) of the step that led to each state, as text; "start" for the first of a chain."""
    labels = np.full(len(traj.states), "start", dtype=object)
    labels[traj.sources() + 1] = regimes.astype(str)
    return labels
