from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.pages.thermal_laws.river import confined, leading, movement, sharpest
from lmphys.training.loss import mean_surprisal
from lmphys.training.thermal.branches import fixed_texts, grow
from lmphys.training.thermal.plateau import PLATEAU
from lmphys.training.tiny.recipe import Shape

RECIPE = replace(
    PLATEAU, steps=4, batch_size=2, options={"length": 12}, context=13, shape=Shape(layers=1, width=8, heads=2)
)


def test_lanczos_finds_the_largest_eigenvalues():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((60, 60)))[0]
    matrix = turn @ np.diag(np.r_[10, 7, 5, np.linspace(-1, 1, 57)]) @ turn.T
    values, directions = leading(lambda v: matrix @ v, 60, 3, 30, rng)
    np.testing.assert_allclose(values, [10, 7, 5], rtol=1e-6)
    np.testing.assert_allclose(np.abs(directions @ turn[:, :3]), np.eye(3), atol=1e-5)


def test_sharpness_is_the_second_derivative_of_the_loss_along_its_direction():
    trunk, texts = grow(RECIPE), fixed_texts(RECIPE, 6)
    values, directions = sharpest(trunk, texts, 2, 25, np.random.default_rng(0))
    model = trunk.model()
    weights = [weight for _, weight in model.model.named_parameters()]
    parts = torch.from_numpy(directions[0].astype(np.float32)).split([weight.numel() for weight in weights])

    def slope(step):
        """Of the loss along the direction."""
        with torch.no_grad():
            for weight, part in zip(weights, parts, strict=True):
                weight += step * part.view(weight.shape)
        grads = torch.autograd.grad(mean_surprisal(model, texts[0]), weights)
        with torch.no_grad():
            for weight, part in zip(weights, parts, strict=True):
                weight -= step * part.view(weight.shape)
        return sum(float((grad.reshape(-1) * part).sum()) for grad, part in zip(grads, parts, strict=True))

    assert (slope(1e-2) - slope(-1e-2)) / 2e-2 == pytest.approx(values[0], rel=0.02)
    assert values[0] > values[1]


def test_movement_along_random_directions_is_even():
    trunk, texts = grow(RECIPE), fixed_texts(RECIPE, 6)
    table = movement(trunk, texts, n=10, k=3, iterations=8, n_random=200)
    assert list(table["lag"]) == [1, 2, 4, 8]
    np.testing.assert_allclose(table["random"], 1, rtol=0.3)


def test_a_random_walk_is_not_confined():
    table = pd.DataFrame({"seed": [0, 0, 1, 1], "lag": [1, 128] * 2, "sharp": [8, 2, 6, 2], "random": 1.0})
    assert confined(table, "random") == (1, 1, 1)
    assert confined(table, "sharp").value == pytest.approx((1 / 4 + 1 / 3) / 2)
