"""Chains whose direction in time is known."""

import numpy as np

from lmphys.core.trajectories import Trajectories


def rotating(n_chains, length, radius, angle, seed):
    """Stationary chains x' = r R(angle) x + noise with unit covariance."""
    rng = np.random.default_rng(seed)
    turn = radius * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x = [rng.standard_normal((n_chains, 2))]
    for _ in range(length - 1):
        x.append(x[-1] @ turn.T + np.sqrt(1 - radius**2) * rng.standard_normal((n_chains, 2)))
    return Trajectories.from_list(list(np.stack(x, axis=1)))
