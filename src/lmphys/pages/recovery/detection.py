"""Evidence for regimes that needs no truth, calibrated by corpora with implanted ones: placement and power."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.stability import adjusted_rand
from lmphys.dynamics.nulls.implanted import (
    Along,
    Differ,
    implant,
    implanted_chains,
    independent_seeds,
    innovations_of,
    regime_separation,
)
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.pages.recovery.maps import Noise
from lmphys.stats.folds import hold_out, question_folds
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_gain


def regime_statistics(
    traj: Trajectories, *, n_regimes: int = 4, n_splits: int = 2, seed: int = 0, **settings: Any
) -> dict[str, float]:
    """What speaks for regimes in a corpus whose truth nobody knows, by fits to halves of its chains.

    Each split halves the chains by question. Two fits then give all four numbers, means over splits.

    Args:
        traj: C chains in the coordinates of the fit.
        n_regimes: K.
        n_splits: halvings.
        seed: of the halvings and the starts.
        settings: of `SLDS`.

    Returns:
        `halves`, adjusted Rand index of the regimes that the two fits give to all chains; `separation`, the
        `regime_separation` of the fits; `stay`, their stationary probability to stay; `gain`, R^2 of the honest
        forecast of h_{t+1} for the other half minus that of one map, with `gain_low` and `gain_high` (95 %, over
        questions, means over splits); `density`, the same for the log density, nats per transition.
    """
    rows = []
    for of_split in (int(s) for s in np.random.SeedSequence(seed).generate_state(n_splits)):
        fold = question_folds(traj, 2, of_split)
        fits: list[SLDS] = []

        def score(train: Trajectories, test: Trajectories, fits: list[SLDS] = fits, start: int = of_split) -> Any:
            model = SLDS(n_regimes, **{"random_state": start, **settings}).fit(train)
            single = SLDS(1).fit(train)
            fits.append(model)
            log_density = single.predict(test).nll - model.predict(test).nll
            return {**_honest(model, single, test), "density": log_density}

        held_out = hold_out(score, traj, fold, range(2))
        gain = r2_gain(traj, held_out["switching"], held_out["one map"], n_bootstrap=300, seed=of_split)
        rows.append(
            {
                "halves": adjusted_rand(*(fit.viterbi(traj) for fit in fits)),
                "separation": float(np.mean([regime_separation(fit.parameters_, traj) for fit in fits])),
                "stay": float(np.mean([_stay(fit.parameters_) for fit in fits])),
                "gain": float(gain.value),
                "gain_low": float(gain.low),
                "gain_high": float(gain.high),
                "density": float(held_out["density"].mean()),
            }
        )
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def mean_statistics(corpora: dict[str, list[Trajectories]], **settings: Any) -> pd.DataFrame:
    """Mean `regime_statistics` of each kind of corpora, a row a kind.

    Args:
        corpora: kind -> chains.
        settings: of `regime_statistics`.
    """
    rows = {kind: [regime_statistics(traj, **settings) for traj in drawn] for kind, drawn in corpora.items()}
    return pd.DataFrame({kind: pd.DataFrame(found).mean() for kind, found in rows.items()}).T


def held_out_gain(
    traj: Trajectories, n_regimes: int = 4, *, n_folds: int = 5, n_bootstrap: int = 500, seed: int = 0, **settings: Any
) -> Interval:
    """What the honest forecast of a switching model adds to one linear map, in R^2 of h_{t+1} on held-out questions.

    Args:
        traj: C chains in the coordinates of the fit.
        n_regimes: K.
        n_folds: folds of questions.
        n_bootstrap: resamplings of whole questions.
        seed: of folds, starts and resampling.
        settings: of `SLDS`.
    """

    def score(train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
        model = SLDS(n_regimes, **{"random_state": seed, **settings}).fit(train)
        return _honest(model, SLDS(1).fit(train), test)

    found = hold_out(score, traj, question_folds(traj, n_folds, seed), range(n_folds))
    return r2_gain(traj, found["switching"], found["one map"], n_bootstrap=n_bootstrap, seed=seed)


def calibrate(
    traj: Trajectories,
    separations: Sequence[float],
    *,
    n_regimes: int = 4,
    differ: Differ = "offset",
    along: Along = "loud",
    stay: float = 0.8,
    noise: Noise = "real",
    n_corpora: int = 6,
    n_splits: int = 2,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """The same `regime_statistics` on corpora of the real size with implanted regimes.

    Separation 0 is the null: one map, with the noise of the real residuals or a Gaussian one.

    Args:
        traj: real chains in the coordinates of the fit.
        separations: of the regimes.
        n_regimes: K, implanted and fitted.
        differ: what the regimes differ in.
        along: directions in which they do.
        stay: probability to stay in a regime.
        noise: "gaussian", or drawn from the "real" residuals of one map.
        n_corpora: drawn at each separation, with directions of their own.
        n_splits: as in `regime_statistics`; use the same for the real corpus.
        seed: of all draws.
        settings: of `SLDS`.

    Returns:
        A row a corpus: `true`, its separation, and the columns of `regime_statistics`.
    """
    base = SLDS(1).fit(traj).parameters_
    kicks = innovations_of(noise, base, traj)
    rows = []
    for separation in separations:
        for of_corpus in independent_seeds(seed, n_corpora):
            of_truth, of_chains, of_fit = independent_seeds(of_corpus, 3)
            truth = implant(
                base, traj, n_regimes, separation=separation, differ=differ, along=along, stay=stay, seed=of_truth
            )  # fmt: skip
            corpus = implanted_chains(truth, traj, innovations=kicks, seed=of_chains)
            found = regime_statistics(corpus, n_regimes=n_regimes, n_splits=n_splits, seed=of_fit, **settings)
            rows.append({"true": separation, **found})
    return pd.DataFrame(rows)


def calibrate_stays(
    traj: Trajectories, separations: Sequence[float], stays: Sequence[float], **settings: Any
) -> dict[float, pd.DataFrame]:
    """`calibrate` for several probabilities to stay; all begin with the same corpora of one map, at separation 0.

    Args:
        traj: as in `calibrate`.
        separations: of the regimes, above 0.
        stays: probabilities to stay in a regime.
        settings: of `calibrate`.
    """
    one_map = calibrate(traj, [0.0], **settings)
    return {stay: pd.concat([one_map, calibrate(traj, separations, stay=stay, **settings)]) for stay in stays}


class Power(NamedTuple):
    """How likely a gain is seen.

    Attributes:
        separation: at which the probability reaches the target; infinite where it does not within the calibration.
        low: of its 95 % interval, over resampled corpora.
        high: likewise.
        curve: indexed by separation: `seen`, share of the corpora, and `fitted`, the logistic curve.
    """

    separation: float
    low: float
    high: float
    curve: pd.DataFrame


def power(calibration: pd.DataFrame, *, target: float = 0.9, n_bootstrap: int = 200, seed: int = 0) -> Power:
    """The separation from which on the honest gain would have been seen: its 95 % interval lies above 0.

    A logistic curve through seen or not seen of all corpora, with a weak pull on its slope, as a clean step has none.

    Args:
        calibration: from `calibrate`.
        target: probability.
        n_bootstrap: resamplings of corpora within separations.
        seed: of these.
    """
    x = calibration["true"].to_numpy(dtype=float)
    seen = calibration["gain_low"].to_numpy() > 0
    curve = pd.DataFrame({"seen": pd.Series(seen).groupby(x).mean()}).rename_axis("true")
    reached, fitted = _logistic(x, seen, target, curve.index.to_numpy())
    curve["fitted"] = fitted
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(x == value) for value in curve.index]
    draws = []
    for _ in range(n_bootstrap):
        rows = np.concatenate([rng.choice(rows, len(rows)) for rows in groups])
        draws.append(_logistic(x[rows], seen[rows], target, x[:1])[0])
    # The order statistics below and above, as some replicates may be infinite.
    ordered = np.sort(draws)
    low, high = (float(ordered[int(np.clip(q * n_bootstrap, 0, n_bootstrap - 1))]) for q in (0.025, 0.975))
    return Power(reached, low, high, curve)


def _logistic(x: np.ndarray, seen: np.ndarray, target: float, at: np.ndarray) -> tuple[float, np.ndarray]:
    """Where the fitted probability reaches the target, infinite beyond the data, and the probability at some points."""
    if seen.all() or not seen.any():
        return (float(x.min()) if seen.all() else np.inf), np.full(len(at), float(seen.all()))
    model = LogisticRegression(C=30.0).fit(x[:, None], seen)
    slope, constant = float(model.coef_[0, 0]), float(model.intercept_[0])
    where = (np.log(target / (1 - target)) - constant) / slope if slope > 0 else np.inf
    probability = model.predict_proba(np.asarray(at, dtype=float)[:, None])[:, 1]
    return (where if where <= x.max() else np.inf), probability


def _honest(model: SLDS, single: SLDS, test: Trajectories) -> dict[str, np.ndarray]:
    """Forecasts of h_{t+1} that have not seen it, by several regimes and by one map."""
    return {"switching": model.forecasts(test)["predictive"], "one map": single.forecasts(test)["predictive"]}


def _stay(parameters: SLDSParameters) -> float:
    return float(parameters.stationary() @ np.diag(parameters.T))
