"""Does the motion look the same when it is played backwards?"""

from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.covariance import LedoitWolf

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval


class TimeArrow(BaseEstimator):
    """Log odds that a chain was read forwards, from a Gaussian law of two successive states.

    With q(x, y) the Gaussian of a state and its successor, fitted to the transitions of other chains (its covariance
    shrunk after Ledoit and Wolf), the log odds of a step are log q(x, y) - log q(y, x). For a stationary process their
    mean is the entropy production per step that two successive states show; it is 0 under detailed balance.

    Attributes:
        mean_: (2 D,) mean of a state and its successor.
        precision_: (2 D, 2 D) inverse of their covariance.

    Source: Roldán & Parrondo 2010, Phys. Rev. Lett. 105, 150607 (irreversibility as a divergence between a path and
    its reversal).
    """

    mean_: np.ndarray
    precision_: np.ndarray

    def fit(self, traj: Trajectories) -> "TimeArrow":
        """Fit q in float64.

        Raises:
            LmphysError: there are fewer than 2 transitions.
        """
        if traj.n_transitions < 2:
            raise LmphysError(f"{traj.n_transitions} transitions have no covariance; take longer chains, or more")
        fitted = LedoitWolf().fit(np.hstack(traj.pairs()[:2]).astype(np.float64))
        self.mean_, self.precision_ = fitted.location_, fitted.precision_
        return self

    def log_odds(self, traj: Trajectories) -> np.ndarray:
        """Sum over the steps of each chain, (C,), nats; of a chain read backwards, minus that. 0 without a step."""
        x, y, chain = traj.pairs()
        forwards, backwards = (self._square(np.hstack(pair)) for pair in ((x, y), (y, x)))
        return sum_by_group((backwards - forwards) / 2, chain, len(traj))

    def _square(self, z: np.ndarray) -> np.ndarray:
        away = z.astype(np.float64) - self.mean_
        return np.einsum("ni,ij,nj->n", away, self.precision_, away, optimize=True)


class Reversal(NamedTuple):
    """How well held-out chains are told from their reversals.

    Attributes:
        told: share of chains whose direction is guessed right. Without a direction 1/2, whatever was fitted.
        nats: log odds per step.
        chains: number of chains with a step.
    """

    told: Interval
    nats: Interval
    chains: int


def arrow_of_time(train: Trajectories, test: Trajectories, *, trim: int = 0, seed: int = 0) -> Reversal:
    """Guess the direction of the chains in `test`, with a `TimeArrow` fitted on `train`.

    Args:
        train: chains to learn from, in coordinates fewer than its transitions by far.
        test: chains of other questions, in the same coordinates.
        trim: states left out at both ends of every chain: a beginning and an end are a direction too.
        seed: of the bootstrap over questions.

    Raises:
        LmphysError: chains of fewer than two questions of `test` have a step left.
    """
    if (n_questions := playing(test, trim)) < 2:
        raise LmphysError(
            f"chains of {n_questions} questions are longer than {2 * trim + 1} states, an interval over questions "
            "needs 2: take a smaller trim, or more questions"
        )
    train, test = (_inner(traj, trim) for traj in (train, test))
    odds = TimeArrow().fit(train).log_odds(test)
    right = np.where(odds == 0, 0.5, odds > 0)
    steps = np.asarray(test.lengths) - 1
    question, n_questions = test.questions, int(test.questions.max()) + 1
    columns = np.column_stack([right, np.ones(len(test)), odds, steps])
    sums = sum_by_group(columns, question, n_questions).T
    told = bootstrap_chains(lambda w: (w @ sums[0]) / (w @ sums[1]), n_questions, seed=seed)
    nats = bootstrap_chains(lambda w: (w @ sums[2]) / (w @ sums[3]), n_questions, seed=seed)
    return Reversal(told, nats, len(test))


def playing(traj: Trajectories, trim: int) -> int:
    """Number of questions with a chain that has a step left."""
    return len(np.unique(traj.questions[traj.lengths >= 2 * trim + 2]))


def _inner(traj: Trajectories, trim: int) -> Trajectories:
    """Without the first and last `trim` states; chains without a step left are dropped."""
    long = np.flatnonzero(traj.lengths >= 2 * trim + 2)
    if not len(long):
        raise LmphysError(f"no chain is longer than {2 * trim + 1} states; take a smaller trim")
    kept = [traj[c][trim : len(traj[c]) - trim] for c in map(int, long)]
    lengths = np.array([len(states) for states in kept])
    return Trajectories(np.concatenate(kept), lengths, traj.chains.iloc[long].reset_index(drop=True))
