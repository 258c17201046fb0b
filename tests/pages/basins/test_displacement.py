"""Displaced states on tiny models: nothing moved is nothing changed, and energies by a plain pass."""

import dataclasses

import numpy as np
import pytest
import torch
from tests.conftest import tiny_model
from torch.nn.attention import SDPBackend, sdpa_kernel

from lmphys.core.errors import LmphysError
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.intervention import changed_states
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling, chain_uniforms
from lmphys.pages.basins.displacement import (
    DisplacedDecoder,
    directions,
    displace,
    displaced_energies,
    own_uniforms,
)

SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=24)
PROMPTS = ["Add 3 and 4.", "Double 7", "7 - 2 = ?"]


@pytest.fixture(scope="module")
def exact(tokenizer):
    """A Llama in float64, where a near tie between two tokens hides nothing."""
    model = tiny_model("llama", len(tokenizer)).double()
    return LanguageModel.from_parts(model, tokenizer, spec="llama")


@pytest.fixture(scope="module")
def chains(exact):
    """Requests and the tokens that they lead to."""
    requests = [Request(exact.prompt_ids(text), seed) for text in PROMPTS for seed in (3, 4)]
    decoded = sorted(ChainDecoder(exact, SAMPLING).run(requests), key=lambda chain: chain.index)
    return [(request, chain.tokens.tolist()) for request, chain in zip(requests, decoded, strict=True)]


def write_on(decoder, requests):
    """The tokens that are drawn for each request, in their order, and whether the chain ended by itself."""
    decoded = sorted(decoder.run(requests), key=lambda chain: chain.index)
    return [(chain.tokens.tolist(), chain.ended) for chain in decoded]


def half(tokens):
    return len(tokens) // 2


def cut(chains, at, seed=None):
    """Requests to write the chains on after a share of their tokens, with their own numbers or those of a seed."""
    requests = []
    for request, tokens in chains:
        given, drew = at(tokens), tuple(chain_uniforms(request.seed, SAMPLING.max_tokens).tolist())
        own = None if seed is not None else drew[given:]
        requests.append(Request((*request.prompt, *tokens[:given]), seed or 0, given, own))
    return requests


def test_with_its_own_random_numbers_a_chain_repeats_itself(exact, chains):
    for at in (half, lambda tokens: 0, lambda tokens: len(tokens) - 1):
        for batch_size in (1, 4, 8):
            written = write_on(ChainDecoder(exact, SAMPLING, batch_size=batch_size), cut(chains, at))
            for (_, tokens), (new, ended) in zip(chains, written, strict=True):
                assert tokens[: at(tokens)] + new == tokens
                assert ended == (tokens[-1] in exact.stop_ids)


def test_other_random_numbers_keep_the_beginning_and_are_reproducible(exact, chains):
    requests = cut(chains, half, seed=99)
    written = [write_on(ChainDecoder(exact, SAMPLING, batch_size=size), requests) for size in (2, 8)]
    assert written[0] == written[1]
    whole = [tokens[: half(tokens)] + new for (_, tokens), (new, _) in zip(chains, written[0], strict=True)]
    assert any(a != tokens for a, (_, tokens) in zip(whole, chains, strict=True))
    assert all(len(tokens) <= SAMPLING.max_tokens for tokens in whole)  # the limit counts what was given


@pytest.mark.parametrize("sampling", [SAMPLING, Sampling(0.8, 0.9, 7, 24), Sampling(0.0, max_tokens=24)])
def test_any_text_of_the_nucleus_can_be_drawn_again(llama, sampling):
    """In float32, by numbers found for a text that was drawn with others."""
    prompt = llama.prompt_ids("Double 7")
    (tokens, _), *_ = write_on(ChainDecoder(llama, sampling), [Request(prompt, 5)])
    uniforms = own_uniforms(llama, prompt, torch.tensor(tokens), 6, seed=77, sampling=sampling)
    request = Request((*prompt, *tokens[:6]), 0, 6, uniforms)
    assert write_on(ChainDecoder(llama, sampling), [request])[0][0] == tokens[6:]


def displaced(model, requests, norm, batch_size=8, sampling=SAMPLING, at=1):
    shifts = {request.key: norm * directions(request.given, model.width, i) for i, request in enumerate(requests)}
    return write_on(DisplacedDecoder(model, sampling, shifts, at=at, batch_size=batch_size), requests)


def test_a_small_displacement_changes_nothing_and_a_large_one_does(exact, chains):
    requests = cut(chains, half)
    plain = write_on(ChainDecoder(exact, SAMPLING), requests)
    assert displaced(exact, requests, 0.0) == plain == displaced(exact, requests, 1e-9)
    moved = displaced(exact, requests, 3.0)
    assert sum(a != b for a, b in zip(moved, plain, strict=True)) >= 2
    assert moved == displaced(exact, requests, 3.0, batch_size=2)  # whatever stands beside it


