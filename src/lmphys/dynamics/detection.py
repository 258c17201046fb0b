"""When regimes can be found: recovery of implanted ones, and evidence that needs no truth, calibrated by them."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student_t
from sklearn.linear_model import LogisticRegression

from lmphys.corpus import Trajectories
from lmphys.dynamics.implant import Along, Differ, implant, implanted_chains, regime_separation, white_residuals
from lmphys.dynamics.parameters import SLDSParameters
from lmphys.dynamics.r2 import pooled_r2, r2_gain
from lmphys.dynamics.selection import hold_out, question_folds
from lmphys.dynamics.slds import SLDS
from lmphys.dynamics.stability import adjusted_rand
from lmphys.errors import LmphysError

Noise = Literal["gaussian", "real"]


def recovery_map(
    traj: Trajectories,
    separations: Sequence[float],
    sizes: Sequence[tuple[int, int | None]],
    *,
    n_regimes: int = 4,
    differ: Differ = "offset",
    along: Along = "loud",
    stay: float = 0.8,
    noise: Noise = "gaussian",
    n_repeats: int = 1,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Fit corpora with implanted regimes, of several sizes, and score the fit on fresh chains of the same truth.

    Args:
        traj: real chains in the coordinates of the fit: they give map, noise, starts and lengths.
        separations: see `implant`.
        sizes: pairs of a number of chains and their length in states; None for the lengths of the real ones.
        n_regimes: K, of the truth and of the fit.
        differ: what the regimes differ in.
        along: directions in which they do.
        stay: probability to stay in a regime.
        noise: "gaussian", or drawn from the "real" residuals of one map.
        n_repeats: draws of directions, chains and starts, the same at all separations and sizes.
        seed: of these.
        settings: of the `SLDS` of K regimes.

    Returns:
        A row for each repeat, separation and size: `separation`, `n_chains`, `length` (0 for the real ones), `repeat`;
        on fresh chains as many and as long as the real ones (or of that length): `ari`, adjusted Rand index of Viterbi
        regimes and truth, `ari_best`, the same with the true parameters, and `gain`, R^2 of the honest forecast of
        h_{t+1} minus that of one map fitted to the same chains.
    """
    base = SLDS(1).fit(traj).parameters_
    kicks = _innovations(noise, base, traj)
    rows = []
    for repeat, of_repeat in enumerate(_seeds(seed, n_repeats)):
        of_truth, of_train, of_test, of_fit = _seeds(of_repeat, 4)
        for separation in separations:
            truth = implant(
                base, traj, n_regimes, separation=separation, differ=differ, along=along, stay=stay, seed=of_truth
            )  # fmt: skip
            for n_chains, length in sizes:
                train = implanted_chains(
                    truth, traj, n_chains=n_chains, length=length, innovations=kicks, seed=of_train
                )
                test = implanted_chains(truth, traj, length=length, innovations=kicks, seed=of_test)
                model = SLDS(n_regimes, **{"random_state": of_fit, **settings}).fit(train)
                z = test.sentences["regime"].to_numpy()[test.sources() + 1]
                rows.append(
                    {
                        "separation": separation,
                        "n_chains": n_chains,
                        "length": length or 0,
                        "repeat": repeat,
                        "ari": adjusted_rand(z, model.viterbi(test)),
                        "ari_best": adjusted_rand(z, SLDS.from_parameters(truth).viterbi(test)),
                        "gain": _r2(model, test) - _r2(SLDS(1).fit(train), test),
                    }
                )
    return pd.DataFrame(rows)


