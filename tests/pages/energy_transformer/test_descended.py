import numpy as np
import pytest

from lmphys.pages.energy_transformer.asked import Told
from lmphys.pages.energy_transformer.descended import descent

# Three positions, two models, two windows, three characters.
EACH = np.arange(36, dtype=float)[::-1].reshape(3, 2, 2, 3) / 10


def test_each_step_has_its_losses_its_perplexity_and_its_energy():
    figure = descent(Told(EACH, -EACH, EACH), "a b", 1, 1, np.full((2, 2), np.log(7.0)))
    bars, falling, plain, here, energy, mean = figure.curves
    assert figure.start == (1,) and figure.panels[0].names == ("a", "␣", "b")
    assert bars.at("y", (2,)) == pytest.approx(EACH[2, 0, 1])
    assert falling.y[0] == pytest.approx(np.exp(EACH.mean(axis=(1, 2, 3))))
    assert here.at("y", (2,)) == pytest.approx([falling.y[0, 2]]) and plain.y[0] == pytest.approx([7, 7, 7])
    assert mean.at("y", (1,)) == pytest.approx([-EACH[1].mean()]) and energy.y.shape == (1, 3)
    # All losses fall by 1.2 nats a step.
    assert "nearer at 3 of 3 characters and farther at 0" in figure.words[1] and "training" in figure.words[1]
