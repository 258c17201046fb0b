import numpy as np
import pytest

from lmphys.corpus import Trajectories


def _ar1(r: float, n_chains: int, length: int, width: int, seed: int) -> Trajectories:
    """Stationary AR(1) chains of unit variance, the same coefficient in every dimension."""
    rng = np.random.default_rng(seed)
    states = np.empty((n_chains, length, width))
    states[:, 0] = rng.standard_normal((n_chains, width))
    for t in range(1, length):
        states[:, t] = r * states[:, t - 1] + np.sqrt(1 - r**2) * rng.standard_normal((n_chains, width))
    return Trajectories.from_list(list(states))


@pytest.fixture
def ar1():
    """Maker of AR(1) chains: (r, n_chains, length, width, seed)."""
    return _ar1


@pytest.fixture
def ragged() -> Trajectories:
    """Chains of unequal length, one of them without a transition, with correlated dimensions."""
    rng = np.random.default_rng(0)
    mix = rng.standard_normal((5, 5))
    return Trajectories.from_list([np.cumsum(rng.standard_normal((n, 5)), axis=0) @ mix for n in (9, 1, 14, 2, 30, 7)])


@pytest.fixture(scope="module")
def forgetful() -> Trajectories:
    """States that forget the one before at once, so that all order is the regimes'."""
    rng = np.random.default_rng(1)
    made = Trajectories.from_list([rng.standard_normal((n, 3)) * [3, 2, 1] for n in rng.integers(4, 9, size=80)])
    made.chains["question_id"] = np.arange(80) // 2
    return made