def recovery_ceiling(
    traj: Trajectories,
    separations: Sequence[float],
    stays: Sequence[float],
    *,
    n_regimes: int = 4,
    differ: Differ = "offset",
    along: Along = "loud",
    n_chains: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """What nobody can beat: the true parameters on fresh chains, by separation and by how long regimes last.

    Args:
        traj: as in `recovery_map`.
        separations: of the regimes.
        stays: probabilities to stay in a regime; 1 / n_regimes is no memory.
        n_regimes: K.
        differ: what the regimes differ in.
        along: directions in which they do.
        n_chains: of the corpora, Gaussian noise, lengths of the real ones.
        seed: of directions and chains.

    Returns:
        A row each: `separation`, `stay`, `ari`, and `gain`, R^2 of the honest forecast with the true parameters minus
        that of one map fitted to as many other chains.
    """
    base = SLDS(1).fit(traj).parameters_
    of_truth, of_train, of_test = _seeds(seed, 3)
    rows = []
    for stay in stays:
        for separation in separations:
            truth = implant(
                base, traj, n_regimes, separation=separation, differ=differ, along=along, stay=stay, seed=of_truth
            )  # fmt: skip
            train, test = (implanted_chains(truth, traj, n_chains=n_chains, seed=s) for s in (of_train, of_test))
            model = SLDS.from_parameters(truth)
            z = test.sentences["regime"].to_numpy()[test.sources() + 1]
            row = {"separation": separation, "stay": stay, "ari": adjusted_rand(z, model.viterbi(test))}
            rows.append(row | {"gain": _r2(model, test) - _r2(SLDS(1).fit(train), test)})
    return pd.DataFrame(rows)


def evidence(
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
        chains, means over splits); `density`, the same for the log density, nats per transition.
    """
    rows = []
    for of_split in (int(s) for s in np.random.SeedSequence(seed).generate_state(n_splits)):
        fold = question_folds(traj, 2, of_split)
        fits: list[SLDS] = []

        def score(train: Trajectories, test: Trajectories, fits: list[SLDS] = fits, start: int = of_split) -> Any:
            model = SLDS(n_regimes, **{"random_state": start, **settings}).fit(train)
            single = SLDS(1).fit(train)
            fits.append(model)
            log_density = model.log_densities(test)["predictive"] - single.log_densities(test)["predictive"]
            return {
                "switching": model.forecasts(test)["predictive"],
                "one map": single.forecasts(test)["predictive"],
                "density": log_density,
            }

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
    """The same `evidence` on corpora of the real size with implanted regimes.

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
        n_splits: as in `evidence`; use the same for the real corpus.
        seed: of all draws.
        settings: of `SLDS`.

    Returns:
        A row a corpus: `true`, its separation, and the columns of `evidence`.
    """
    base = SLDS(1).fit(traj).parameters_
    kicks = _innovations(noise, base, traj)
    rows = []
    for separation in separations:
        for of_corpus in _seeds(seed, n_corpora):
            of_truth, of_chains, of_fit = _seeds(of_corpus, 3)
            truth = implant(
                base, traj, n_regimes, separation=separation, differ=differ, along=along, stay=stay, seed=of_truth
            )  # fmt: skip
            corpus = implanted_chains(truth, traj, innovations=kicks, seed=of_chains)
            found = evidence(corpus, n_regimes=n_regimes, n_splits=n_splits, seed=of_fit, **settings)
            rows.append({"true": separation, **found})
    return pd.DataFrame(rows)


class Placement(NamedTuple):
    """True separations whose corpora look like a given one.

    Attributes:
        low: smallest; NaN where none does.
        high: largest.
        band: indexed by separation: `mean`, `low` and `high` of a corpus of that separation (95 %).
    """

    low: float
    high: float
    band: pd.DataFrame


def place(calibration: pd.DataFrame, value: float, column: str, *, level: float = 0.95) -> Placement:
    """Invert a calibration: for which true separations would a corpus show a value like this one?

    At each separation the values of the corpora give a prediction interval for one more corpus, mean plus or minus
    t sd sqrt(1 + 1 / n); between separations its ends are interpolated linearly. The set of separations whose
    interval holds the value is the confidence set (Neyman); its smallest and largest are returned, and the ends of the
    range mean "or beyond".

    Args:
        calibration: from `calibrate`, at least two corpora a separation.
        value: of the real corpus.
        column: of the calibration.
        level: of the intervals.
    """
    groups = calibration.groupby("true")[column]
    n = groups.size()
    if n.min() < 2:
        raise LmphysError("a separation with fewer than 2 corpora has no spread: raise n_corpora")
    half = student_t.ppf((1 + level) / 2, n - 1) * groups.std() * np.sqrt(1 + 1 / n)
    band = pd.DataFrame({"mean": groups.mean(), "low": groups.mean() - half, "high": groups.mean() + half})
    fine = np.linspace(band.index.min(), band.index.max(), 501)
    low, high = (np.interp(fine, band.index, band[end]) for end in ("low", "high"))
    inside = fine[(low <= value) & (value <= high)]
    if not len(inside):
        return Placement(np.nan, np.nan, band)
    return Placement(float(inside.min()), float(inside.max()), band)


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


def _innovations(noise: str, base: SLDSParameters, traj: Trajectories) -> np.ndarray | None:
    if noise not in ("gaussian", "real"):
        raise LmphysError(f"noise {noise!r}: use 'gaussian' or 'real'")
    return white_residuals(base, traj) if noise == "real" else None


def _stay(parameters: SLDSParameters) -> float:
    return float(parameters.stationary() @ np.diag(parameters.T))


def _r2(model: SLDS, traj: Trajectories) -> float:
    return pooled_r2(traj.pairs()[1].astype(np.float64), model.forecasts(traj)["predictive"])


def _seeds(seed: int, n: int) -> list[int]:
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(n)]
