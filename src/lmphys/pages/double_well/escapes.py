"""How often the barrier between two wells is crossed, found in four ways."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages.double_well.densities import reach
from lmphys.stats.interval import Interval

KRAMERS, SLOWEST, MEAN_TIME, WALKERS = "Kramers", "slowest rate / 2", "1 / mean time", "walkers"
_NORMAL = 1.96


def escape_rates(
    well: DoubleWell, heights: Sequence[float], *, n_walkers: int = 400, horizon: float = 100.0, seed: int = 0
) -> pd.DataFrame:
    """Rates of escape from one well, against the height of the barrier in units of the noise.

    Args:
        well: with two wells.
        heights: ΔU / D.
        n_walkers: walkers that are timed.
        horizon: for how long at most, in units of 1 / b.
        seed: of the walkers.

    Returns:
        A row a height: "Kramers", "slowest rate / 2" of the Fokker-Planck equation, "1 / mean time" of its walk, and
        "walkers" with "low" and "high".
    """
    rows = {}
    for height in heights:
        D = well.barrier / height
        solver = FokkerPlanck(well.force, D, -reach(well), reach(well), n_cells=800)
        timed = well.escape_rate(D, n_walkers=n_walkers, dt=0.01 / well.b, horizon=horizon / well.b, seed=seed)
        rows[height] = {
            KRAMERS: well.kramers_rate(D),
            SLOWEST: float(solver.decay_rates(2)[1]) / 2,
            MEAN_TIME: 1 / solver.passage_time(-well.well, well.well),
            WALKERS: float(timed.value),
            "low": float(timed.low),
            "high": float(timed.high),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("ΔU / D")


def log_slope(escapes: pd.DataFrame, *, least: float = 3.0) -> tuple[Interval, float]:
    """Slope of the logarithm of the rate against ΔU / D, for barriers of `least` and more.

    Returns:
        That of the timed walkers, weighted by their intervals, with its own; and that of the slowest rate.
    """
    high = escapes.loc[least:]
    error = np.log(high["high"] / high["low"]) / (2 * _NORMAL)
    (slope, _), spread = np.polyfit(high.index, np.log(high[WALKERS]), 1, w=1 / error, cov="unscaled")
    half = _NORMAL * float(np.sqrt(spread[0, 0]))
    exact = float(np.polyfit(high.index, np.log(high[SLOWEST]), 1)[0])
    return Interval(float(slope), float(slope) - half, float(slope) + half), exact
