"""Shares of variance that the leading directions hold."""

import numpy as np

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.projection import Basis, Projection
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.regression import spread


def share(traj: Trajectories, rank: int, *, of: Basis) -> float:
    """Share of the variance of states or increments along their own first `rank` principal directions."""
    return Projection(rank, of=of).fit(traj).variance_captured(rank)


def held_out_share(traj: Trajectories, rank: int, *, of: Basis, seed: int) -> Interval:
    """Share of the variance in 30 % of the questions that the directions found in the others hold, 95 % over these.

    Args:
        traj: chains; those of one question stay on one side.
        rank: number of directions.
        of: whose variance, of the states or of the increments.
        seed: of the split and of the interval, over the questions that are held out at given directions.
    """
    train, test = traj.split(0.7, seed=seed)
    basis = Projection(rank, of=of).fit(train).basis_
    question, n_questions = test.questions, int(test.questions.max()) + 1
    if of == "states":
        data, unit = test.states.astype(np.float64), np.repeat(question, test.lengths)
    else:
        data, unit = test.increments().astype(np.float64), question[test.pairs()[2]]
    inside, whole = (spread(x, unit, n_questions) for x in (data @ basis, data))
    found = bootstrap_chains(lambda w: inside(w) / whole(w), n_questions, seed=seed)
    return Interval(*map(float, found))


def relative_residual(share: float) -> float:
    """Root mean square length of what a projection leaves over, over that of the whole: sqrt(1 - share).

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), App. A, where it is called rho and said to be 0.5 at half of
    the variance.
    """
    return float(np.sqrt(1 - share))
