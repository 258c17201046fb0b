"""Rounding on numbers that can be done by hand, and noise that is as large."""

import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.capacity.bits import learned
from lmphys.pages.capacity.rounding import by_precision, changed, noisy, rounded, steps
from lmphys.problems.people.records import Records
from lmphys.training.tiny.learner import Tiny
from lmphys.training.tiny.recipe import Shape, TinyRecipe

WORLD = Records(30, n_tokens=8, name_length=2, n_attributes=2, n_values=8)


@pytest.fixture
def model():
    return Tiny(TinyRecipe(shape=Shape(layers=1, width=8, heads=2), context=6), "cpu", WORLD).model


def test_levels_are_even_and_each_row_has_its_own():
    weight = torch.tensor([[3.0, 1.4, -1.6, 0.2], [-0.3, 0.04, 0.2, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert torch.allclose(steps(weight, 3), torch.tensor([[1.0], [0.1], [0.0]]))
    assert torch.allclose(rounded(weight, 3), torch.tensor([[3.0, 1, -2, 0], [-0.3, 0, 0.2, 0], [0, 0, 0, 0]]))
    assert torch.allclose(rounded(weight, 2), torch.tensor([[3.0, 0, -3, 0], [-0.3, 0, 0.3, 0], [0, 0, 0, 0]]))
    with pytest.raises(LmphysError, match="weights of 1 bit"):
        rounded(weight, 1)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_rounded_matrix_has_few_levels_close_by_and_stays(bits):
    weight = torch.randn(20, 300, generator=torch.Generator().manual_seed(0))
    found = rounded(weight, bits)
    assert max(len(row.unique()) for row in found) <= 2**bits - 1
    assert bool(((found - weight).abs() <= steps(weight, bits) / 2 + 1e-6).all())
    assert torch.allclose(rounded(found, bits), found, atol=1e-6)


def test_noise_is_as_large_as_errors_of_rounding():
    weight = torch.randn(50, 2000, generator=torch.Generator().manual_seed(0))
    step = steps(weight, 5)
    noise = (noisy(weight, 5, torch.Generator().manual_seed(1)) - weight) / step
    assert float(noise.abs().max()) <= 0.5 + 1e-5
    assert float(noise.var()) == pytest.approx(1 / 12, rel=0.02)
    assert float(((rounded(weight, 5) - weight) / step).var()) == pytest.approx(1 / 12, rel=0.05)


def test_a_change_ends_with_its_block_and_keeps_to_its_part(model):
    before = {name: p.detach().clone() for name, p in model.model.named_parameters()}
    with changed(model, lambda w: w + 1, "mlp"):
        for name, p in model.model.named_parameters():
            moved = "mlp" in name and p.ndim > 1
            assert torch.equal(p, before[name] + 1 if moved else before[name])
    assert all(torch.equal(p, before[name]) for name, p in model.model.named_parameters())


def test_many_bits_lose_nothing_and_the_model_is_as_before(model):
    before = learned(model, WORLD).total / model.n_parameters
    found = by_precision(model, WORLD, [2, 18])
    assert found.loc[18].tolist() == pytest.approx([before, before], abs=1e-4)
    assert abs(found.loc[2, "rounded"] - before) > 1e-3
    assert learned(model, WORLD).total / model.n_parameters == before


def test_noise_is_a_function_of_the_seed(model):
    once, again, other = (by_precision(model, WORLD, [3], seed=seed)["noise"].iloc[0] for seed in (0, 0, 1))
    assert once == again != other
