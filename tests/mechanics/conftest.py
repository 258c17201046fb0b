"""Hand-made and random paths for the tests of energies."""

import numpy as np
import pytest

from lmphys.mechanics.paths import Paths


@pytest.fixture
def by_hand():
    """Two texts in the plane; steps (3, 4), (0, 0) and (2, 0); probabilities 1/2, 1/4 and 1/e."""
    states = [np.array([[1.0, 0.0], [4.0, 4.0], [4.0, 4.0]]), np.array([[0.0, 1.0], [2.0, 1.0]])]
    log_pp = [np.array([np.log(2), np.log(4), np.nan]), np.array([1.0, np.nan])]
    return Paths({"final_norm": states}, log_pp, [np.array([5, 6, 6]), np.array([6, 9])])


@pytest.fixture(scope="module")
def at_random():
    rng = np.random.default_rng(0)
    states = [rng.standard_normal((60, 16)) for _ in range(12)]
    log_pp = [np.append(rng.exponential(2, 59), np.nan) for _ in range(12)]
    return Paths({"final_norm": states, "resid_post": [3 * s for s in states]}, log_pp, [np.arange(60)] * 12)
