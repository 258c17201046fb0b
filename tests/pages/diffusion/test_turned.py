import numpy as np
import pytest

from lmphys.generative import Diffusion
from lmphys.pages.diffusion import turned

RNG = np.random.default_rng(0)
DATA = np.stack([3 + 2 * RNG.standard_normal(900), -1 + 0.5 * RNG.standard_normal(900)], axis=1)


@pytest.fixture(scope="module")
def model():
    return Diffusion(n_steps=8, updates=30).fit(DATA)


def test_the_chain_ends_where_sample_does_and_begins_in_noise(model):
    path = turned.reverse_path(model, 300, seed=4)
    assert path[0] == pytest.approx(model.sample(300, seed=4))
    assert (path[8] - model.center_).std(axis=0) == pytest.approx(model.scale_, rel=0.15)


def test_noise_keeps_what_it_says(model):
    views = turned.forward_views(model, DATA, seed=1)
    assert views[0] == pytest.approx(DATA)
    kept = np.sqrt(float(model.noise_.kept[4]))
    for i in range(2):
        assert np.corrcoef(views[4][:, i], DATA[:, i])[0, 1] == pytest.approx(kept, abs=0.06)


def test_the_energy_distance_is_that_of_shifted_points():
    x = RNG.standard_normal((800, 1))
    assert turned.energy_distance(x, x) == pytest.approx(0, abs=1e-12)
    # 2 E|X - Y| - ... of N(0, 1) and N(a, 1): 4 (a Φ(a/√2) + √2 φ(a/√2)) - 2a - 4/√π, worked out for a = 1.
    from scipy.stats import norm

    a = 1.0
    exact = 2 * (2 * norm.pdf(a / 2**0.5) * 2**0.5 + a * (2 * norm.cdf(a / 2**0.5) - 1)) - 4 / np.pi**0.5
    assert turned.energy_distance(x, a + RNG.standard_normal((800, 1))) == pytest.approx(exact, rel=0.15)


def test_each_position_shows_both_clouds_at_one_noise(model):
    figure = turned.spiral(model, DATA, seed=2)
    assert list(figure.sliders[0].values) == [8, 6, 4, 2, 0]
    forward, backward = figure.curves
    assert forward.at("x", (4,)) == pytest.approx(DATA[:160, 0])
    assert backward.at("y", (4,)) == pytest.approx(turned.reverse_path(model, 400, 2)[0][:160, 1])
    assert figure.words[1].startswith("2 of 8 steps")
