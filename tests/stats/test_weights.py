"""Effective sizes against their definition and its ends."""

import numpy as np
import pytest

from lmphys.stats.weights import effective_size


def test_effective_size_is_between_one_and_all():
    rng = np.random.default_rng(0)
    size = effective_size(rng.normal(scale=3, size=(500, 8)))
    assert (size >= 1).all() and (size <= 8).all()
    assert effective_size(np.full(8, 5.0)) == pytest.approx(8)
    assert effective_size(np.array([0.0, -np.inf, -np.inf])) == pytest.approx(1)
    w = np.array([0.5, 0.3, 0.2])
    assert effective_size(np.log(w) + 700) == pytest.approx(1 / (w**2).sum())
