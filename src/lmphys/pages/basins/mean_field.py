"""The mean-field Potts model: what a dense Hopfield network of N orthonormal memories is.

With x = Σ_i m_i ξ_i the energy of `DenseHopfield` is Σ m_i² / 2 - ln(Σ e^{β m_i}) / β, the free energy of q = N spin
states at coupling 1 (Wu 1982, Sec. I.C). Its minima have one share (1 + (N - 1) s) / N and N - 1 shares (1 - s) / N,
with s = (e^{βs} - 1) / (e^{βs} + N - 1). Two antipodal memories ±ξ give m = tanh(β m) instead, the mean-field Ising
model.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from lmphys.core.errors import LmphysError
from lmphys.pages.basins.hopfield import DenseHopfield


def order_parameter(m: np.ndarray) -> np.ndarray:
    """The number s (...) of shares (..., N): 0 where all are equal, 1 where one memory has everything."""
    n = m.shape[-1]
    return (n * m.max(axis=-1) - 1) / (n - 1)


def branch(s: np.ndarray, n: int) -> np.ndarray:
    """β at which s, between 0 and 1, is a fixed point: ln((1 + (N - 1) s) / (1 - s)) / s."""
    return (np.log1p((n - 1) * s) - np.log1p(-s)) / s


def transition(n: int) -> tuple[float, float]:
    """β at which retrieval becomes the deepest minimum, and the jump of s there.

    2 (N - 1) ln(N - 1) / (N - 2) and (N - 2) / (N - 1); for N = 2 their limits 2 and 0, a continuous transition.

    Raises:
        LmphysError: fewer than two memories.
    """
    if n < 2:
        raise LmphysError(f"{n} memories have no transition; take at least 2")
    if n == 2:
        return 2.0, 0.0
    return 2 * (n - 1) * float(np.log(n - 1)) / (n - 2), (n - 2) / (n - 1)


def limits(n: int) -> tuple[float, float]:
    """β at which the retrieved state first exists, and β at which the uniform one stops being stable, which is N.

    Between the two lies hysteresis; for N = 2 they coincide.
    """
    if n == 2:
        return 2.0, 2.0
    found = minimize_scalar(lambda s: float(branch(np.array(s), n)), bounds=(1e-6, 1 - 1e-9), method="bounded")
    return float(found.fun), float(n)


def sweep(betas: np.ndarray, n: int, *, nudge: float = 1e-5) -> np.ndarray:
    """The number s (len(betas),) of a state that is carried along while β changes step by step.

    The state begins uniform where β rises and retrieved where it falls. The nudge, as small as it is, lets a uniform
    state leave once it is unstable.
    """
    memories = np.eye(n)
    x = np.full(n, 1 / n) if betas[-1] > betas[0] else memories[0]
    found = []
    for beta in betas:
        x = DenseHopfield(memories, beta).relax(x + nudge * memories[0], tolerance=1e-8, most=100_000)
        found.append(order_parameter(x))
    return np.array(found)
