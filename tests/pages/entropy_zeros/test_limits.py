"""Both limits of the divergence against closed forms."""

import numpy as np
import pytest
import torch

from lmphys.pages.entropy_zeros.approximation import NEAR_ZERO, divergences
from lmphys.pages.entropy_zeros.limits import blurred, limit_table, limits


@pytest.fixture(scope="module")
def target():
    """Half of the contexts nearly certain, half open, 50 tokens."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 50))
    logits[::2, 7] += 14
    return torch.from_numpy(logits)


def test_a_uniform_imitator_costs_ln_v_less_the_entropy(target):
    table = limits(target, torch.zeros_like(target))
    np.testing.assert_allclose(table["kl"], table["nothing"], rtol=1e-10)
    np.testing.assert_allclose(table["nothing"], np.log(50) - table["entropy"])
    near = table["entropy"] < NEAR_ZERO
    assert near.mean() == 0.5 and table["kl"][near].min() > table["kl"][~near].max()


@pytest.mark.parametrize("scale", [1e-2, 1e-3])
def test_a_small_error_costs_half_of_its_variance(target, scale):
    """KL = ½ Var δ + O(δ³): the ratio goes to 1 as the error does to 0, to first order in it."""
    errors = torch.randn(target.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    table = limits(target, target + scale * errors)
    np.testing.assert_allclose(table["kl"] / table["nearly"], 1, atol=10 * scale)
    shifted = limits(target, target + scale * errors + 5)  # a common constant is no error
    np.testing.assert_allclose(shifted["nearly"], table["nearly"], rtol=1e-6)


def test_independent_errors_cost_what_the_collision_probability_leaves(target):
    """E ½ Var_P(δ) = ½ ε² (1 - Σ p²) for independent errors of size ε: nothing where P is certain."""
    mean = np.mean(
        [limits(target, q)["nearly"] for seed in range(200) for q in blurred(target, [0.1], seed=seed).values()], axis=0
    )
    open_ = 1 - target.softmax(-1).square().sum(-1).numpy()
    np.testing.assert_allclose(mean[1::2], 0.005 * open_[1::2], rtol=0.15)
    assert mean[::2].max() < 0.01 * mean[1::2].min()


def test_the_sign_of_the_excess_is_set_by_the_quality_of_the_imitator(target):
    """Uniform: more than their part, by identity. Nearly right: less, whatever the language."""
    questions = np.repeat(np.arange(20), 10)
    imitators = {"uniform": torch.zeros_like(target), **blurred(target, [0.1, 30.0])}
    table = limit_table(target, imitators, questions)
    assert table.loc["uniform", "excess"] == pytest.approx(table.loc["uniform", "of ln V − S"])
    assert table.loc["uniform", "excess"] > 0.05
    assert table.loc["error of 0.1", "excess"] == pytest.approx(table.loc["error of 0.1", "of ½ Var δ"], abs=0.02)
    assert table.loc["error of 0.1", "excess"] < -0.4
    assert table.loc["error of 30", "excess"] > table.loc["error of 0.1", "excess"]
    kl = divergences(target, imitators["error of 30"])["kl"].mean()
    assert table.loc["error of 30", "KL"] == pytest.approx(kl)
