"""Scores of forecast probabilities of an event: discrimination, what it gains beyond a base, and calibration.

Forecasts of different folds are those of different fits, so pairs of chains are compared within a fold alone. Intervals
are 95 %, over questions, with equal resamplings for all forecasts of a table, so that differences are paired.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from lmphys.pages.early_warning.forecasts import Model, forecast
from lmphys.pages.early_warning.prefixes import exposure
from lmphys.pages.early_warning.signals import Signals
from lmphys.stats.bootstrap import chain_weights, sum_by_group
from lmphys.stats.classification import auroc
from lmphys.stats.interval import Interval, percentile_interval

WITHIN = ("all", "task", "question")


def areas(table: pd.DataFrame, name: str, *, within: str = "all", n_bootstrap: int = 500, seed: int = 0) -> np.ndarray:
    """AUROC of a forecast, and of its resamplings, (R + 1,): the first is the value itself.

    The share of the pairs of a chain with the event and one without in which the first has the greater probability,
    ties counting half; NaN where there is no pair.

    Args:
        table: as `lmphys.pages.early_warning.forecasts.forecast` returns it.
        name: column of the forecast.
        within: "all" pairs of a fold, those of one "task" of a fold, or those of one "question", which no difference
            between questions can help to tell apart.
        n_bootstrap: R.
        seed: of the resampling of questions.
    """
    question = pd.factorize(table["question"])[0]
    n = int(question.max()) + 1 if len(table) else 0
    if n < 2 or table[name].isna().any():
        return np.full(n_bootstrap + 1, np.nan)
    weights = np.vstack([np.ones(n), chain_weights(n, n_bootstrap, seed)])
    stratum = table["fold"].to_numpy()
    if within == "task":
        stratum = table.groupby(["fold", "task"]).ngroup().to_numpy()
    elif within == "question":
        # A question that is drawn twice has twice its pairs, not the four times of the pairs of two copies.
        stratum, weights = question, np.sqrt(weights)
    return auroc(table[name].to_numpy(), table["event"].to_numpy(dtype=bool), weights, question, stratum)


def discrimination(
    table: pd.DataFrame,
    names: Sequence[str],
    *,
    base: str | None = None,
    within: str = "all",
    n_bootstrap: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """AUROC of forecasts, and their gain over another.

    Args:
        table: see `areas`.
        names: columns of forecasts.
        base: column that the others are compared with, None: no gains.
        within: see `areas`.
        n_bootstrap: resamplings.
        seed: of the resampling.

    Returns:
        A row a forecast: `auroc`, `low`, `high`; with a base `gain`, `gain_low`, `gain_high`, which are paired.
    """
    options: dict[str, Any] = {"within": within, "n_bootstrap": n_bootstrap, "seed": seed}
    reference = None if base is None else areas(table, base, **options)
    rows = {}
    for name in names:
        found = areas(table, name, **options)
        row = dict(zip(("auroc", "low", "high"), _interval(found), strict=True))
        if reference is not None:
            gain = found - reference
            row |= dict(zip(("gain", "gain_low", "gain_high"), _interval(gain), strict=True))
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecast")


def chance(
    signals: Signals,
    event: np.ndarray,
    m: int,
    model: Model,
    *,
    place: np.ndarray | None = None,
    n_draws: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """What forecasts score whose signals have nothing to do with the event: two nulls.

    Args:
        signals: see `lmphys.pages.early_warning.forecasts.forecast`, as for all arguments that are not described here.
        event: (C,).
        m: sentences read.
        model: what is known, and the signals.
        place: (C,) or None.
        n_draws: draws of each null.
        seed: of the draws.

    Returns:
        A row a draw: `permuted`, the gain in AUROC over what is known with the signals permuted among the chains of
        each task at risk; `shuffled`, the AUROC of the signals alone with the outcomes permuted among all chains
        at risk. NaN where there are no pairs to compare.
    """
    known = {"known": (model[0], ())}
    base = areas(forecast(signals, event, m, known, place=place), "known", n_bootstrap=0)[0]
    at_risk = signals.rows(m)
    at_risk = at_risk[exposure(signals.traj, place)[at_risk] >= m]
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n_draws):
        permuted = forecast(signals, event, m, {"both": model}, place=place, permute=seed * 100_003 + i)
        other = event.copy()
        other[at_risk] = rng.permutation(event[at_risk])
        alone = forecast(signals, other, m, {"alone": ((), model[1])}, place=place)
        gain = areas(permuted, "both", n_bootstrap=0)[0] - base
        rows.append({"permuted": gain, "shuffled": areas(alone, "alone", n_bootstrap=0)[0]})
    return pd.DataFrame(rows, columns=["permuted", "shuffled"], dtype=float)


def planted_gains(
    signals: Signals,
    event: np.ndarray,
    m: int,
    known: Sequence[str],
    strengths: Sequence[float] = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0),
    *,
    place: np.ndarray | None = None,
    n_draws: int = 20,
    n_bootstrap: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Which gain would be seen? Planted signals: one column, the event plus noise, beside what is known.

    A gain is seen if it lies above 0 by more than half the width of its interval.

    Args:
        signals: see `lmphys.pages.early_warning.forecasts.forecast`.
        event: (C,).
        m: sentences read.
        known: what is known without a signal.
        strengths: distances d of the mean signals of the two kinds of chains, in standard deviations of the noise. The
            column alone has AUROC Phi(d / sqrt 2).
        place: (C,) or None.
        n_draws: draws of the noise for each strength.
        n_bootstrap: resamplings.
        seed: of noise and resampling.

    Returns:
        A row a strength: `auroc` of the column alone in a large sample, mean `gain`, and the share `seen` of the draws.
        NaN where there are no pairs to compare.
    """
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {"n_bootstrap": n_bootstrap, "seed": seed}
    base = areas(forecast(signals, event, m, {"known": (known, ())}, place=place), "known", **options)
    rows = {}
    for d in strengths:
        gains, seen = [], []
        for _ in range(n_draws):
            column = (d * event + rng.standard_normal(len(event)))[:, None]
            folds = [{**fold, "planted": column[signals.rows(m)]} for fold in signals.values.get(m, ())]
            values = {**signals.values, m: folds} if folds else signals.values
            table = forecast(replace(signals, values=values), event, m, {"planted": (known, ("planted",))}, place=place)
            gain = areas(table, "planted", **options) - base
            value, low, high = _interval(gain)
            gains.append(value)
            seen.append(value > (high - low) / 2)
        share = float(np.mean(seen)) if np.isfinite(gains).all() else np.nan
        rows[d] = {"auroc": float(ndtr(d / np.sqrt(2))), "gain": float(np.mean(gains)), "seen": share}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("strength")


