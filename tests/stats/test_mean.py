import numpy as np
import pytest

from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.mean import mean_interval


def test_a_mean_over_chains_is_that_of_a_loop_over_resamples():
    rng = np.random.default_rng(0)
    values, chain = rng.standard_normal(30), rng.integers(0, 6, 30)
    weights = rng.random(30)
    draws = chain_weights(8, 40, 3)  # two chains have no value
    replicates = [np.average(values, weights=weights * draw[chain]) for draw in draws]
    found = mean_interval(values, groups=chain, n_groups=8, weights=weights, n_bootstrap=40, seed=3)
    assert found.value == pytest.approx(np.average(values, weights=weights))
    assert found[1:] == pytest.approx(tuple(np.quantile(replicates, [0.025, 0.975])))


def test_equal_values_of_a_chain_count_once():
    values = np.random.default_rng(18).standard_normal((400, 5)).mean(axis=1).repeat(5)
    found = mean_interval(values, groups=np.repeat(np.arange(400), 5), n_bootstrap=4000)
    # The error is that of 400 values, not of 2000.
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * values.std() / np.sqrt(400), rel=0.05)
    assert found.value == pytest.approx(values.mean())
    # Resampled one by one they pretend to be 2000.
    single = mean_interval(values, groups=None, n_bootstrap=4000)
    assert (found.high - found.low) / (single.high - single.low) == pytest.approx(np.sqrt(5), rel=0.05)


def test_groups_may_have_any_names():
    values = np.random.default_rng(1).standard_normal(12)
    named = mean_interval(values, groups=np.repeat(["z", "b", "k"], 4), seed=2)
    assert named == mean_interval(values, groups=np.repeat([0, 1, 2], 4), n_groups=3, seed=2)


def test_equal_values_have_an_interval_where_bounds_are_known():
    # 1 - 0.025^(1 / G): at that rate, G groups show no exception in one sample of forty.
    found = mean_interval(np.zeros(36), groups=None, bounds=(-1, 1))
    assert found.high == -found.low and (1 - found.high) ** 36 == pytest.approx(0.025)
    sure = mean_interval(np.ones(72, bool), groups=np.repeat(np.arange(36), 2), bounds=(0, 1))
    assert sure.high == 1 and sure.low == pytest.approx(1 - found.high)
    assert mean_interval(np.ones(36), groups=None) == (1, 1, 1)


def test_one_group_has_no_interval():
    value, low, high = mean_interval([1.0, 3.0], groups=["a", "a"])
    assert value == 2 and np.isnan([low, high]).all()
    assert np.isnan(mean_interval([], groups=None)).all()
