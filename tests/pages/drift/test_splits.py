import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.dynamics.evaluate.one_step import held_out_scores
from lmphys.pages.drift.splits import across_splits, learned


def test_pooled_rows_are_means_of_single_splits(ar1):
    states = ar1(0.8, 90, 8, 6, 1)
    found = across_splits(states, ["one linear map", "persistence"], rank=3, ridge=1.0, n_splits=2, seed=5)
    tables = [held_out_scores(states, rank=3, ridge=1.0, seed=seed) for seed in (5, 6)]
    for row in ("one linear map", "persistence"):
        assert found[row]["R² of h"].value == pytest.approx(np.mean([t.r2_h[row] for t in tables]))
    assert found["one linear map"]["R² of h"].contains(0.64)  # r², in closed form


def test_what_was_learned_is_a_paired_difference(ar1):
    easy, hard = ar1(0.9, 90, 8, 6, 1), ar1(0.5, 90, 8, 6, 2)
    found = learned(easy, hard, rank=4, ridge=1.0, n_splits=2)
    assert found["R² of h"].value == pytest.approx(0.81 - 0.25, abs=0.08)
    assert found["R² of Δh"].value == pytest.approx(0.05 - 0.25, abs=0.05)
    same = learned(easy, easy, rank=4, ridge=1.0, n_splits=2)
    assert tuple(same["R² of h"]) == (0, 0, 0)  # no scatter is left where the two are one
    with pytest.raises(LmphysError, match="the same text"):
        learned(easy, ar1(0.5, 80, 8, 6, 2), rank=4, ridge=1.0)
