"""Critical slowing down in short chains: do fluctuations grow and last longer before something goes wrong?

Near a point where a state loses its stability the restoring rate falls to 0, so the variance and the correlation from
step to step rise. Both are estimated in a window that moves along the chain and looks back only; what is tested is
whether they rise more in chains that head for an event than in comparable chains that do not. A chain of thought is
short, and so is the window; the usual variance about the window's own mean then *falls* as correlation rises
(`expected_window_variance`), which is why there is one about a common mean as well.

Source: Scheffer et al. 2009, Nature 461, 53; Dakos et al. 2012, PLoS ONE 7, e41010.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.approach import Approach
from lmphys.dynamics.nulls.surrogates import shuffle_order
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval

INDICATORS = ("variance", "window_variance", "autocorrelation")


def rolling_indicators(traj: Trajectories, window: int) -> pd.DataFrame:
    """Variance and lag-1 autocorrelation of the last `window` states, summed over dimensions.

        variance = sum_i ||h_i - hbar||^2 / w,   hbar the mean of all states of all chains
        window_variance = sum_i ||h_i - m||^2 / (w - 1),   m the mean of the w states
        autocorrelation = sum_i <h_i - m, h_{i+1} - m> / sum_i ||h_i - m||^2

    In a window of w independent states the last is about -1 / w, not 0: compare, do not read off.

    Args:
        traj: C chains, N states.
        window: w, at least 3.

    Returns:
        N rows with `chain`, `t` and the three; NaN in the first w - 1 states of a chain, and an autocorrelation of
        NaN where the states of a window are all equal.

    Raises:
        LmphysError: the window is shorter than 3 states.
    """
    if window < 3:
        raise LmphysError(f"a window of {window} states has no correlation from step to step; use 3 or more")
    chain = np.repeat(np.arange(len(traj)), traj.lengths)
    t = np.arange(len(chain)) - np.repeat(traj.offsets[:-1], traj.lengths)
    found = np.full((len(INDICATORS), len(chain)), np.nan)
    if len(chain) >= window:
        states = traj.states.astype(np.float64)
        view = np.lib.stride_tricks.sliding_window_view(states - states.mean(axis=0), window, axis=0)  # (n, D, w)
        centred = view - view.mean(axis=2, keepdims=True)
        square = np.einsum("ndw,ndw->n", centred, centred)
        product = np.einsum("ndw,ndw->n", centred[:, :, :-1], centred[:, :, 1:])
        about_all = np.einsum("ndw,ndw->n", view, view)
        moving = square > 1e-12 * about_all  # rounding is no motion
        correlation = np.divide(product, square, out=np.full(len(square), np.nan), where=moving)
        found[:, window - 1 :] = about_all / window, square / (window - 1), correlation
        found[:, t < window - 1] = np.nan
    return pd.DataFrame({"chain": chain, "t": t, **dict(zip(INDICATORS, found, strict=True))})


def expected_window_variance(r: float, window: int) -> float:
    """Mean variance of `window` successive states about their own mean, of x_{t+1} = r x_t + N(0, 1), |r| < 1.

        (1 - 2 / (w (w - 1)) sum_{l=1}^{w-1} (w - l) r^l) / (1 - r^2)

    The stationary variance 1 / (1 - r^2) grows without bound as r rises to 1; this does not.
    """
    lags = np.arange(1, window)
    inside = 2 / (window * (window - 1)) * float(((window - lags) * r**lags).sum())
    return (1 - inside) / (1 - r**2)


def trends(traj: Trajectories, window: int) -> pd.DataFrame:
    """Kendall's tau of each indicator along each chain: 1 where it rises at every pair of windows, -1 where it falls.

    Args:
        traj: C chains.
        window: as in `rolling_indicators`.

    Returns:
        C rows, columns `INDICATORS`; NaN for a chain with fewer than two windows.
    """
    table = rolling_indicators(traj, window)
    chain, t = table["chain"].to_numpy(), table["t"].to_numpy()
    columns = {}
    for name in INDICATORS:
        grid = np.full((len(traj), int(traj.lengths.max(initial=1))), np.nan)
        grid[chain, t] = table[name].to_numpy()
        signs = np.sign(grid[:, None, :] - grid[:, :, None])[:, *np.triu_indices(grid.shape[1], 1)]
        known = np.isfinite(signs).sum(axis=1)
        columns[name] = np.divide(np.nansum(signs, axis=1), known, out=np.full(len(traj), np.nan), where=known > 0)
    return pd.DataFrame(columns)


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


def softening_chains(
    lengths: np.ndarray, softens: np.ndarray, *, width: int, start: float = 0.2, end: float = 0.95, seed: int = 0
) -> Trajectories:
    """Chains of a linear map whose restoring force fades in some of them: what the test should find.

    h_{t+1} = r_t h_t + N(0, I), from the stationary law. r stays at `start`, or rises evenly from there to `end`
    along the chains that soften. The noise stays the same, so variance and correlation both rise.

    Args:
        lengths: (C,) states of each chain.
        softens: (C,) bool.
        width: dimensions, independent of each other.
        start: factor r of the first step.
        end: factor r of the last step of a chain that softens.
        seed: of the noise.

    Raises:
        LmphysError: a factor is not inside (-1, 1).
    """
    if not max(abs(start), abs(end)) < 1:
        raise LmphysError(f"factors {start} and {end}: keep both between -1 and 1, where a map settles")
    rng = np.random.default_rng(seed)
    longest = int(np.max(lengths))
    progress = np.arange(longest)[:, None] / np.maximum(np.asarray(lengths) - 1, 1)
    factors = start + np.asarray(softens) * (end - start) * np.minimum(progress, 1.0)  # (T, C)
    h = np.empty((longest, len(lengths), width))
    h[0] = rng.standard_normal((len(lengths), width)) / np.sqrt(1 - start**2)
    for t in range(1, longest):
        h[t] = factors[t, :, None] * h[t - 1] + rng.standard_normal((len(lengths), width))
    return Trajectories.from_list([h[:n, c] for c, n in enumerate(lengths)])
