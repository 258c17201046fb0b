"""A fitted switching model looked at as a dynamical system: how fast, where to, and for how long."""

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Data, as_trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.pages.slds.visits import count_visits, expected_visits


def relaxation_times(parameters: SLDSParameters) -> np.ndarray:
    """Steps in which a deviation along each eigenvector of I + M_j falls to 1/e, (K, D), the slowest first.

    -1 / ln |lambda|; infinite where |lambda| is 1 or more, as a deviation then never falls, and 0 for lambda = 0.
    """
    modulus = np.abs(parameters.eigenvalues())
    with np.errstate(divide="ignore"):
        times = -1 / np.log(modulus)
    return np.where(modulus >= 1, np.inf, times)


def portrait(model: SLDS, traj: Data) -> pd.DataFrame:
    """What each regime does, and whether it is used where its own dynamics would lead.

    A fixed point of a regime says something of the chains only if they are near it while the regime acts. Near is
    measured by how the states themselves scatter there.

    Args:
        model: fitted.
        traj: chains whose regimes are decoded (Viterbi); those of the fit, or others.

    Returns:
        Indexed by `regime`: `steps`, decoded, and `share` of all; `largest_eigenvalue`, the greatest modulus of
        I + M_j; `relaxation`, the steps that the slowest direction takes to fall to 1/e; `visit_T`, 1 / (1 - T_jj),
        the mean visit in an endless chain; `visit_cut`, the mean under the fitted law with the ends of these chains,
        and `visit_counted`, on the decoded paths; `fixed_point`, its distance from the mean of the states in which the
        regime acts, in units of their root mean square distance from that mean; `farther`, the share of these states
        that are as far or farther from it. NaN for what a regime without steps does not have.

    Raises:
        LmphysError: the width differs from the fitted one, or there are no transitions.
    """
    traj = as_trajectories(traj)
    p = model.parameters_
    path = model.viterbi(traj)
    h = traj.pairs()[0].astype(np.float64)
    counted, expected = count_visits(path, traj.lengths, p.n_regimes), expected_visits(p.pi, p.T, traj.lengths)
    with np.errstate(invalid="ignore"):
        visits = {name: x.sum(axis=0) / x[0] for name, x in (("visit_cut", expected), ("visit_counted", counted))}
    steps = np.bincount(path, minlength=p.n_regimes)
    distance, farther = np.full(p.n_regimes, np.nan), np.full(p.n_regimes, np.nan)
    for j, fixed in enumerate(p.fixed_points()):
        here = h[path == j]
        if len(here) < 2:
            continue
        centre = here.mean(axis=0)
        from_centre = np.linalg.norm(here - centre, axis=1)
        away = np.linalg.norm(fixed - centre)
        spread = np.sqrt(np.mean(from_centre**2))
        if spread > 0:
            distance[j], farther[j] = away / spread, np.mean(from_centre >= away)
    return pd.DataFrame(
        {
            "steps": steps,
            "share": steps / len(path),
            "largest_eigenvalue": np.abs(p.eigenvalues()).max(axis=1),
            "relaxation": relaxation_times(p)[:, 0],
            "visit_T": p.dwell_times(),
            **visits,
            "fixed_point": distance,
            "farther": farther,
        }
    ).rename_axis("regime")


def describe_portraits(portraits: pd.DataFrame) -> pd.DataFrame:
    """Counts over the regimes that are in use (two steps or more), a row a fit.

    Args:
        portraits: of `portrait`, under an outer index `fit`.

    Returns:
        `in use`; of these `unstable`, with an eigenvalue on or beyond the unit circle; `slower than its visits`, with a
        relaxation that takes longer than the mean visit; `fixed point beyond all states`.
    """
    used = portraits[portraits["steps"] >= 2]
    marks = {
        "in use": used["steps"] >= 2,
        "unstable": used["largest_eigenvalue"] >= 1,
        "slower than its visits": used["relaxation"] > used["visit_counted"],
        "fixed point beyond all states": used["farther"] == 0,
    }
    return pd.DataFrame(marks).groupby(level="fit", sort=False).sum()
