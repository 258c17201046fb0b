"""Heat capacities of known systems."""

import numpy as np

from lmphys.core.errors import LmphysError


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


def melting_temperature(gap: np.ndarray | float, sigma: np.ndarray | float, n_states: int) -> np.ndarray:
    """Temperature at which one deep level and n random ones above it weigh the same.

    The planted random energy model: one level at 0, n levels drawn from a Gaussian of mean Δ and standard deviation σ.
    Above freezing the latter have ln Z = ln n - Δ / T + σ² / 2 T²; that is 0 where

        Δ = T ln n + σ² / 2 T .

    Without spread this is the single gap, T = Δ / ln n; the spread brings levels down to meet the deep one, and
    lowers T.

    Args:
        gap: Δ, nats.
        sigma: σ, nats.
        n_states: n.

    Returns:
        The larger of the two solutions, which lies above freezing; NaN where Δ < σ sqrt(2 ln n): there the deep level
        is none, as the lowest of the random ones lie below it, and the system freezes and does not melt.
    """
    if n_states < 2:
        raise LmphysError(f"{n_states} states cannot melt; give at least two")
    gap, log_n = np.asarray(gap, dtype=np.float64), np.log(n_states)
    inside = gap**2 - 2 * np.asarray(sigma, dtype=np.float64) ** 2 * log_n
    return np.where(inside >= 0, gap + np.sqrt(np.maximum(inside, 0)), np.nan) / (2 * log_n)


def freezing_temperature(sigma: float, n_states: int) -> float:
    """Temperature at which the random energy model condenses on its few lowest levels, sigma / sqrt(2 ln n)."""
    if n_states < 2:
        raise LmphysError(f"{n_states} states cannot freeze; give at least two")
    return sigma / float(np.sqrt(2 * np.log(n_states)))
