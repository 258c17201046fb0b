import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lmphys.core.errors import LmphysError
from lmphys.lm.sampling import Sampling, chain_uniforms, draw, matching_uniforms


def truncated(logits, temperature, top_k, top_p):
    """Brute force: probabilities after temperature, then top-k, then top-p, in float64."""
    z = np.asarray(logits, dtype=np.float64) / temperature
    p = np.exp(z - z.max())
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    keep = order[: top_k or len(p)]
    share = np.cumsum(p[keep]) / p[keep].sum()
    if top_p < 1:
        keep = keep[: int(np.searchsorted(share, top_p)) + 1]
    out = np.zeros_like(p)
    out[keep] = p[keep] / p[keep].sum()
    return out


TRUNCATED = {
    "vocabulary": st.integers(3, 300),
    "temperature": st.floats(0.3, 3),
    "top_k": st.sampled_from([0, 1, 2, 7, 1000]),
    "top_p": st.sampled_from([0.3, 0.9, 0.999, 1.0]),
    "seed": st.integers(0, 10_000),
}


@settings(deadline=None, max_examples=40)
@given(**TRUNCATED)
def test_an_even_grid_of_uniforms_gives_the_truncated_distribution(vocabulary, temperature, top_k, top_p, seed):
    logits = torch.from_numpy(np.random.default_rng(seed).normal(0, 2, vocabulary)).float()
    n = 2000
    uniforms = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    tokens = draw(logits.expand(n, -1), uniforms, Sampling(temperature, top_p, top_k)).tokens
    frequencies = np.bincount(tokens.numpy(), minlength=vocabulary) / n
    # The inverse of a distribution function maps an even grid to each token within one grid step of its mass.
    assert np.abs(frequencies - truncated(logits, temperature, top_k, top_p)).max() <= 1.01 / n + 1e-6


def test_support_equals_that_of_the_transformers_warpers():
    from transformers import TopKLogitsWarper, TopPLogitsWarper

    logits = torch.from_numpy(np.random.default_rng(0).normal(0, 2, (1, 500))).float()
    kept = TopPLogitsWarper(0.8)(None, TopKLogitsWarper(100)(None, logits / 0.7)) > -float("inf")
    uniforms = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    tokens = draw(logits.expand(4000, -1), uniforms, Sampling(0.7, 0.8, 100)).tokens
    assert set(tokens.tolist()) == set(kept[0].nonzero()[:, 0].tolist())


def test_log_probabilities_are_those_of_the_whole_distribution():
    logits = torch.randn(5, 200, generator=torch.Generator().manual_seed(1))
    tokens, logp, logp_sampling, _ = draw(logits, torch.full((5,), 0.4), Sampling(0.5, 0.7))
    rows = torch.arange(5)
    torch.testing.assert_close(logp, logits.log_softmax(-1)[rows, tokens])
    torch.testing.assert_close(logp_sampling, (logits / 0.5).log_softmax(-1)[rows, tokens])


def test_the_entropy_is_that_of_the_whole_distribution_at_temperature_one():
    flat = torch.zeros(1, 200)
    known = torch.log(torch.tensor([[0.5, 0.25, 0.125, 0.125]]))  # 1.75 bits
    for sampling in (Sampling(0.5, 0.7), Sampling(0.0)):
        assert draw(flat, torch.rand(1), sampling).entropy.item() == pytest.approx(math.log(200), rel=1e-6)
        assert draw(known + 3, torch.rand(1), sampling).entropy.item() == pytest.approx(1.75 * math.log(2), rel=1e-6)
    impossible = torch.tensor([[0.0, -torch.inf]])  # a token that cannot be drawn adds nothing
    assert draw(impossible, torch.rand(1), Sampling()).entropy.item() == 0


def test_temperature_zero_is_greedy():
    logits = torch.randn(8, 300, generator=torch.Generator().manual_seed(2))
    tokens, logp, logp_sampling, _ = draw(logits, torch.rand(8), Sampling(0.0))
    assert torch.equal(tokens, logits.argmax(-1))
    assert torch.equal(logp, logp_sampling)


def test_a_flat_distribution_is_drawn_over_the_whole_vocabulary():
    n = 5000  # far more tokens than the first candidates
    uniforms = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    tokens = draw(torch.zeros(n, n), uniforms, Sampling(1.0, 1.0)).tokens
    assert len(set(tokens.tolist())) == n


def test_a_chains_numbers_are_its_own():
    assert torch.equal(chain_uniforms(7, 10), chain_uniforms(7, 20)[:10])
    assert not torch.equal(chain_uniforms(7, 10), chain_uniforms(8, 10))


@pytest.mark.parametrize("bad", [Sampling(-1.0), Sampling(top_p=0.0), Sampling(top_p=1.5), Sampling(max_tokens=0)])
def test_settings_without_sense_are_refused(bad):
    with pytest.raises(LmphysError):
        bad.check()


@settings(deadline=None, max_examples=40)
@given(**TRUNCATED)
def test_every_token_that_can_be_drawn_has_numbers_that_draw_it(vocabulary, temperature, top_k, top_p, seed):
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(0, 2, vocabulary)).float()
    p = truncated(logits, temperature, top_k, top_p)
    tokens = torch.from_numpy(np.flatnonzero(p > 1e-4))  # sums of probabilities have seven digits
    rows, sampling = logits.expand(len(tokens), -1), Sampling(temperature, top_p, top_k)
    old = torch.from_numpy(rng.random(len(tokens)))
    new = matching_uniforms(rows, tokens, old, sampling)
    assert torch.equal(draw(rows, new, sampling).tokens, tokens)
    # A number that draws the token is kept, unless it is close to an end of the interval.
    kept = matching_uniforms(rows, tokens, new, sampling, margin=0.01)
    torch.testing.assert_close(kept, new, atol=1e-12, rtol=0)
    assert torch.equal(matching_uniforms(rows, tokens, old, Sampling(0.0)), old)
