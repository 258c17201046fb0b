import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.penalty import choose_ridge


def test_the_penalty_that_is_best_on_folds_is_large_where_there_is_nothing_to_learn(ar1):
    rng = np.random.default_rng(0)
    noise = Trajectories.from_list([rng.standard_normal((5, 40)) for _ in range(30)])
    lengths = choose_ridge(noise, [1.0, 100.0, 10_000.0], seed=1)
    assert lengths.is_monotonic_decreasing and lengths.idxmin() == 10_000.0
    assert lengths[10_000.0] == pytest.approx(np.sqrt(40), rel=0.05)
    assert choose_ridge(ar1(0.9, 90, 8, 6, 1), [1.0, 10_000.0], seed=1).idxmin() == 1.0
