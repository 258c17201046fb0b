"""How much better the next state is forecast when the label of the next sentence is known, or predicted."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.structure import Drift
from lmphys.pages.phases.labelled import LabelledSLDS
from lmphys.stats.alignment import exchanged
from lmphys.stats.bootstrap import sum_by_group
from lmphys.stats.folds import hold_out, question_folds
from lmphys.stats.regression import pooled_r2, r2_gain


def exchange_labels(traj: Trajectories, labels: ArrayLike, rng: np.random.Generator) -> np.ndarray:
    """Labels (N,) exchanged between chains at the same place, whole chains and questions as far as lengths allow."""
    chain = np.repeat(np.arange(len(traj)), traj.lengths)
    place = np.arange(len(chain)) - np.repeat(traj.offsets[:-1], traj.lengths)
    return np.asarray(labels)[exchanged(place, chain, traj.questions[chain], rng)]


def label_forecasts(
    traj: Trajectories, labels: ArrayLike, *, drift: Drift = "switching", n_folds: int = 5, seed: int = 0
) -> dict[str, np.ndarray]:
    """Cross-validated forecasts of h_{t+1}, (N - C, D), by models that have not seen the question.

    Args:
        traj: C chains in the coordinates of the fit.
        labels: (N,) label of each state's sentence.
        drift: of `LabelledSLDS`: maps of the labels' own, or one "shared" map with offsets of their own.
        n_folds: folds of questions.
        seed: of the folds.

    Returns:
        "known", "by label" and "by state", see `LabelledSLDS.label_forecasts`; "mean", the training mean of the states
        that end a sentence with the label of the next one, wherever the chain stands. "known" and "mean" have seen the
        label of the sentence that they forecast.

    Raises:
        LmphysError: there are too few questions.
    """
    marked = replace(traj, sentences=traj.sentences.assign(label=np.asarray(labels).astype(str)))

    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        model = LabelledSLDS(drift=drift).fit(train, train.sentences["label"])
        given = model.label_forecasts(test, test.sentences["label"])
        arrived, arriving = (model.codes(t.sentences["label"])[t.sources() + 1] for t in (train, test))
        h_next = train.pairs()[1].astype(np.float64)
        count = np.bincount(arrived, minlength=len(model.classes_))
        mean = sum_by_group(h_next, arrived, len(count)) / count.clip(min=1)[:, None]
        # Of a label that no training sentence after the first has, the mean of all.
        mean[count == 0] = h_next.mean(axis=0)
        return {**given, "mean": np.vstack([mean, h_next.mean(axis=0)])[arriving]}

    return hold_out(score, marked, question_folds(marked, n_folds, seed), range(n_folds))


def one_map_forecasts(traj: Trajectories, *, n_folds: int = 5, seed: int = 0) -> np.ndarray:
    """Forecasts of h_{t+1} by one linear map, (N - C, D), on the same folds."""

    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        return {"one map": SLDS(1).fit(train).forecasts(test)["predictive"]}

    return hold_out(score, traj, question_folds(traj, n_folds, seed), range(n_folds))["one map"]


def label_gains(
    traj: Trajectories,
    labels: Mapping[str, ArrayLike],
    *,
    drift: Drift = "switching",
    n_folds: int = 5,
    n_null: int = 10,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """What labels add to one linear map, in R^2 of the next state on held-out questions, beside labels that are none.

    Two nulls, fitted and scored like the true labels. `place`: labels exchanged between chains at the same place
    (`exchange_labels`), so that what the place tells is kept. `random`: the same labels permuted.

    Args:
        traj: C chains in the coordinates of the fit.
        labels: name -> (N,) label of each state's sentence.
        drift: as in `label_forecasts`.
        n_folds: folds of questions.
        n_null: draws of each null.
        n_bootstrap: resamplings of whole questions.
        seed: of folds, nulls and resampling.

    Returns:
        Indexed by `label` and `forecast`: `r2`; `gain` over one map with `low` and `high` (95 %, over questions);
        `place` and `random`, mean gains of the nulls; `place_high` and `random_high`, the largest; `beyond`, gain minus
        `place`; `classes`.
    """
    settings: dict[str, Any] = {"drift": drift, "n_folds": n_folds, "seed": seed}
    h_next = traj.pairs()[1].astype(np.float64)
    base = one_map_forecasts(traj, n_folds=n_folds, seed=seed)
    r2_base = pooled_r2(h_next, base)
    rows = {}
    for name, values in labels.items():
        y = np.asarray(values).astype(str)
        rng = np.random.default_rng(seed)
        permuted = {
            "place": [exchange_labels(traj, y, rng) for _ in range(n_null)],
            "random": [rng.permutation(y) for _ in range(n_null)],
        }
        nulls = {
            kind: [
                {way: pooled_r2(h_next, x) - r2_base for way, x in label_forecasts(traj, false, **settings).items()}
                for false in draws
            ]
            for kind, draws in permuted.items()
        }
        for way, forecast in label_forecasts(traj, y, **settings).items():
            gain = r2_gain(traj, forecast, base, n_bootstrap=n_bootstrap, seed=seed)
            row = {"r2": pooled_r2(h_next, forecast)}
            row |= {end: float(x) for end, x in zip(("gain", "low", "high"), gain, strict=True)}
            for kind, draws in nulls.items():
                found = [draw[way] for draw in draws]
                row |= {kind: float(np.mean(found)), f"{kind}_high": max(found)}
            rows[name, way] = row | {"beyond": row["gain"] - row["place"], "classes": len(np.unique(y))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["label", "forecast"])


def gains_by_rank(traj: Trajectories, labels: ArrayLike, ranks: Iterable[int], **settings: Any) -> pd.DataFrame:
    """`label_gains` of one kind of labels in subspaces of several ranks.

    Args:
        traj: C chains of the full width.
        labels: (N,) label of each state's sentence.
        ranks: dimensions k of the projection.
        settings: of `label_gains`.

    Returns:
        Indexed by `rank` and `forecast`, columns as `label_gains`.
    """
    tables = {
        rank: label_gains(Projection(rank).fit(traj).transform(traj), {"label": labels}, **settings).loc["label"]
        for rank in ranks
    }
    return pd.concat(tables, names=["rank"])


def what_phases_add(switching: pd.DataFrame, shared: pd.DataFrame) -> pd.Series:
    """R^2 of the next state, its phase known, by three models: is a phase a place, an offset, or a way to move?

    Args:
        switching: rows of one kind of labels in `label_gains`, indexed by `forecast`, with maps of the labels' own.
        shared: likewise, with one map.
    """
    return pd.Series(
        {
            "one map, no phases": shared["r2"]["known"] - shared["gain"]["known"],
            "mean of the phase": shared["r2"]["mean"],
            "one map, offsets of the phases": shared["r2"]["known"],
            "maps of the phases": switching["r2"]["known"],
        },
        name="R² of the next state, phase known",
    )
