"""An equation of motion that is looked at now and then is a map: what its Euler step makes of it, and back."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.dynamics.langevin import OrnsteinUhlenbeck, stationary_variance

_ROUNDING = 1e-9


def euler_steps(products: Sequence[float]) -> pd.DataFrame:
    """The exact map of dx = -k x dt + sqrt(2D) dW and its Euler step.

    Args:
        products: k dt.

    Returns:
        A row a product: "factor, exact", "factor, Euler", and "variance, exact", "variance, Euler" in units of the true
        one, D / k; infinite where the map does not settle.
    """
    ou = OrnsteinUhlenbeck(1.0, 1.0)
    rows = {}
    for product in products:
        maps = {"exact": ou.exact_step(product), "Euler": ou.euler_step(product)}
        rows[product] = {f"factor, {name}": factor for name, (factor, _) in maps.items()} | {
            f"variance, {name}": stationary_variance(*each) / ou.variance for name, each in maps.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("k Δt")


def spectrum(A: np.ndarray) -> pd.Series:
    """What the eigenvalues λ of a map (D, D) say about an equation in continuous time behind it."""
    v = np.linalg.eigvals(A)
    largest, real = float(np.abs(v).max()), np.abs(v.imag) < _ROUNDING
    return pd.Series(
        {
            "largest modulus": largest,
            "slowest rate, −ln |λ|": -np.log(largest),
            "the same by Euler, 1 − |λ|": 1 - largest,
            "share of real λ > 0": np.mean(real & (v.real > 0)),
            "share of real λ < 0": np.mean(real & (v.real < 0)),
            "share of complex λ": np.mean(~real),
        }
    )
