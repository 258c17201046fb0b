import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from lmphys.pages.slowing_down.indicators import INDICATORS, expected_window_variance, rolling_indicators, trends
from lmphys.pages.slowing_down.softening import softening_chains


def test_indicators_agree_with_brute_force(chains):
    traj = chains([6, 2, 5])
    table = rolling_indicators(traj, 4)
    centre = traj.states.mean(axis=0)
    row = 0
    for chain in traj:
        for t in range(len(chain)):
            found = table.iloc[row]
            row += 1
            if t < 3:
                assert found[list(INDICATORS)].isna().all()
                continue
            h = chain[t - 3 : t + 1]
            x = h - h.mean(axis=0)
            assert found["variance"] == pytest.approx(((h - centre) ** 2).sum() / 4)
            assert found["window_variance"] == pytest.approx(h.var(axis=0, ddof=1).sum())
            assert found["autocorrelation"] == pytest.approx((x[:-1] * x[1:]).sum() / (x**2).sum())


def test_indicators_do_not_see_the_future(chains):
    traj = chains([8])
    other = traj.states.copy()
    other[5:] += 10
    names = ["window_variance", "autocorrelation"]
    now, later = (rolling_indicators(traj.with_states(s), 3)[names] for s in (traj.states, other))
    pd.testing.assert_frame_equal(now[:5], later[:5])


def test_trends_are_kendalls_tau(chains):
    traj = chains([9, 4, 3, 7])
    found = trends(traj, 3)
    table = rolling_indicators(traj, 3)
    for name in INDICATORS:
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
        assert expected_window_variance(r, 4) == pytest.approx(np.trace(centre @ brute) / 3)
    assert expected_window_variance(0.0, 3) == 1
    assert expected_window_variance(0.95, 3) < expected_window_variance(0.2, 3)
    steady = softening_chains(np.full(10_000, 6), np.zeros(10_000, bool), width=2, start=0.6, seed=1)
    table = rolling_indicators(steady, 4)
    assert table["window_variance"].mean() / 2 == pytest.approx(expected_window_variance(0.6, 4), rel=0.02)
    assert table["variance"].mean() / 2 == pytest.approx(1 / (1 - 0.6**2), rel=0.02)
