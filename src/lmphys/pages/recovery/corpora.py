"""Corpora whose truth is known: with implanted regimes, and without any."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.implanted import implant, regime_separation
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.dynamics.nulls.surrogates import phase_randomise
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters

# Names of what `without_regimes` returns.
GAUSSIAN, STUDENT, PHASES = "Gaussian surrogates", "Student surrogates", "phase-randomised"


def implanted_spread(
    traj: Trajectories, separations: Sequence[float], n_regimes: int, *, seed: int = 0
) -> pd.DataFrame:
    """Whether implanted regimes are as far apart as stated, and leave the spread about the mean map as it was.

    Args:
        traj: real chains in the coordinates of the fit.
        separations: stated ones.
        n_regimes: K.
        seed: of the directions.

    Returns:
        Indexed by the stated separation: `measured`; `spread over the real one`, the trace of what the average map
        leaves over (noise, and the regimes' own offsets), in units of the real one; `share of it left to noise`.
    """
    base = SLDS(1).fit(traj).parameters_
    real = float(np.trace(base.Sigma[0]))
    rows = {}
    for separation in separations:
        truth = implant(base, traj, n_regimes, separation=separation, seed=seed)
        rows[separation] = {
            "measured": regime_separation(truth, traj),
            "spread over the real one": float(np.trace(_about_the_mean(truth))) / real,
            "share of it left to noise": float(np.trace(truth.Sigma[0])) / real,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("stated separation")


def _about_the_mean(parameters: SLDSParameters) -> np.ndarray:
    """Covariance of what the mean map of equally frequent regimes leaves over."""
    own = parameters.b - parameters.b.mean(axis=0)
    return parameters.Sigma.mean(axis=0) + own.T @ own / len(own)


def without_regimes(traj: Trajectories, n_corpora: int, *, seed: int = 0) -> dict[str, list[Trajectories]]:
    """Corpora of the real size that have no regimes.

    Args:
        traj: real chains in the coordinates of the fit.
        n_corpora: of each kind; number i of a kind is drawn with seed + i.
        seed: of the first.

    Returns:
        Two kinds of one linear map with the real start and lengths, their noise `GAUSSIAN` or `STUDENT` (heavy tails),
        and `PHASES`, the real chains with random Fourier phases.
    """
    drift = LinearDrift().fit(traj)
    seeds = range(seed, seed + n_corpora)
    return {
        GAUSSIAN: [linear_surrogates(drift, traj, noise="gaussian", seed=s) for s in seeds],
        STUDENT: [linear_surrogates(drift, traj, noise="student", seed=s) for s in seeds],
        PHASES: [phase_randomise(traj, seed=s) for s in seeds],
    }
