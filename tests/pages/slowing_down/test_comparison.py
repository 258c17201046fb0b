import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.dynamics.approach import Approach, approach_wrong_answer
from lmphys.pages.slowing_down.comparison import matched_difference, slowing_down
from lmphys.pages.slowing_down.indicators import rolling_indicators
from lmphys.pages.slowing_down.softening import softening_chains


def test_chains_that_soften_are_found_and_others_are_not():
    lengths = np.random.default_rng(0).integers(7, 12, 120)
    event = np.arange(120) % 3 == 0
    for softens, expected in ((event, True), (np.zeros(120, bool), False)):
        traj = softening_chains(lengths, softens, width=10, seed=2)
        table = slowing_down(Approach(traj, event, np.arange(120)), 4, n_shuffles=60, n_bootstrap=200)
        for name in ("variance", "autocorrelation"):
            assert (table["matched_low"][name] > 0 and table["p"][name] < 0.05) == expected


def test_matching_removes_what_length_alone_does():
    # The value is the length, events are the long chains: nothing is left within a length.
    lengths = np.array([5] * 30 + [9] * 30)
    event = np.random.default_rng(0).random(60) < np.where(lengths == 9, 0.8, 0.2)
    strata = (lengths == 9).astype(int)
    values = lengths.astype(float)
    assert matched_difference(values, event, 0 * strata, np.arange(60)).low > 1
    assert matched_difference(values, event, strata, np.arange(60)) == pytest.approx((0, 0, 0), abs=1e-12)


def test_difference_is_the_weighted_mean_over_strata():
    values = np.array([1.0, 2.0, 5.0, 0.0, 4.0, np.nan])
    event = np.array([True, False, True, False, False, True])
    strata = np.array([0, 0, 1, 1, 1, 0])
    found = matched_difference(values, event, strata, np.arange(6), n_bootstrap=20)
    expected = (1 / 2 * (1 - 2) + 2 / 3 * (5 - 2)) / (1 / 2 + 2 / 3)
    assert found.value == pytest.approx(expected)
    alone = matched_difference(values, np.ones(6, bool), strata, np.arange(6))
    assert np.isnan(alone).all()


def test_too_few_chains_give_nan_and_no_error(chains):
    traj = chains([5, 5], correct=[True, True])
    table = slowing_down(approach_wrong_answer(traj, 3), 3, n_shuffles=3, n_bootstrap=5)
    assert table["matched"].isna().all() and table["p"].isna().all()
    short = chains([2, 2], correct=[True, False], task=["x", "y"])
    table = slowing_down(approach_wrong_answer(short, 3), 3, match=["task"], n_shuffles=3, n_bootstrap=5)
    assert table["events"].tolist() == [0, 0, 0]


def test_what_makes_no_sense_is_refused(chains):
    with pytest.raises(LmphysError, match="3 or more"):
        rolling_indicators(chains([5]), 2)
    approach = approach_wrong_answer(chains([7, 7], correct=[True, False]), 3)
    with pytest.raises(LmphysError, match="cannot match by colour"):
        slowing_down(approach, 3, match=["colour"])
    with pytest.raises(LmphysError, match="between -1 and 1"):
        softening_chains(np.array([5]), np.array([True]), width=2, end=1.0)
