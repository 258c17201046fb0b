import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval, percentile_interval

REPLICATES = np.array([[5.0, 1.0, 1.0], [2.0, np.nan, np.nan], [4.0, 3.0, np.nan], [0.0, 1.0, np.nan]])


def test_percentiles_are_those_of_numpy_and_the_first_may_be_the_value():
    found = percentile_interval(REPLICATES[:, 0])
    assert found == pytest.approx((5, *np.quantile([2, 4, 0], [0.025, 0.975])))
    assert percentile_interval(REPLICATES[1:, 0], 5.0) == found
    assert percentile_interval(REPLICATES[:, 0], level=0.5)[1:] == (1, 3)


def test_an_undefined_resample_is_an_error_or_named():
    with pytest.raises(LmphysError, match="in 3 of 3 resamples"):
        percentile_interval(REPLICATES)
    with pytest.raises(LmphysError, match="in 1 of 3 resamples"):
        percentile_interval(REPLICATES[:, 1])
    low, high = np.quantile([2, 4, 0], [0.025, 0.975])
    np.testing.assert_allclose(percentile_interval(REPLICATES, undefined="nan").low, [low, np.nan, np.nan])
    found = percentile_interval(REPLICATES, undefined="drop")
    np.testing.assert_allclose(found.low, [low, np.quantile([3, 1], 0.025), np.nan])
    np.testing.assert_allclose(found.high, [high, np.quantile([3, 1], 0.975), np.nan])
    # Percentiles of a minority of the resamples would be those of another statistic.
    assert not np.isnan(percentile_interval([0, 1, np.nan, 2, np.nan], undefined="drop").low)
    assert np.isnan(percentile_interval([0, 1, np.nan, np.nan, np.nan], undefined="drop").low)


def test_an_undefined_value_has_no_interval():
    found = percentile_interval(REPLICATES[1:, 0], np.nan, undefined="drop")
    assert np.isnan([found.low, found.high]).all()


def test_a_bootstrap_with_undefined_resamples_has_no_ends():
    def second(weights):
        with np.errstate(invalid="ignore", divide="ignore"):
            return weights[:, :1] / weights[:, 1:2]

    found = bootstrap_chains(second, 3, n_bootstrap=50)
    assert found.value == 1 and np.isnan([found.low, found.high]).all()


def test_a_row_of_a_table_is_read_and_turned():
    row = {"gain": 2.0, "gain_low": 1.0, "gain_high": 4.0, "low": 0.0, "high": 9.0, "r2": 5.0}
    assert Interval.of_row(row, "gain") == (2, 1, 4)
    assert Interval.of_row(row, "r2") == (5, 0, 9)
    turned = Interval.of_row(row, "gain").map(lambda x: -x)
    assert turned == (-2, -4, -1) and turned.contains(-4) and not turned.contains(0)
