from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics import approach as ap
from lmphys.pages.slowing_down import criticality as c


def chains(lengths, width=3, seed=0, **columns):
    rng = np.random.default_rng(seed)
    traj = Trajectories.from_list([rng.standard_normal((n, width)) for n in lengths])
    return replace(traj, chains=pd.DataFrame({"chain_id": np.arange(len(lengths)), **columns}))


def test_indicators_agree_with_brute_force():
    traj = chains([6, 2, 5])
    table = c.rolling_indicators(traj, 4)
    centre = traj.states.mean(axis=0)
    row = 0
    for chain in traj:
        for t in range(len(chain)):
            found = table.iloc[row]
            row += 1
            if t < 3:
                assert found[list(c.INDICATORS)].isna().all()
                continue
            h = chain[t - 3 : t + 1]
            x = h - h.mean(axis=0)
            assert found["variance"] == pytest.approx(((h - centre) ** 2).sum() / 4)
            assert found["window_variance"] == pytest.approx(h.var(axis=0, ddof=1).sum())
            assert found["autocorrelation"] == pytest.approx((x[:-1] * x[1:]).sum() / (x**2).sum())


def test_indicators_do_not_see_the_future():
    traj = chains([8])
    other = traj.states.copy()
    other[5:] += 10
    names = ["window_variance", "autocorrelation"]
    now, later = (c.rolling_indicators(traj.with_states(s), 3)[names] for s in (traj.states, other))
    pd.testing.assert_frame_equal(now[:5], later[:5])


def test_trends_are_kendalls_tau():
    traj = chains([9, 4, 3, 7])
    found = c.trends(traj, 3)
    table = c.rolling_indicators(traj, 3)
    for name in c.INDICATORS:
        for chain, n in enumerate(traj.lengths):
            values = table[name][table["chain"] == chain].dropna()
            if n < 4:
                assert np.isnan(found[name][chain])
            else:
                assert found[name][chain] == pytest.approx(kendalltau(np.arange(len(values)), values).statistic)


def test_variance_about_the_windows_own_mean_falls_as_the_chain_slows_down():
    for r in (0.0, 0.5, 0.95):
        brute = np.array([[r ** abs(i - j) for j in range(4)] for i in range(4)]) / (1 - r**2)
        centre = np.eye(4) - 1 / 4
        assert c.expected_window_variance(r, 4) == pytest.approx(np.trace(centre @ brute) / 3)
    assert c.expected_window_variance(0.0, 3) == 1
    assert c.expected_window_variance(0.95, 3) < c.expected_window_variance(0.2, 3)
    steady = c.softening_chains(np.full(10_000, 6), np.zeros(10_000, bool), width=2, start=0.6, seed=1)
    table = c.rolling_indicators(steady, 4)
    assert table["window_variance"].mean() / 2 == pytest.approx(c.expected_window_variance(0.6, 4), rel=0.02)
    assert table["variance"].mean() / 2 == pytest.approx(1 / (1 - 0.6**2), rel=0.02)


def test_chains_that_soften_are_found_and_others_are_not():
    lengths = np.random.default_rng(0).integers(7, 12, 120)
    event = np.arange(120) % 3 == 0
    for softens, expected in ((event, True), (np.zeros(120, bool), False)):
        traj = c.softening_chains(lengths, softens, width=10, seed=2)
        table = c.slowing_down(ap.Approach(traj, event, np.arange(120)), 4, n_shuffles=60, n_bootstrap=200)
        for name in ("variance", "autocorrelation"):
            assert (table["matched_low"][name] > 0 and table["p"][name] < 0.05) == expected


def test_matching_removes_what_length_alone_does():
    # The value is the length, events are the long chains: nothing is left within a length.
    lengths = np.array([5] * 30 + [9] * 30)
    event = np.random.default_rng(0).random(60) < np.where(lengths == 9, 0.8, 0.2)
    strata = (lengths == 9).astype(int)
    values = lengths.astype(float)
    assert c.matched_difference(values, event, 0 * strata, np.arange(60)).low > 1
    assert c.matched_difference(values, event, strata, np.arange(60)) == pytest.approx((0, 0, 0), abs=1e-12)


def test_difference_is_the_weighted_mean_over_strata():
    values = np.array([1.0, 2.0, 5.0, 0.0, 4.0, np.nan])
    event = np.array([True, False, True, False, False, True])
    strata = np.array([0, 0, 1, 1, 1, 0])
    found = c.matched_difference(values, event, strata, np.arange(6), n_bootstrap=20)
    expected = (1 / 2 * (1 - 2) + 2 / 3 * (5 - 2)) / (1 / 2 + 2 / 3)
    assert found.value == pytest.approx(expected)
    alone = c.matched_difference(values, np.ones(6, bool), strata, np.arange(6))
    assert np.isnan(alone).all()


def test_too_few_chains_give_nan_and_no_error():
    traj = chains([5, 5], correct=[True, True])
    table = c.slowing_down(ap.approach_wrong_answer(traj, 3), 3, n_shuffles=3, n_bootstrap=5)
    assert table["matched"].isna().all() and table["p"].isna().all()
    short = chains([2, 2], correct=[True, False], task=["x", "y"])
    table = c.slowing_down(ap.approach_wrong_answer(short, 3), 3, match=["task"], n_shuffles=3, n_bootstrap=5)
    assert table["events"].tolist() == [0, 0, 0]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(LmphysError, match="3 or more"):
        c.rolling_indicators(chains([5]), 2)
    approach = ap.approach_wrong_answer(chains([7, 7], correct=[True, False]), 3)
    with pytest.raises(LmphysError, match="cannot match by colour"):
        c.slowing_down(approach, 3, match=["colour"])
    with pytest.raises(LmphysError, match="between -1 and 1"):
        c.softening_chains(np.array([5]), np.array([True]), width=2, end=1.0)
