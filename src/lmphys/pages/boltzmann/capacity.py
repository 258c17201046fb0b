"""Heat capacities of known systems, and where that of a context peaks."""

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.thermo.ensemble import State


def schottky(T: np.ndarray | float, gap: float, degeneracy: float) -> np.ndarray:
    """Heat capacity of one state at energy 0 beside `degeneracy` states at energy `gap`, in units of k_B.

    The peak that every system with a gap has: too cold, and nothing is excited; too hot, and all states are alike.
    """
    x = gap / np.asarray(T, dtype=np.float64)
    # g e^-x / (1 + g e^-x)^2, written so that neither a large gap nor many states overflow.
    share = 1 / (1 + np.exp(np.clip(x - np.log(degeneracy), -700, 700)))
    return x**2 * share * (1 - share)


def rem_capacity(T: np.ndarray | float, sigma: float, n_states: int) -> np.ndarray:
    """Heat capacity of the random energy model for many states: sigma^2 / T^2 above `freezing_temperature`, 0 below.

    n_states levels drawn from a Gaussian of standard deviation sigma. It stands for logits without structure.

    Source: Derrida 1981, Phys. Rev. B 24, 2613.
    """
    T = np.asarray(T, dtype=np.float64)
    return np.where(freezing_temperature(sigma, n_states) < T, (sigma / T) ** 2, 0.0)


def freezing_temperature(sigma: float, n_states: int) -> float:
    """Temperature at which the random energy model condenses on its few lowest levels, sigma / sqrt(2 ln n)."""
    if n_states < 2:
        raise LmphysError(f"{n_states} states cannot freeze; give at least two")
    return sigma / float(np.sqrt(2 * np.log(n_states)))


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
