"""Where the heat capacity of a context peaks, and where a single gap would put the peak."""

import numpy as np
import pandas as pd
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.pages.boltzmann.capacity import freezing_temperature, melting_temperature
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.thermo.ensemble import State, gauge


def capacity_peaks(state: State) -> pd.DataFrame:
    """Where the heat capacity of each context is largest.

    The grid of temperatures should be logarithmic; the place of the peak is refined by a parabola in log T through
    the three values around the largest one. A peak at the end of the grid is no peak and counts as missing.

    Returns:
        A row a context: `T_peak`, `C_peak` (NaN where the grid does not hold it), `S_peak`, the entropy there in nats.

    Raises:
        LmphysError: fewer than three temperatures.
    """
    if len(state.T) < 3:
        raise LmphysError(f"a peak needs at least three temperatures, {len(state.T)} given")
    log_T = np.log(state.T[:, 0])
    top = state.C.argmax(axis=0)
    inside = (top > 0) & (top < len(log_T) - 1)
    middle = np.clip(top, 1, len(log_T) - 2)
    contexts = np.arange(state.C.shape[1])
    left, peak, right = (state.C[middle + shift, contexts] for shift in (-1, 0, 1))
    step = np.log(state.T[1, 0] / state.T[0, 0])
    bend = left - 2 * peak + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1.0), 0.0)
    height = peak - 0.25 * (left - right) * shift
    found = {
        "T_peak": np.exp(log_T[middle] + shift * step),
        "C_peak": height,
        "S_peak": state.S[middle, contexts],
    }
    return pd.DataFrame({name: np.where(inside, values, np.nan) for name, values in found.items()})


def median_peak(peaks: pd.DataFrame, chains: np.ndarray, *, seed: int = 0) -> Interval:
    """Median temperature of the peak, with its interval over whole chains; NaN where no context has a peak.

    Args:
        peaks: of `capacity_peaks`, N rows.
        chains: (N,) chain of each context.
        seed: of the interval.
    """
    T, chain = peaks.T_peak.to_numpy(), np.unique(chains, return_inverse=True)[1]
    if not np.isfinite(T).any():
        return Interval(np.nan, np.nan, np.nan)
    drawn = chain_weights(chain.max() + 1, 500, seed).astype(int)
    again = [np.repeat(T, times[chain]) for times in drawn]
    medians = [np.nanmedian(each) if np.isfinite(each).any() else np.nan for each in again]
    return percentile_interval(np.array(medians), np.nanmedian(T), undefined="drop")


def one_gap_temperature(energies: Tensor) -> np.ndarray:
    """Temperature of the peak if a context were one state below V at the mean height of all levels, (N,).

    Args:
        energies: (N, V) in any gauge; the height is counted from the likeliest token, and divided by ln V.
    """
    height = gauge(energies, "ground").mean(dim=1)
    return (height / np.log(energies.shape[1])).numpy()


def planted_temperature(energies: Tensor) -> np.ndarray:
    """Temperature of the peak if a context were one level below V Gaussian ones, (N,); NaN where none is deep enough.

    Args:
        energies: (N, V) in any gauge; mean height above the likeliest token and spread of all levels go into
            `melting_temperature`. Nothing is fitted.
    """
    height, spread = gauge(energies, "ground").mean(dim=1), energies.std(dim=1)
    return melting_temperature(height.numpy(), spread.numpy(), energies.shape[1])


def level_spread(energies: Tensor) -> float:
    """Standard deviation of the levels of a context, nats, mean over the contexts (N, V)."""
    return float(energies.std(dim=1).mean())


def summarise_peaks(peaks: pd.DataFrame, energies: Tensor) -> pd.Series:
    """The peaks of a model beside what a single gap and random energies would have.

    Args:
        peaks: of `capacity_peaks`, N rows.
        energies: (N, V) of the same contexts.
    """
    found = {"one gap": one_gap_temperature(energies), "a planted level": planted_temperature(energies)}
    estimates: dict[str, float] = {}
    for name, estimate in found.items():
        T = pd.Series(estimate)
        estimates |= {
            f"the same from {name}": float(T.median()),
            f"median error of {name}, %": float(100 * (T / peaks.T_peak - 1).abs().median()),
            f"rank correlation with {name}": float(peaks.T_peak.corr(T, method="spearman")),
        }
    return pd.Series(
        {
            "share of contexts with a peak": peaks.T_peak.notna().mean(),
            "median temperature of the peak": peaks.T_peak.median(),
            **estimates,
            "entropy at the peak, nats": peaks.S_peak.median(),
            "freezing of random energies": freezing_temperature(level_spread(energies), energies.shape[1]),
        }
    )
