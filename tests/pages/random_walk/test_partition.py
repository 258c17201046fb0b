"""Partition functions against closed forms, spectra that are known, and a gauge that takes a mean away."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.random_walk.partition import (
    best_gauge,
    constancy,
    expected_spread,
    isotropic_surrogate,
    isotropy,
    log_partition,
    log_sphere_mean,
    logit_spread,
    mean_partition,
    participation_ratio,
    share_interval,
    share_within,
)
from lmphys.stats.sphere import on_sphere


def test_the_partition_function_of_gaussian_vectors_has_its_closed_form():
    """E Z = n exp(s^2 |c|^2 / 2) for v = s g and any fixed c: the mean over tables is over many words here."""
    rng = np.random.default_rng(0)
    n, d, s = 400_000, 6, 0.7
    for length in (0.5, 1.0, 2.0):
        c = length * on_sphere((1,), d, rng)
        log_Z = log_partition(s * rng.standard_normal((n, d)), c)[0]
        assert log_Z == pytest.approx(np.log(n) + s**2 * length**2 / 2, abs=0.02)


def test_the_log_partition_is_the_log_of_the_sum_in_blocks_too():
    rng = np.random.default_rng(1)
    table, contexts = rng.standard_normal((50, 4)), rng.standard_normal((3, 5, 4))
    expected = np.log(np.exp(contexts @ table.T).sum(-1))
    np.testing.assert_allclose(log_partition(table, contexts), expected, atol=1e-12)
    np.testing.assert_allclose(log_partition(torch.tensor(table).float(), contexts), expected, atol=1e-5)
    large = log_partition(1_000 * table, contexts)
    np.testing.assert_allclose(large, (1_000 * contexts @ table.T).max(-1), rtol=1e-3)


def test_the_mean_over_the_sphere():
    """sinh(r) / r in three dimensions, I_0(r) in two, the Gaussian limit in many, and a direct average."""
    r = np.array([0.1, 1.0, 5.0])
    np.testing.assert_allclose(log_sphere_mean(r, 3), np.log(np.sinh(r) / r), atol=1e-12)
    np.testing.assert_allclose(log_sphere_mean(r, 2), np.log(np.i0(r)), atol=1e-12)
    assert log_sphere_mean(20.0, 40_000) == pytest.approx(400 / 80_000, rel=1e-5)
    d, length = 10, 2.5
    c = on_sphere((400_000,), d, np.random.default_rng(2))
    assert log_sphere_mean(length, d) == pytest.approx(np.log(np.exp(length * c[:, 0]).mean()), abs=3e-3)
    first = length**2 / (2 * d) - length**4 / (4 * d**2 * (d + 2))
    assert log_sphere_mean(length, d) == pytest.approx(first, abs=1e-3)


def test_mean_and_spread_of_the_partition_function():
    rng = np.random.default_rng(3)
    scales = rng.uniform(0.4, 1.2, 3_000)
    vectors = scales[:, None] * rng.standard_normal((3_000, 60))
    Z = np.exp(log_partition(vectors, on_sphere((4_000,), 60, rng)))
    assert Z.mean() == pytest.approx(mean_partition(vectors), rel=3e-3)
    assert Z.std() / Z.mean() == pytest.approx(expected_spread(scales), rel=0.25)


def test_share_within_a_band_ignores_a_common_factor():
    log_Z = np.log([1.0, 1.05, 0.95, 1.4, 0.6]) + 900
    assert share_within(log_Z) == pytest.approx(3 / 5)


def test_participation_ratio_of_known_spectra():
    assert participation_ratio(np.ones(7)) == pytest.approx(7)
    assert participation_ratio(np.array([5.0, 0, 0])) == pytest.approx(1)
    assert participation_ratio(np.array([3.0, 1.0])) == pytest.approx(16 / 10)


def test_isotropy_of_tables_with_known_spectra():
    """Rows +- a_k e_k have second moments a_k^2 / d; a common mean is seen raw and gone once centred."""
    a = np.array([1.0, 2.0, 3.0])
    table = np.concatenate([np.diag(a), -np.diag(a)])
    found = isotropy(table)
    assert found.loc["mean vector / rms length", "raw"] == pytest.approx(0, abs=1e-6)
    assert found.loc["σ min / σ rms", "raw"] == pytest.approx(1 / np.sqrt(14 / 3))
    assert found.loc["participation ratio / d", "raw"] == pytest.approx(14**2 / (1 + 16 + 81) / 3)
    assert found.loc["share of the largest direction", "raw"] == pytest.approx(9 / 14)
    moved = isotropy(table + np.array([10.0, 0, 0]))
    np.testing.assert_allclose(moved["centred"], found["raw"], atol=1e-4)
    assert moved.loc["mean vector / rms length", "raw"] == pytest.approx(10 / np.sqrt(100 + 14 / 3), rel=1e-5)


def test_the_spread_of_logits_and_the_twin_of_random_directions():
    rng = np.random.default_rng(6)
    table, contexts = rng.standard_normal((400, 12)) * np.r_[9, np.ones(11)] + 3, rng.standard_normal((5, 12))
    np.testing.assert_allclose(logit_spread(table, contexts), (contexts @ table.T).std(axis=1), rtol=1e-4)
    twin = isotropic_surrogate(table, seed=0)
    lengths = np.linalg.norm(table - table.mean(0), axis=1)
    np.testing.assert_allclose(twin.norm(dim=1), lengths, rtol=1e-5)
    assert isotropy(table).loc["participation ratio / d", "centred"] < 0.25
    assert isotropy(twin).loc["participation ratio / d", "raw"] > 0.85
    assert isotropy(twin).loc["mean vector / rms length", "raw"] < 0.12


def test_constancy_names_the_gauges():
    rng = np.random.default_rng(7)
    table, contexts = 0.1 * rng.standard_normal((500, 8)) + 1, rng.standard_normal((300, 8))
    log_Z = log_partition(table, contexts)
    found = constancy(log_Z, table, contexts, np.arange(300) % 10)
    assert found["raw"] == pytest.approx(log_Z.std())
    assert found["centred"] < 0.05 < 2 < found["raw"]
    assert found["best gauge"] <= 1.1 * found["centred"]
    assert found["within 10 %, raw"] < 0.2 < 0.9 < found["within 10 %, centred"]
    assert np.isnan(constancy(log_Z, table, contexts)["best gauge"])
    interval = share_interval(log_Z, np.arange(300) % 10)
    assert interval.value == pytest.approx(share_within(log_Z))
    assert interval.low <= interval.value <= interval.high


def test_a_common_vector_is_a_gauge_and_the_best_one_takes_it_away():
    rng = np.random.default_rng(4)
    table, m = 0.1 * rng.standard_normal((500, 8)), rng.standard_normal(8)
    contexts, groups = rng.standard_normal((400, 8)), np.repeat(np.arange(20), 20)
    log_Z, moved = log_partition(table, contexts), log_partition(table + m, contexts)
    np.testing.assert_allclose(moved, log_Z + contexts @ m, atol=1e-9)
    left = best_gauge(moved, contexts, groups)
    assert left.std() < 0.05 < 1 < moved.std()
    assert abs(left.mean()) < 0.02


def test_the_best_gauge_does_not_see_what_it_is_tested_on():
    """Changing log Z of one group leaves the forecasts of that group as they were."""
    rng = np.random.default_rng(5)
    contexts, groups = rng.standard_normal((60, 3)), np.repeat(np.arange(6), 10)
    log_Z = contexts @ np.array([1.0, -1.0, 0.5])
    before = log_Z - best_gauge(log_Z, contexts, groups, n_folds=6)
    changed = np.where(groups == 2, log_Z + 7.0, log_Z)
    after = changed - best_gauge(changed, contexts, groups, n_folds=6)
    np.testing.assert_allclose(after[groups == 2], before[groups == 2])
    assert np.abs(after - before)[groups != 2].max() > 0.1
    with pytest.raises(LmphysError, match="one group"):
        best_gauge(log_Z, contexts, np.zeros(60))
