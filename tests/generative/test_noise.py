"""Noise and the chain back: closed forms, sums over all paths, and quadrature."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import norm

from lmphys.core.errors import LmphysError
from lmphys.generative import BinaryNoise, GaussianNoise


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def all_bits(d):
    return torch.tensor(list(product((0.0, 1.0), repeat=d)), dtype=torch.float64)


def leaning(x, t):
    """A denoiser of bits that is wrong, and depends on all bits and on the step."""
    return 0.1 + 0.6 * x.mean(-1, keepdim=True).expand_as(x) + 0.05 * t[..., None]


def exact_normal(mean, variance, noise):
    """The denoiser of normal data."""

    def denoiser(x, t):
        kept = noise.kept[t][..., None].to(x.dtype)
        gain = kept.sqrt() * variance / (kept * variance + 1 - kept)
        return mean + gain * (x - kept.sqrt() * mean), (variance * (1 - gain * kept.sqrt())).expand_as(x)

    return denoiser


@pytest.mark.parametrize("last", ["learned", "set"])
def test_bits_by_the_sum_over_all_paths(last):
    """Three steps, two bits: likelihood, work and bound by enumeration of every forward path."""
    noise, states = BinaryNoise(3, 0.3, last), all_bits(2)
    if last == "set":
        # Detailed balance turns the first step round; that costs nothing where the noise has the mean of the data.
        t = torch.ones(len(states), dtype=torch.long)
        expected = noise.mean / 3 + states * 2 / 3
        assert torch.allclose(noise.reverse_law(states, t, leaning(states, t)), expected)
    for x0 in states:
        p, mean_work, jensen = 0.0, 0.0, 0.0
        for path in product(states, repeat=3):
            log_q = log_p = 0.0
            for t, (before, x) in enumerate(zip((x0, *path), path, strict=False), start=1):
                log_q += float(noise.log_forward(x[None], before[None], t))
                log_p += float(noise.log_reverse(before[None], x[None], t, leaning))
            log_p += float(noise.log_end(path[-1][None]))
            p += math.exp(log_p)
            mean_work += math.exp(log_q) * (log_q - log_p) if log_q > -math.inf else 0.0
            jensen += math.exp(log_q)
        assert jensen == pytest.approx(1)
        many = x0.expand(20_000, -1)
        work = noise.work(leaning, many, generator())
        assert float(work.mean()) == pytest.approx(mean_work, abs=5 * float(work.std()) / 141)
        assert float((-work).exp().mean()) == pytest.approx(p, rel=0.07)
        bound = noise.bound(leaning, many, generator(1))
        assert float(bound.mean()) == pytest.approx(-mean_work, abs=5 * float(bound.std()) / 141 + 1e-9)
        assert -mean_work < math.log(p)


def test_samples_of_bits_have_the_law_of_the_chain():
    noise, states = BinaryNoise(3, 0.3), all_bits(2)
    law = noise.log_end(states).exp()
    for t in (3, 2, 1):
        steps = torch.full((4,), t)
        back = noise.reverse_law(states, steps, leaning(states, steps))
        law = law @ torch.stack([(x * back + (1 - x) * (1 - back)).prod(-1) for x in states], dim=1)
    drawn = noise.sample(leaning, 40_000, 2, generator())
    counts = torch.stack([(drawn == x).all(-1).double().mean() for x in states])
    assert counts.numpy() == pytest.approx(law.numpy(), abs=0.012)


def test_bits_that_are_single_are_known_exactly_in_however_few_steps():
    """One bit has no neighbours, so that the best chain bit by bit is exact: no work is dissipated on average."""
    a, x0 = 0.15, torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    for n_steps in (1, 2, 7):
        noise = BinaryNoise(n_steps, 0.4)

        def denoiser(x, t, noise=noise):
            kept = noise.kept[t][..., None]
            ones, zeros = (noise._active(torch.tensor(b), kept) for b in (1.0, 0.0))
            one, zero = (torch.where(x > 0.5, p, 1 - p) for p in (ones, zeros))
            return a * one / (a * one + (1 - a) * zero)

        n = 20_000
        bounds = noise.bound(denoiser, x0.repeat(n, 1), generator()).reshape(n, 2).mean(0)
        assert (bounds @ torch.tensor([1 - a, a], dtype=torch.float64)).item() == pytest.approx(
            a * math.log(a) + (1 - a) * math.log(1 - a), abs=0.02
        )


@pytest.mark.parametrize("n_steps", [5, 40])
def test_normal_data_have_no_dissipation_but_at_the_end(n_steps):
    """The exact reverse step of normal data is normal, so that K is their density, up to π."""
    noise = GaussianNoise(n_steps, first=0.05, final=200)
    x0 = torch.tensor([[-0.4], [0.1], [1.3]], dtype=torch.float64).repeat(4000, 1)
    denoiser = exact_normal(0.2, 0.6, noise)
    kept = float(noise.kept[-1])
    # What the end costs: the law of x_T is N(√kept 0.2, kept 0.6 + 1 - kept) and not N(0, 1).
    variance = kept * 0.6 + 1 - kept
    end = 0.5 * (variance + kept * 0.04 - 1 - math.log(variance))
    rng = np.random.default_rng(0)
    data = torch.from_numpy(rng.normal(0.2, math.sqrt(0.6), (20_000, 1)))
    found = noise.bound(denoiser, data, generator())
    entropy = 0.5 * math.log(2 * math.pi * math.e * 0.6)
    assert float(found.mean()) == pytest.approx(-entropy - end, abs=5 * float(found.std()) / math.sqrt(20_000))
    work = noise.work(denoiser, x0, generator()).reshape(-1, 3)
    density = norm.pdf(x0[:3, 0], 0.2, math.sqrt(0.6))
    assert (-work).exp().mean(0).numpy() == pytest.approx(density, rel=0.15)


def test_the_bound_is_the_mean_work_for_a_bad_chain_too():
    noise = GaussianNoise(6, first=0.1, final=50)

    def bad(x, t):
        return 0.3 * x + 0.2, torch.full_like(x, 0.8)

    x0 = torch.tensor([[0.5, -1.0]], dtype=torch.float64).repeat(30_000, 1)
    bound, work = noise.bound(bad, x0, generator()), noise.work(bad, x0, generator(1))
    error = float((bound.var() + work.var()).sqrt()) / math.sqrt(30_000)
    assert float(bound.mean()) == pytest.approx(-float(work.mean()), abs=5 * error)


def test_samples_of_the_exact_chain_are_the_data_and_a_pull_moves_them():
    noise = GaussianNoise(200, first=1e-3, final=1e3)
    denoiser = exact_normal(0.2, 0.6, noise)
    drawn = noise.sample(denoiser, 20_000, 1, generator()).numpy()
    assert (drawn.mean(), drawn.var()) == pytest.approx((0.2, 0.6), abs=0.03)

    # The law times r(x) = exp(x) seen through the noise: E[exp(x_0) | x_t], whose log slope is that of E[x_0 | x_t].
    def pull(x, t):
        kept = noise.kept[t][..., None]
        return (kept.sqrt() * 0.6 / (kept * 0.6 + 1 - kept)).expand_as(x)

    moved = noise.sample(denoiser, 20_000, 1, generator(), pull).numpy()
    assert (moved.mean(), moved.var()) == pytest.approx((0.8, 0.6), abs=0.04)


def test_what_cannot_be_is_refused():
    with pytest.raises(LmphysError, match="0 steps are no diffusion; take 1 or more"):
        BinaryNoise(0)
    with pytest.raises(LmphysError, match="mean activity of 1; it must lie between 0 and 1"):
        BinaryNoise(4, 1.0)
    with pytest.raises(LmphysError, match="the last step is 'lost'; use learned or set"):
        GaussianNoise(4, last="lost")
    with pytest.raises(LmphysError, match="it must rise"):
        GaussianNoise(4, first=2.0, final=1.0)
    with pytest.raises(LmphysError, match="bits have no gradient"):
        BinaryNoise(4).sample(leaning, 3, 2, generator(), pull=leaning)
