import numpy as np
import pytest
from scipy.stats import beta

from lmphys.core.trajectories import Trajectories
from lmphys.pages.drift.tails import kurtosis_by_direction, mode_count, multimodal_share, surrogate_tails
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


def test_modes_are_counted_with_an_interval():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(600) + np.repeat([0.0, 12.0, 24.0], 200)
    found = mode_count(x, np.arange(600) % 60, n_bootstrap=40)
    assert tuple(found) == (3, 3, 3)
    assert tuple(mode_count(rng.standard_normal(4000), np.arange(4000) % 80, n_bootstrap=20)) == (1, 1, 1)


def test_directions_with_two_modes_are_counted_and_the_interval_is_binomial():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((500, 10))
    x[:, :4] += 8 * (rng.random((500, 4)) > 0.5)
    found = multimodal_share(x)
    assert found.value == pytest.approx(0.4, abs=0.11)  # a dip test of one mode hardly ever rejects
    assert found.low == pytest.approx(beta(4, 7).ppf(0.025)) and found.high == pytest.approx(beta(5, 6).ppf(0.975))


def test_surrogates_of_one_map_have_gaussian_tails_or_one_mode_a_direction():
    rng = np.random.default_rng(2)
    parts = [Trajectories.from_list([rng.standard_normal((8, 5)) for _ in range(n)]) for n in (150, 100)]
    found = surrogate_tails(*parts, ridge=1.0, n_draws=3)
    tails, modes = (found[name] for name in ("kurtosis, Gaussian surrogates", "modes, Student surrogates"))
    assert tails.low <= tails.value <= tails.high and abs(tails.value) < 0.25
    assert modes.value <= 0.1