def reliability(
    table: pd.DataFrame, name: str, *, n_bins: int = 5, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """How often the event comes where it is forecast with about the same probability.

    Args:
        table: see `areas`.
        name: column of the forecast.
        n_bins: bins of equally many chains, as far as equal forecasts allow.
        n_bootstrap: resamplings.
        seed: of the resampling.

    Returns:
        A row a bin: `forecast`, its mean; `rate` of the event with `low` and `high`; `chains`.
    """
    p, y = table[name].to_numpy(), table["event"].to_numpy(dtype=float)
    question = pd.factorize(table["question"])[0]
    n = int(question.max()) + 1 if len(table) else 0
    if n < 2 or not np.isfinite(p).all():
        return pd.DataFrame(columns=["forecast", "rate", "low", "high", "chains"], dtype=float)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, n_bins + 1)[1:-1]))
    bin_of = np.unique(np.searchsorted(edges, p, side="left"), return_inverse=True)[1]
    member = np.eye(int(bin_of.max()) + 1)[bin_of]
    count = sum_by_group(member, question, n)
    events = sum_by_group(member * y[:, None], question, n)
    weights = chain_weights(n, n_bootstrap, seed)
    with np.errstate(invalid="ignore"):
        replicates = (weights @ events) / (weights @ count)
    chains = member.sum(axis=0)
    rate, low, high = percentile_interval(replicates, y @ member / chains, undefined="drop")
    return pd.DataFrame(
        {"forecast": p @ member / chains, "rate": rate, "low": low, "high": high, "chains": chains.astype(int)}
    )


def brier(
    table: pd.DataFrame, names: Sequence[str], base: str, *, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """Mean squared error of probabilities, and the share of that of a base that they save.

    Args:
        table: see `areas`.
        names: columns of forecasts.
        base: column of the forecast to compare with, such as the base rate of the training questions.
        n_bootstrap: resamplings.
        seed: of the resampling.

    Returns:
        A row a forecast: `brier`, and the `skill` 1 - brier / brier of the base, with `low` and `high`; below 0 it is
        worse than the base.

    Source: Brier 1950, Monthly Weather Review 78, 1.
    """
    question = pd.factorize(table["question"])[0]
    n = int(question.max()) + 1 if len(table) else 0
    y = table["event"].to_numpy(dtype=float)
    rows = {}
    for name in names:
        row = dict.fromkeys(("brier", "skill", "low", "high"), np.nan)
        if n > 1:
            errors = (table[[name, base]].to_numpy() - y[:, None]) ** 2
            sums = sum_by_group(errors, question, n)
            drawn = chain_weights(n, n_bootstrap, seed) @ sums
            with np.errstate(invalid="ignore", divide="ignore"):
                skill = 1 - drawn[:, 0] / drawn[:, 1]
                value = 1 - sums[:, 0].sum() / sums[:, 1].sum()
            found = percentile_interval(skill, value, undefined="drop")
            row = {"brier": errors[:, 0].mean(), "skill": value, "low": float(found.low), "high": float(found.high)}
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecast")


def _interval(replicates: np.ndarray) -> Interval:
    """95 % interval of (R + 1,), the value first; a resample without chains of both kinds has no area."""
    return Interval(*map(float, percentile_interval(replicates, undefined="drop")))