def test_versions_of_one_prompt_are_displaced_apart(exact, chains):
    first = cut(chains, half)[0]
    several = [dataclasses.replace(first, version=version) for version in range(3)]
    way = directions(first.given, exact.width, 0)
    shifts = {request.key: norm * way for request, norm in zip(several, (0.0, 3.0, 0.0), strict=True)}
    still, moved, again = write_on(DisplacedDecoder(exact, SAMPLING, shifts, at=1, batch_size=8), several)
    assert still == again == displaced(exact, [first], 0.0)[0] != moved == displaced(exact, [first], 3.0)[0]
    nothing = cut(chains, lambda tokens: 0)
    assert displaced(exact, nothing, 3.0) == write_on(ChainDecoder(exact, SAMPLING), nothing)


def test_what_is_displaced_is_what_was_given(exact, chains):
    """The first token after a displaced beginning is that of a plain pass with the same states moved."""
    request = cut(chains, half)[0]
    shift = torch.zeros(len(request.prompt), exact.width)
    shift[-request.given :] = 0.8 * directions(request.given, exact.width, 0)
    with torch.inference_mode(), changed_states(exact, 2, lambda x: displace(x, shift)):
        logits = exact.model(torch.tensor([request.prompt])).logits[0, -1]
    greedy = Sampling(temperature=0.0, max_tokens=request.given + 1)
    new, _ = displaced(exact, [request], 0.8, sampling=greedy, at=2)[0]
    assert new == [int(logits.argmax())]


def test_directions_have_norm_one_and_displacements_are_relative():
    ways = directions(7, 50, seed=1)
    torch.testing.assert_close(ways.norm(dim=-1), torch.ones(7))
    assert torch.equal(ways, directions(7, 50, seed=1)) and not torch.equal(ways, directions(7, 50, seed=2))
    states = torch.randn(2, 7, 50) * 9
    moved = displace(states, 0.25 * ways) - states
    torch.testing.assert_close(moved.norm(dim=-1), 0.25 * states.norm(dim=-1))


@pytest.mark.parametrize("at", [0, 1, 3])
def test_energies_equal_those_of_plain_passes(any_model, at):
    prompt, chain = any_model.prompt_ids("Double 7"), torch.tensor([5, 17, 60, 33, 8, 0])
    ways = torch.stack([directions(5, any_model.width, seed) for seed in (0, 1)])
    shifts = torch.cat([torch.zeros_like(ways[:1]), 0.3 * ways, -0.3 * ways])
    found = displaced_energies(any_model, prompt, chain, shifts, at=at)
    ids = torch.cat([torch.tensor(prompt), chain])[None]
    for row, shift in enumerate(shifts):
        padded = torch.zeros(ids.shape[1], any_model.width)
        padded[len(prompt) : -1] = shift
        with torch.inference_mode(), changed_states(any_model, at, lambda x, padded=padded: displace(x, padded)):
            logp = any_model.model(ids).logits[0].log_softmax(-1)
        own = logp[len(prompt) - 1 : -1].gather(1, chain[:, None])
        assert found[row] == pytest.approx(-float(own.mean()), rel=2e-4)
    assert len(np.unique(found.round(6))) > 3  # the displacements are felt


def test_the_second_difference_is_the_second_derivative(exact):
    """Along a direction, against differentiation by torch."""
    prompt, chain = exact.prompt_ids("Add 3 and 4."), torch.tensor([5, 17, 60, 33])
    way = directions(3, exact.width, 0)
    text = torch.cat([torch.tensor(prompt), chain])[None]
    embedded = exact.model.get_input_embeddings()(text).detach()

    def energy(step):
        own = embedded[:, len(prompt) : -1]
        moved = own + step * own.norm(dim=-1, keepdim=True) * way.double()
        x = torch.cat([embedded[:, : len(prompt)], moved, embedded[:, -1:]], dim=1)
        logp = exact.model(inputs_embeds=x).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        return -logp.gather(1, chain[:, None]).mean()

    s = torch.zeros((), dtype=torch.float64, requires_grad=True)
    with sdpa_kernel(SDPBackend.MATH):  # the other kernels have no second derivative
        slope = torch.autograd.grad(energy(s), s, create_graph=True)[0]
        exact_curvature = float(torch.autograd.grad(slope, s)[0])
    step = 0.01  # the norms of this architecture are float32 even here
    plain, up, down = displaced_energies(exact, prompt, chain, torch.stack([0 * way, step * way, -step * way]))
    assert (up + down - 2 * plain) / step**2 == pytest.approx(exact_curvature, rel=0.01)


def test_what_cannot_be_displaced_is_said(tokenizer, exact):
    mamba = LanguageModel.from_parts(tiny_model("mamba", len(tokenizer)), tokenizer, spec="mamba")
    with pytest.raises(LmphysError, match="keeps no keys"):
        DisplacedDecoder(mamba, SAMPLING, {}, at=1, batch_size=1)
    with pytest.raises(LmphysError, match="all but the last"):
        displaced_energies(exact, [1, 2], torch.tensor([3, 4]), torch.zeros(1, 2, exact.width))
    half_precision = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)).bfloat16(), tokenizer)
    with pytest.raises(LmphysError, match="float32"):
        displaced_energies(half_precision, [1, 2], torch.tensor([3, 4]), torch.zeros(1, 1, exact.width))
