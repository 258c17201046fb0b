import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.pages.boltzmann.heated import heated_token
from lmphys.thermo.contexts import Contexts


class Letters:
    def decode(self, tokens):
        return chr(97 + tokens[0])


def test_a_two_level_system_has_its_closed_form_at_every_temperature():
    """One level at 0 below g at height Δ: p = 1 / (1 + g e^(-Δ/T)), C = (Δ/T)² p (1 - p)."""
    gap, g = 2.0, 15
    logits = torch.full((1, 1 + g), -gap)
    logits[0, 3] = 0.0
    figure = heated_token(Contexts(logits, torch.tensor([3]), pd.DataFrame({"chain": [0]})), 0, Letters())
    T = np.asarray(figure.sliders[0].values)
    p = 1 / (1 + g * np.exp(-gap / T))
    bars, entropy, capacity = (figure.curves[i] for i in range(3))
    assert bars.y[:, 0] == pytest.approx(p)
    assert figure.panels[0].names[0] == "d"
    q = (1 - p) / g
    assert entropy.y[0] == pytest.approx(-p * np.log(p) - g * q * np.log(q), rel=1e-6)
    assert capacity.y[0] == pytest.approx((gap / T) ** 2 * p * (1 - p), rel=1e-5, abs=1e-9)
    assert T[figure.start[0]] == pytest.approx(1.0, abs=0.1)
    assert f"{p[figure.start[0]]:.1%}" in figure.words[figure.start]
