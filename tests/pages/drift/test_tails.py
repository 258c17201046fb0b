import numpy as np
import pytest

from lmphys.pages.drift.tails import kurtosis_by_direction
from lmphys.stats.tails import excess_kurtosis_interval


def test_rows_are_the_first_directions_and_the_median_of_all():
    rng = np.random.default_rng(0)
    # Excess kurtosis 0 (Gaussian), 3 (Laplace) and -1.2 (uniform).
    n = 20_000
    residuals = np.column_stack([rng.standard_normal(n), rng.laplace(size=n), rng.random(n)])
    chain = np.repeat(np.arange(n // 10), 10)
    table = kurtosis_by_direction(residuals, chain, n_shown=2, seed=1)
    assert table.index.tolist() == ["direction 0", "direction 1", "median of all"]
    assert table["excess kurtosis"].tolist() == pytest.approx([0.0, 3.0, 0.0], abs=0.3)
    assert table.loc["direction 1", "low"] < 3 < table.loc["direction 1", "high"]
    again = excess_kurtosis_interval(residuals, chain, seed=1)
    assert table.loc["median of all"].tolist() == [float(x) for x in again]
