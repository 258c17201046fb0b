"""The density of a particle in a double well: how many modes it has, and how it gets there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell, euler_maruyama
from lmphys.stats.modes import dip_test


def reach(well: DoubleWell) -> float:
    """How far out the density is followed: three times the distance of a well from the middle."""
    return 3 * well.well


def modes_by_noise(well: DoubleWell, ratios: Sequence[float], *, n_draws: int = 500, seed: int = 0) -> pd.DataFrame:
    """The stationary density for several strengths of the noise.

    Args:
        well: with two wells.
        ratios: noise D in units of the barrier.
        n_draws: independent draws of the dip test.
        seed: of the draws.

    Returns:
        A row a ratio: "D / ΔU", "modes" (peaks of the closed form), "valley / peak", "variance", and "p of the draws",
        that of the dip test.
    """
    x = np.linspace(-reach(well), reach(well), 2001)
    rng = np.random.default_rng(seed)
    rows = []
    for ratio in ratios:
        D = ratio * well.barrier
        p = well.density(x, D)
        rows.append(
            {
                "D / ΔU": ratio,
                "modes": int((np.diff(np.sign(np.diff(p))) < 0).sum()),
                "valley / peak": float(well.density(np.array(0.0), D) / well.density(np.array(well.well), D)),
                "variance": well.moment(2, D),
                "p of the draws": dip_test(rng.choice(x, n_draws, p=p / p.sum()))[1],
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class Spreading:
    """Particles that all start in the left well, by walkers and by the Fokker-Planck equation.

    Attributes:
        well: the potential.
        D: noise.
        solver: the equation, on cells.
        walkers: (T, W) positions at the times 0, 1, 2, ... in units of 1 / b.
        evolved: time in units of 1 / b -> probability of each cell.
    """

    well: DoubleWell
    D: float
    solver: FokkerPlanck
    walkers: np.ndarray
    evolved: dict[int, np.ndarray]

    def agreement(self) -> pd.Series:
        """Probability that the cells have lost by the last time, and the variance of the long run in three ways."""
        last = self.evolved[max(self.evolved)]
        return pd.Series(
            {
                "probability lost or gained": abs(last.sum() - 1),
                "variance, walkers": (self.walkers[20:] ** 2).mean(),
                "variance, closed form": self.well.moment(2, self.D),
                "variance, cells": self.solver.stationary @ self.solver.centres**2,
            }
        )


def spread(
    well: DoubleWell,
    D: float,
    times: Sequence[int] = (2, 30),
    *,
    n_walkers: int = 4000,
    n_cells: int = 600,
    seed: int = 0,
) -> Spreading:
    """Let particles go in the left well.

    Args:
        well: with two wells.
        D: noise.
        times: at which the Fokker-Planck equation is kept, whole units of 1 / b; the walkers stop at the last.
        n_walkers: walkers.
        n_cells: cells.
        seed: of the walkers.
    """
    solver = FokkerPlanck(well.force, D, -reach(well), reach(well), n_cells)
    unit = 1 / well.b
    start = np.zeros(n_cells)
    start[np.abs(solver.centres + well.well).argmin()] = 1
    walkers = euler_maruyama(
        well.force,
        D,
        np.full(n_walkers, -well.well),
        dt=0.01 * unit,
        n_steps=100 * max(times),
        keep_every=100,
        seed=seed,
    )
    return Spreading(well, D, solver, walkers, {t: solver.evolve(start, t * unit) for t in times})
