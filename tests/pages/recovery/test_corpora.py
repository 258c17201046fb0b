import numpy as np
import pytest

from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.pages.recovery.corpora import GAUSSIAN, PHASES, STUDENT, implanted_spread, without_regimes
from lmphys.pages.recovery.detection import mean_statistics, regime_statistics

FIT = {"n_init": 1, "max_iter": 10}


def test_implanted_regimes_are_as_far_apart_as_stated_and_keep_the_spread(forgetful):
    table = implanted_spread(forgetful, (0.0, 2.0, 6.0), 3, seed=1)
    np.testing.assert_allclose(table["measured"], [0, 2, 6], atol=1e-8)
    np.testing.assert_allclose(table["spread over the real one"], 1)
    left = table["share of it left to noise"]
    assert left[0.0] == pytest.approx(1)
    assert left[0.0] > left[2.0] > left[6.0] > 0


def test_corpora_without_regimes_have_the_real_size_and_seeds_of_their_own(forgetful):
    found = without_regimes(forgetful, 2, seed=4)
    assert set(found) == {GAUSSIAN, STUDENT, PHASES}
    for drawn in found.values():
        assert all((traj.lengths == forgetful.lengths).all() for traj in drawn)
        assert not np.allclose(drawn[0].states, drawn[1].states)
    second = linear_surrogates(LinearDrift().fit(forgetful), forgetful, noise="student", seed=5)
    np.testing.assert_array_equal(found[STUDENT][1].states, second.states)


def test_statistics_are_means_over_the_corpora_of_a_kind(forgetful):
    drawn = without_regimes(forgetful, 2)[GAUSSIAN]
    settings = {"n_regimes": 2, "n_splits": 1, **FIT}
    table = mean_statistics({"a": drawn}, **settings)
    by_hand = [regime_statistics(traj, **settings)["density"] for traj in drawn]
    assert table.loc["a", "density"] == pytest.approx(np.mean(by_hand))
