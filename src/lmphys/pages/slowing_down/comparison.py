"""Do indicators rise more in chains that head for an event than in comparable chains that do not?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.dynamics.approach import Approach
from lmphys.dynamics.nulls.surrogates import shuffle_order
from lmphys.pages.slowing_down.indicators import INDICATORS, trends
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval


def matched_difference(
    values: np.ndarray,
    event: np.ndarray,
    strata: np.ndarray,
    group: np.ndarray,
    *,
    n_bootstrap: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Mean over chains with an event minus mean over those without, within strata, with an interval over groups.

    Each stratum counts with n1 n0 / (n1 + n0), so that one without chains of both kinds does not count. Chains of
    value NaN are left out. All three numbers are NaN where no stratum counts; replicates in which none does are
    left out.

    Args:
        values: (C,).
        event: (C,) bool.
        strata: (C,) whole numbers from 0.
        group: (C,) whole numbers from 0, drawn together.
        n_bootstrap: replicates.
        level: coverage of the interval.
        seed: of the resampling.
    """
    known = np.isfinite(values)
    n_groups = int(group.max()) + 1 if len(group) else 0
    if n_groups < 2 or not known.any():
        return Interval(*np.full(3, np.nan))
    weights = np.vstack([np.ones(n_groups), chain_weights(n_groups, n_bootstrap, seed)])[:, group[known]]
    member = np.eye(int(strata.max()) + 1)[strata[known]]
    sums, counts = (
        [(weights * side * x) @ member for side in (event[known], ~event[known])] for x in (values[known], 1)
    )
    n1, n0 = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n1 * n0 > 0, n1 * n0 / (n1 + n0), 0.0)
        gap = np.where(n1 * n0 > 0, sums[0] / n1 - sums[1] / n0, 0.0)
        replicates = (share * gap).sum(axis=1) / share.sum(axis=1)
    if not np.isfinite(replicates[1:]).any():
        return Interval(*np.full(3, np.nan))
    return percentile_interval(replicates, level=level, undefined="drop")


def slowing_down(
    approach: Approach,
    window: int,
    *,
    match: Sequence[str] = (),
    n_shuffles: int = 200,
    n_bootstrap: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Do the indicators rise more before an event than in chains without one?

    Args:
        approach: chains cut before the event.
        window: as in `rolling_indicators`.
        match: columns of `chains` that compared chains have in common, besides the number of states before the cut.
        n_shuffles: draws of the null in which the states before the cut are put in random order in each chain.
        n_bootstrap: replicates of the interval, over questions.
        level: coverage of the intervals and of the range in random order; with m tests, 1 - 0.05 / m for all of them.
        seed: of both.

    Returns:
        One row an indicator: `events` and `others`, chains of each kind; `tau_event` and `tau_other`, mean trends;
        `difference`, `low`, `high`, without matching; `matched`, `matched_low`, `matched_high`, the difference
        among matched chains (`matched_difference`); `shuffled`, `shuffled_low`, `shuffled_high`, mean and
        range of `matched` in random order; and `p`, the share of shuffles that rise at least as much.
        NaN where there are too few chains.

    Raises:
        LmphysError: a name in `match` is no column of `chains`.
    """
    event, group, chains = approach.event, approach.group, approach.before.chains
    if len(event) and (missing := [name for name in match if name not in chains]):
        raise LmphysError(f"cannot match by {', '.join(missing)}: the chains have {', '.join(map(str, chains))}")
    keys = [approach.before.lengths, *(pd.factorize(chains[name])[0] for name in match if len(event))]
    strata = pd.DataFrame(dict(enumerate(keys))).groupby(list(range(len(keys)))).ngroup().to_numpy()
    alike = np.zeros_like(strata)
    real = trends(approach.before, window)
    shuffled: dict[str, list[float]] = {name: [] for name in INDICATORS}
    for i in range(n_shuffles):
        mixed = trends(shuffle_order(approach.before, seed=seed * 100_003 + i), window)
        for name in INDICATORS:
            drawn = matched_difference(mixed[name].to_numpy(), event, strata, group, n_bootstrap=1)
            shuffled[name].append(float(drawn.value))
    rows = {}
    for name in INDICATORS:
        values, null = real[name].to_numpy(), np.array(shuffled[name], dtype=np.float64)
        plain, matched = (
            matched_difference(values, event, s, group, n_bootstrap=n_bootstrap, level=level, seed=seed)
            for s in (alike, strata)
        )
        found = len(null) and np.isfinite(null).all() and np.isfinite(matched.value)
        low, high = np.quantile(null, [(1 - level) / 2, (1 + level) / 2]) if found else (np.nan, np.nan)
        rows[name] = {
            "events": int(event.sum()),
            "others": int((~event).sum()),
            "tau_event": _mean(values[event]),
            "tau_other": _mean(values[~event]),
            **dict(zip(("difference", "low", "high"), map(float, plain), strict=True)),
            **dict(zip(("matched", "matched_low", "matched_high"), map(float, matched), strict=True)),
            "shuffled": float(null.mean()) if found else np.nan,
            "shuffled_low": low,
            "shuffled_high": high,
            "p": (1 + int((null >= matched.value).sum())) / (1 + len(null)) if found else np.nan,
        }
    return pd.DataFrame(rows).T


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def compare(approaches: Mapping[str, Approach], window: int, **settings: Any) -> pd.DataFrame:
    """`slowing_down` of several events, rows (event, indicator); `settings` are those of that function."""
    found = {kind: slowing_down(approach, window, **settings) for kind, approach in approaches.items()}
    return pd.concat(found, names=["before", "indicator"]).astype({"events": int, "others": int})
