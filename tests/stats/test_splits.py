import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pool_splits


def test_variances_within_and_between_add_up():
    # Sd 0.1 within each of two splits, and values 0.2 apart: B = 0.02, T = 0.01 + 1.5 * 0.02 = 0.04.
    half = 1.959963984540054 * 0.1
    found = pool_splits([Interval(x, x - half, x + half) for x in (0.4, 0.6)])
    assert found.value == pytest.approx(0.5)
    assert (found.high - found.low) / 2 == pytest.approx(1.959963984540054 * 0.2)


def test_without_scatter_between_splits_the_interval_is_that_of_one():
    one = Interval(0.3, 0.1, 0.5)
    assert pool_splits([one] * 4) == pytest.approx(one)


def test_it_holds_the_truth_in_95_of_100_cases():
    """Splits of one sample: estimates that share most of their error; the pooled interval must not be too narrow."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        sample = rng.standard_normal(100)
        parts = [rng.choice(sample, 30, replace=False) for _ in range(5)]
        ends = [1.96 * part.std(ddof=1) / np.sqrt(30) for part in parts]
        held += pool_splits(
            [Interval(p.mean(), p.mean() - e, p.mean() + e) for p, e in zip(parts, ends, strict=True)]
        ).contains(0)
    assert held >= 0.95 * 300


def test_one_split_is_refused():
    with pytest.raises(LmphysError, match="give 2 or more"):
        pool_splits([Interval(0, -1, 1)])
