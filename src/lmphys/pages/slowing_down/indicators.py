"""Early-warning indicators in a window that moves along a short chain and looks back only, and their trends.

Near a point where a state loses its stability the restoring rate falls to 0, so the variance and the correlation from
step to step rise. A chain of thought is short, and so is the window; the usual variance about the window's own mean
then *falls* as correlation rises (`expected_window_variance`), which is why there is one about a common mean as well.

Source: Scheffer et al. 2009, Nature 461, 53; Dakos et al. 2012, PLoS ONE 7, e41010.
"""

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories

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
