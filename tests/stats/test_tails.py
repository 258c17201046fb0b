import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains, chain_weights
from lmphys.stats.modes import count_modes, dip_excess, dip_test
from lmphys.stats.tails import excess_kurtosis_interval, fit_tails, group_r2, median_ratio


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def test_dip_separates_two_clear_modes_from_one(rng):
    one = rng.standard_normal(1000)
    two = one + np.where(rng.random(1000) < 0.5, -4, 4)
    dip_one, p_one = dip_test(one)
    dip_two, p_two = dip_test(two)
    assert p_one > 0.2
    assert p_two < 1e-3
    assert dip_two > 5 * dip_one


def test_dip_of_two_equal_point_masses_is_the_largest_possible():
    dip, p = dip_test(np.repeat([0, 1], 50))
    assert dip == pytest.approx(1 / 4)
    assert p == 0


def test_dip_excess_is_positive_for_two_modes_and_rarely_for_one(rng):
    two = np.concatenate([rng.normal(-3, 1, 200), rng.normal(3, 1, 200)])
    assert dip_excess(two) > 0.03
    uniform = [dip_excess(rng.random(200), n_draws=200) > 0 for _ in range(200)]
    # A test of level 5 %: 200 trials at the least favourable single mode, within four standard errors.
    assert np.mean(uniform) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 200))


@pytest.mark.parametrize("n_modes", [1, 2, 3, 5])
def test_modes_are_counted(rng, n_modes):
    assert count_modes(np.concatenate([rng.normal(10 * i, 1, 400) for i in range(n_modes)])) == n_modes


def test_ratio_of_medians_equals_that_of_resampled_lists(rng):
    above = pd.Series(rng.lognormal(2, 1, 60), index=np.repeat(np.arange(12), 5))
    below = pd.Series(rng.lognormal(0, 1, 120), index=np.repeat(np.arange(12), 10))
    found = median_ratio(above, below, n_bootstrap=50, seed=3)
    assert found.value == pytest.approx(above.median() / below.median())
    draws = chain_weights(12, 50, 3).astype(int)
    ratios = [np.median(np.repeat(above, w[above.index])) / np.median(np.repeat(below, w[below.index])) for w in draws]
    assert [found.low, found.high] == pytest.approx(np.quantile(ratios, [0.025, 0.975]))


@pytest.mark.parametrize(
    ("family", "density", "df"),
    [("Gaussian", stats.norm, np.nan), ("Laplace", stats.laplace, np.nan), ("Student-t", stats.t(3), 3)],
)
def test_tails_are_recognised_and_their_parameters_recovered(rng, family, density, df):
    x = 100 + 20 * density.rvs(size=5000, random_state=rng)
    found = fit_tails(x)
    best = found.iloc[0]
    assert found.index[0] == family
    assert best["loc"] == pytest.approx(100, abs=1.5)
    assert best["scale"] == pytest.approx(20, rel=0.05)
    if family == "Student-t":
        assert best["df"] == pytest.approx(df, rel=0.15)
    n_parameters = 3 if family == "Student-t" else 2
    assert best["aic"] == pytest.approx(2 * n_parameters - 2 * 5000 * best["log_likelihood"])
    assert np.isfinite(found["log_likelihood"]).all()


def test_gaussian_and_laplace_likelihoods_are_the_closed_forms(rng):
    x = rng.standard_normal(300)
    found = fit_tails(x)["log_likelihood"]
    assert found["Gaussian"] == pytest.approx(-0.5 * np.log(2 * np.pi * np.e * x.var()))
    assert found["Laplace"] == pytest.approx(-np.log(2 * np.e * np.abs(x - np.median(x)).mean()))
    with pytest.raises(LmphysError, match="4 that differ"):
        fit_tails(np.ones(9))


def test_kurtosis_matches_scipy_and_covers_the_truth(rng):
    x, groups = 7 + rng.laplace(size=20_000), np.repeat(np.arange(400), 50)
    value, low, high = excess_kurtosis_interval(x, groups, n_bootstrap=300, seed=1)
    assert value == pytest.approx(stats.kurtosis(x))
    assert low < 3 < high
    assert excess_kurtosis_interval(rng.standard_normal(20_000), groups).high < 1


def test_bootstrap_of_a_mean_has_the_known_standard_error(rng):
    means = rng.standard_normal(400)
    interval = bootstrap_chains(lambda w: w @ means / w.sum(axis=1), 400, n_bootstrap=4000, seed=2)
    assert interval.value == pytest.approx(means.mean())
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * means.std() / 20, rel=0.06)
    with pytest.raises(LmphysError, match="at least 2"):
        bootstrap_chains(lambda w: w[:, 0], 1)


def test_group_r2_is_the_share_of_the_class_variance(rng):
    # Classes at +1 and -1 of variance 1 beside noise of variance 1 in each dimension: half is explained.
    labels = rng.integers(0, 2, 8000)
    values = (2 * labels - 1)[:, None] + rng.standard_normal((8000, 3))
    groups = np.repeat(np.arange(200), 40)
    found = group_r2(values, labels, groups, seed=3)
    assert found.r2 == pytest.approx(0.5, abs=0.02)
    assert found.null.shape == (20,)
    assert np.abs(found.null).max() < 0.005
    named = group_r2(values, np.array([".", "?"])[labels], groups.astype(str), seed=3)
    assert named.r2 == pytest.approx(found.r2)


def test_group_r2_equals_a_loop_over_folds(rng):
    values, labels = rng.standard_normal((60, 2)), rng.integers(0, 6, 60)
    groups = np.repeat(np.arange(12), 5)
    fold = (np.random.default_rng(4).permutation(12) % 3)[groups]
    error = 0.0
    for i in range(60):
        train = fold != fold[i]
        same = train & (labels == labels[i])
        mean = values[same].mean(axis=0) if same.sum() >= 5 else values[train].mean(axis=0)
        error += ((values[i] - mean) ** 2).sum()
    expected = 1 - error / ((values - values.mean(axis=0)) ** 2).sum()
    found = group_r2(values, labels, groups, n_folds=3, n_permutations=1, seed=4)
    assert found.r2 == pytest.approx(expected)


def test_labels_that_name_the_chain_explain_nothing_elsewhere(rng):
    groups = np.repeat(np.arange(500), 8)
    values = rng.standard_normal(500)[groups] + 0.1 * rng.standard_normal(4000)
    assert group_r2(values, groups, groups, seed=5).r2 == pytest.approx(0, abs=0.02)
    with pytest.raises(LmphysError, match="folds"):
        group_r2(values[:32], groups[:32], groups[:32])


def test_kurtosis_of_several_coordinates_is_their_median(rng):
    x, groups = rng.standard_t(5, (200, 3)), np.repeat(np.arange(20), 10)
    each = [excess_kurtosis_interval(x[:, i], groups, n_bootstrap=2).value for i in range(3)]
    assert excess_kurtosis_interval(x, groups, n_bootstrap=2).value == pytest.approx(np.median(each))
