"""Weights of walkers and annealing against Gaussians, whose every number is known, and importance sampling."""

import numpy as np
import pytest
from scipy.special import logsumexp

from lmphys.core.errors import LmphysError
from lmphys.generative.annealing import anneal
from lmphys.generative.weights import (
    check_effective,
    log_mean,
    log_mean_interval,
    normalised,
    redrawn,
    squared_variation,
)


def squeezed(schedule, n=4_000, seed=0):
    """Harmonic walkers, redrawn exactly at each stiffness."""
    rng = np.random.default_rng(seed)
    return anneal(
        rng.standard_normal(n) / np.sqrt(schedule[0]),
        lambda x, k: k * x**2 / 2,
        schedule,
        lambda x, k, rng: rng.standard_normal(len(x)) / np.sqrt(k),
        rng,
    )


def test_the_mean_of_exp_minus_work_is_the_ratio_at_any_speed():
    for steps in (1, 4, 30):
        found = squeezed(np.linspace(1, 4, steps + 1))
        assert found.interval().contains(-np.log(2))
        assert found.log_ratio == pytest.approx(-np.log(2), abs=0.04)


def test_the_mean_work_is_its_closed_form_and_above_the_free_energy():
    schedule = np.linspace(1, 4, 5)
    expected = (np.diff(schedule) / schedule[:-1] / 2).sum()
    assert squeezed(schedule).work.mean() == pytest.approx(expected, rel=0.05)
    assert expected > np.log(2)


def test_walkers_that_never_move_are_importance_sampling():
    rng = np.random.default_rng(1)
    energies = rng.normal(size=6)
    x = rng.integers(6, size=50_000)
    found = anneal(x, lambda x, b: b * energies[x], [0.0, 0.5, 1.0], lambda x, b, rng: x, rng)
    assert found.work == pytest.approx(energies[x])
    assert found.log_ratio == pytest.approx(logsumexp(-energies) - np.log(6), abs=0.02)


def test_weights_agree_with_their_definitions():
    w = np.array([1.0, 2.0, 5.0])
    assert log_mean(np.log(w)) == pytest.approx(np.log(w.mean()))
    assert normalised(np.log(w) - 800) == pytest.approx(w / w.sum())
    assert squared_variation(np.log(w)) == pytest.approx(w.var() / w.mean() ** 2)


def test_an_interval_is_that_of_the_normal_law():
    log_w = np.random.default_rng(2).normal(size=4000) * 0.5
    w = np.exp(log_w)
    found = log_mean_interval(log_w)
    half = 1.96 * w.std() / np.sqrt(len(w)) / w.mean()
    assert found.value == pytest.approx(np.log(w.mean()))
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.15)


def test_walkers_are_redrawn_as_often_as_they_weigh():
    rng = np.random.default_rng(3)
    w = normalised(rng.normal(size=50))
    counts = np.array([np.bincount(redrawn(np.log(w), rng), minlength=50) for _ in range(2000)])
    assert (np.abs(counts - 50 * w) < 1).all()
    assert counts.mean(axis=0) == pytest.approx(50 * w, abs=0.05)


def test_a_handful_is_told_in_one_line():
    check_effective(np.zeros(100), "here")
    with pytest.raises(LmphysError, match=r"^1\.0 of 1,000 walkers are effective here; take smaller steps"):
        check_effective(np.where(np.arange(1000) == 0, 50.0, 0.0), "here")
    with pytest.raises(LmphysError, match="has no change"):
        squeezed(np.array([1.0]))
