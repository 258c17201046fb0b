import numpy as np
import pytest
from scipy import stats

from lmphys.core.errors import LmphysError
from lmphys.pages.belief_shift.two_sample import TESTS, compare_samples, detectable_shift, energy, kolmogorov_smirnov

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("n", "m"), [(5, 5), (20, 7), (3, 50)])
def test_the_distance_of_kolmogorov_and_smirnov_is_that_of_scipy(n, m):
    x, y = RNG.standard_normal(n).round(1), RNG.standard_normal(m).round(1)  # rounded: with ties
    assert kolmogorov_smirnov(x, y) == pytest.approx(stats.ks_2samp(x, y).statistic)


def test_energy_is_its_definition():
    x, y = RNG.standard_normal(9), RNG.standard_normal(14) + 1

    def between(a, b):
        return np.abs(a[:, None] - b).mean()

    assert energy(x, y) == pytest.approx(np.sqrt(2 * between(x, y) - between(x, x) - between(y, y)))


def test_p_values_agree_with_those_of_scipy():
    x, y = RNG.standard_normal(30), RNG.standard_normal(30) + 0.5
    table = compare_samples(x, y, n_permutations=1999, n_simulated=20)
    assert table.loc["Kolmogorov–Smirnov", "p"] == pytest.approx(stats.ks_2samp(x, y).pvalue, abs=0.03)
    assert (compare_samples(x, x, n_permutations=99, n_simulated=20)["p"] == 1).all()
    assert (compare_samples(x, x + 5, n_permutations=99, n_simulated=20)["p"] == 0.01).all()
    with pytest.raises(LmphysError, match="2 or more"):
        compare_samples(x, x[:1])


@pytest.mark.parametrize("n", [20, 80])
def test_the_detectable_shift_of_a_mean_is_the_textbook_one(n):
    """(z_0.975 + z_0.8) sigma sqrt(2 / n) for two Gaussian samples."""
    law = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    found = detectable_shift(law, n, n, lambda x, y: abs(x.mean() - y.mean()), n_simulated=2000)
    assert found == pytest.approx((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * np.sqrt(2 / n), rel=0.06)


@pytest.mark.parametrize("name", TESTS)
def test_at_the_detectable_shift_four_tests_in_five_reject(name):
    law, n = stats.norm.ppf((np.arange(500) + 0.5) / 500), 30
    shift = detectable_shift(law, n, n, TESTS[name], n_simulated=500)
    rng = np.random.default_rng(5)
    if name == "Kolmogorov–Smirnov":  # with scipy's own p-values
        pairs = ((rng.choice(law, n), rng.choice(law, n) + shift) for _ in range(300))
        rejected = [stats.ks_2samp(x, y).pvalue < 0.05 for x, y in pairs]
        assert np.mean(rejected) == pytest.approx(0.8, abs=0.08)
    # A test of laws sees a shift of a Gaussian less well than the test of means, but not much.
    of_means = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * np.sqrt(2 / n)
    assert 0.95 * of_means < shift < 1.35 * of_means


def test_few_values_do_not_make_a_shift_easy_to_see():
    """With n chains the detectable shift falls as 1 / sqrt(n), also where the law is known from few values."""
    law = stats.norm.ppf((np.arange(36) + 0.5) / 36)
    small, large = (detectable_shift(law, n, n, kolmogorov_smirnov, n_simulated=400) for n in (50, 800))
    assert large / small == pytest.approx(1 / 4, rel=0.15)
    assert 1.0 < small / (2.8 * np.std(law) * np.sqrt(2 / 50)) < 1.35


def test_a_point_has_no_detectable_shift():
    assert detectable_shift(np.ones(5), 5, 5, energy) == 0
