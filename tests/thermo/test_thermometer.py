import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.thermo.ensemble import thermodynamics
from lmphys.thermo.thermogram import BETAS, ONE, Thermogram, nucleus_means, thermogram_of
from lmphys.thermo.thermometer import effective_temperature


def drawn(temperature, n=4000, vocabulary=300, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 2.5 * torch.randn(n, vocabulary, generator=generator)
    logits[:, 0] += 6
    tokens = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]
    return logits, tokens


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7])
def test_it_is_the_best_of_a_fine_grid(temperature):
    logits, tokens = drawn(temperature, n=200)
    grid = np.arange(temperature - 0.3, temperature + 0.3, 1e-3)
    likelihood = [float((logits.double() / t).log_softmax(-1).gather(-1, tokens[:, None]).sum()) for t in grid]
    found = effective_temperature(logits, tokens)
    assert pytest.approx(grid[int(np.argmax(likelihood))], abs=6e-4) == found.T
    assert found.nll == pytest.approx(-max(likelihood) / 200, abs=1e-6)
    second = np.diff(likelihood, 2)[int(np.argmax(likelihood)) - 1] / 1e-6  # the bend of the likelihood in T
    assert (found.high - found.low) / 2 == pytest.approx(1.96 / np.sqrt(-second), rel=0.05)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7])
def test_a_known_temperature_lies_inside_its_interval_as_often_as_it_says(temperature):
    inside = 0
    for seed in range(30):
        found = effective_temperature(*drawn(temperature, n=100, seed=seed))
        inside += found.low <= temperature <= found.high
    assert inside >= 26  # 95 % of 30; fewer come about once in 60


def test_the_ends_of_the_scale():
    logits = torch.tensor([[3.0, 1.0, 0.0]]).repeat(5, 1)
    assert effective_temperature(logits, torch.zeros(5, dtype=torch.long)).T == 0
    hot = effective_temperature(logits, torch.full((5,), 2))
    assert np.isinf(hot.T)
    assert hot.nll == pytest.approx(np.log(3))
    with pytest.raises(LmphysError, match="disagree"):
        effective_temperature(logits, torch.zeros(4, dtype=torch.long))
    ruled_out = logits.clone()
    ruled_out[:, 2] = -np.inf
    with pytest.raises(LmphysError, match="probability 0"):
        effective_temperature(ruled_out, torch.full((5,), 2))
    with pytest.raises(LmphysError, match="probability 0"):
        thermogram_of(ruled_out, torch.full((5,), 2))


def test_rungs_are_the_functions_of_state():
    logits, tokens = drawn(1.0, n=40)
    read = thermogram_of(logits, tokens)
    state = thermodynamics(-(logits - logits.amax(-1, keepdim=True)), 1 / BETAS)
    assert BETAS[ONE] == 1
    np.testing.assert_allclose(read.log_Z, state.log_Z.T, atol=2e-5)
    np.testing.assert_allclose(read.mean, -state.U.T, atol=2e-4)
    np.testing.assert_allclose(read.variance, (state.C * state.T**2).T, atol=2e-3)
    exact = -logits.log_softmax(-1).gather(-1, tokens[:, None])[:, 0]
    np.testing.assert_allclose(read.surprisal, exact, atol=1e-4)


@pytest.mark.parametrize("temperature", [0.55, 0.7, 1.3, 2.2])
def test_the_ladder_gives_the_exact_temperature(temperature):
    logits, tokens = drawn(temperature, n=500)
    read = thermogram_of(logits, tokens).summed(np.zeros(500, int), 1)
    assert read.temperature()[0] == pytest.approx(effective_temperature(logits, tokens).T, rel=1e-4)


def test_between_the_rungs_derivatives_belong_together():
    logits, tokens = drawn(1.0, n=8)
    read = thermogram_of(logits, tokens)
    beta = np.linspace(0.4, 2.3, 8)
    step = 1e-5
    up, down = read.at(beta + step), read.at(beta - step)
    np.testing.assert_allclose((up[0] - down[0]) / (2 * step), read.at(beta)[1], atol=1e-5)
    np.testing.assert_allclose((up[1] - down[1]) / (2 * step), read.at(beta)[2], atol=1e-4)


def test_sums_are_sums_and_off_the_ladder_is_its_end():
    logits, tokens = drawn(1.0, n=30)
    read = thermogram_of(logits, tokens)
    halves = read.summed(np.arange(30) % 2, 2)
    whole = halves.weighted(np.ones((1, 2)))
    assert whole.n_tokens[0] == 30
    np.testing.assert_allclose(whole.log_Z[0], read.log_Z.sum(axis=0))
    again = Thermogram.concatenate([read.rows(np.arange(12)), read.rows(np.arange(12, 30))])
    np.testing.assert_allclose(again.mean, read.mean)
    greedy = thermogram_of(logits, logits.argmax(-1)).summed(np.zeros(30, int), 1)
    assert greedy.beta()[0] == pytest.approx(BETAS[-1])
    with pytest.raises(LmphysError, match="no text"):
        Thermogram.concatenate([])


def test_a_nucleus_is_seen_where_its_mean_says():
    logits, _ = drawn(1.0, n=3000, seed=3)
    p = logits.double().softmax(-1)
    ordered, order = p.sort(dim=-1, descending=True)
    kept = torch.where(ordered.cumsum(-1) - ordered < 0.9, ordered, 0.0)
    tokens = order.gather(-1, torch.multinomial(kept, 1, generator=torch.Generator().manual_seed(1)))[:, 0]
    read = thermogram_of(logits, tokens)
    assert np.mean(read.taken) == pytest.approx(nucleus_means(logits, 1.0, 0.9).mean(), abs=0.06)
    whole = read.summed(np.zeros(3000, int), 1)
    expected = whole.temperature(nucleus_means(logits, 1.0, 0.9).sum(keepdims=True))
    assert expected[0] < 0.9  # far from 1, at which they were drawn
    assert whole.temperature()[0] == pytest.approx(expected[0], abs=0.03)
    np.testing.assert_allclose(nucleus_means(logits[:5], 1.0, 1.0), read.rows(np.arange(5)).mean[:, ONE], atol=1e-4)
