"""The estimator: what it learns of laws that are known, that it is repeatable, and what it refuses."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.generative import Diffusion


@pytest.fixture(scope="module")
def normal():
    x = np.random.default_rng(0).multivariate_normal([5, -3], [[4, 1.5], [1.5, 1]], 3000)
    return x, Diffusion(n_steps=12, updates=300, width=32).fit(x)


def test_normal_data_in_their_own_units(normal):
    x, model = normal
    fresh = np.random.default_rng(1).multivariate_normal([5, -3], [[4, 1.5], [1.5, 1]], 3000)
    entropy = 0.5 * np.log2((2 * np.pi * np.e) ** 2 * (4 - 1.5**2))
    k = model.bound(fresh)
    assert -entropy - 0.25 < k.mean() < -entropy + 3 * k.std() / 3000**0.5
    assert -model.work(fresh).mean() == pytest.approx(k.mean(), abs=0.15)
    drawn = model.sample(4000)
    assert drawn.mean(axis=0) == pytest.approx([5, -3], abs=0.2)
    assert np.cov(drawn.T) == pytest.approx(np.cov(x.T), abs=0.8)


def test_units_change_a_density_by_their_logarithm(normal):
    x, model = normal
    again = Diffusion(n_steps=12, updates=300, width=32).fit(8 * x)
    assert again.bound(8 * x[:50]) == pytest.approx(model.bound(x[:50]) - 2 * 3, abs=1e-6)


def test_equal_seeds_give_equal_numbers_and_leave_others_alone():
    x = np.random.default_rng(0).normal(size=(100, 2))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two, other = (Diffusion(n_steps=4, updates=20, seed=s).fit(x).sample(5, seed=1) for s in (0, 0, 1))
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert torch.equal(torch.rand(3), expected)


def test_bits_that_hang_together_are_learned():
    rng = np.random.default_rng(0)
    x = np.repeat(rng.random((2000, 1)) < 0.3, 3, axis=1).astype(float)  # three copies of one bit
    model = Diffusion("binary", n_steps=20, updates=300, width=32).fit(x)
    h = -(0.3 * np.log2(0.3) + 0.7 * np.log2(0.7))
    assert -h - 0.35 < model.bound(x, seed=1).mean() < -h + 0.1
    assert -3 * h < -h - 0.35  # what independent bits would have
    drawn = model.sample(1000)
    assert set(np.unique(drawn)) == {0, 1} and (np.ptp(drawn, axis=1) == 0).mean() > 0.85
    assert model.noise_.mean == pytest.approx(x.mean())


@pytest.mark.parametrize(
    ("x", "kind", "said"),
    [
        ([[1.0, 2], [np.nan, 1]], "gaussian", "1 numbers of the data are not finite"),
        ([[1.0, 2], [3, 2]], "gaussian", "column 1 of the data is constant; leave it out"),
        ([1.0, 2], "gaussian", r"data of shape \(2,\); give a table"),
        ([[0.5, 1]], "binary", "binary data hold numbers other than 0 and 1"),
        ([[0.5, 1]], "colour", "unknown kind 'colour' of a diffusion; use gaussian or binary"),
    ],
)
def test_data_that_cannot_be_learned_are_refused(x, kind, said):
    with pytest.raises(LmphysError, match=said):
        Diffusion(kind, n_steps=3, updates=1).fit(np.array(x))


def test_what_was_not_learned_or_learned_of_other_data_is_refused(normal):
    with pytest.raises(LmphysError, match="call fit first"):
        Diffusion().sample(3)
    with pytest.raises(LmphysError, match="data of 3 columns; the model was fitted to 2"):
        normal[1].bound(np.zeros((4, 3)))
    with pytest.raises(LmphysError, match="lower the learning rate"):
        Diffusion(n_steps=3, updates=30, learning_rate=1e30).fit(normal[0])
    with pytest.raises(LmphysError, match="0 steps are no diffusion"):
        Diffusion(n_steps=0).fit(normal[0])
