import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.penalty import choose_ridge


def walk(r, seed, n=90):
    """Chains of an AR(1) process in six dimensions."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(n):
        h = [rng.standard_normal(6)]
        for _ in range(7):
            h.append(r * h[-1] + np.sqrt(1 - r**2) * rng.standard_normal(6))
        parts.append(np.stack(h))
    return Trajectories.from_list(parts)


def test_the_penalty_that_is_best_on_folds_is_large_where_there_is_nothing_to_learn():
    rng = np.random.default_rng(0)
    noise = Trajectories.from_list([rng.standard_normal((5, 40)) for _ in range(30)])
    lengths = choose_ridge(noise, [1.0, 100.0, 10_000.0], seed=1)
    assert lengths.is_monotonic_decreasing and lengths.idxmin() == 10_000.0
    assert lengths[10_000.0] == pytest.approx(np.sqrt(40), rel=0.05)
    assert choose_ridge(walk(0.9, 1), [1.0, 10_000.0], seed=1).idxmin() == 1.0
