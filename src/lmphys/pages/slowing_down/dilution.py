"""A hollow that flattens: what critical slowing down is where everything can be computed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell, OrnsteinUhlenbeck, euler_maruyama


def fading(
    values: Sequence[float], D: float, *, lag: float = 1.0, n_walkers: int = 1500, seed: int = 0
) -> pd.DataFrame:
    """Variance and correlation over a time in the potential x^4 / 4 - b x^2 / 2 as b rises to 0.

    Args:
        values: b, none of them positive.
        D: noise.
        lag: time between two looks.
        n_walkers: walkers, which start at 0 and are looked at from time 20 lags on.
        seed: of the walkers.

    Returns:
        A row a value of b: "variance, linear" D / |b|, "variance, exact", "variance, walkers", "correlation, linear"
        exp(-|b| lag), "correlation, slowest rate" of the Fokker-Planck equation, and "correlation, walkers". NaN at
        b = 0, where the linear law ends.
    """
    rows = {}
    steps = 50
    for b in values:
        bowl = DoubleWell(1.0, b)
        rate = float(FokkerPlanck(bowl.force, D, -3, 3, 600).decay_rates(2)[1])
        paths = euler_maruyama(
            bowl.force, D, np.zeros(n_walkers), dt=lag / steps, n_steps=30 * steps, keep_every=steps, seed=seed
        )[20:]
        linear = OrnsteinUhlenbeck(-b, D) if b < 0 else None
        rows[b] = {
            "variance, linear": linear.variance if linear else np.nan,
            "variance, exact": bowl.moment(2, D),
            "variance, walkers": paths.var(),
            "correlation, linear": linear.autocorrelation(lag) if linear else np.nan,
            "correlation, slowest rate": np.exp(-rate * lag),
            "correlation, walkers": np.corrcoef(paths[:-1].ravel(), paths[1:].ravel())[0, 1],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("b")
