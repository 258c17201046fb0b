"""From a projected state to the belief that is asked there."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from lmphys.core.trajectories import Trajectories


class BeliefReadout(BaseEstimator):
    """A network of two layers of 32 rectified units, from the coordinates of a state to b in [0, 1].

    Trained by Adam; it stops early, on a tenth of the training states.

    Args:
        random_state: seed.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), App. C.4.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, traj: Trajectories) -> "BeliefReadout":
        """Learn from chains with a column `belief` in `sentences`."""
        b = traj.sentences["belief"].to_numpy(float)
        # In units of its own spread the belief is as easy to learn where it hardly varies.
        self._mean, self._scale = float(b.mean()), float(b.std()) or 1.0
        self._network = MLPRegressor(
            hidden_layer_sizes=(32, 32),
            activation="relu",
            solver="adam",
            early_stopping=len(b) >= 40,  # a tenth of fewer states says nothing
            learning_rate_init=3e-3,
            max_iter=300,
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of the few states of a smoke run
            self._network.fit(traj.states, (b - self._mean) / self._scale)
        return self

    def predict(self, states: np.ndarray) -> np.ndarray:
        """Belief (n,) at states (n, k)."""
        return np.clip(self._network.predict(states) * self._scale + self._mean, 0.0, 1.0)
