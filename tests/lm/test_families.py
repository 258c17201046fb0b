"""Every family that readers bring: states, greedy texts, resumed builds and steering, beside plain `transformers`."""

import functools

import pytest
import torch
from tests.lm.families import FAMILIES, family_model

from lmphys.core.errors import LmphysError
from lmphys.lm.anatomy import no_cache
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.intervention import changed_states
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_chains
from lmphys.lm.sampling import Sampling

# Longer than the windows of the tiny models, and of unequal lengths.
TEXTS = (
    "Is every cat an animal? Think about it step by step: yes, so the answer is Yes. And 3 and 4?",
    "Add 3 and 4.",
    "Double 7",
)
N_WRITTEN = 12


@pytest.fixture(scope="session")
def read_family(tokenizer):
    """Maker of one LanguageModel a family; its chains end at no token."""

    @functools.cache
    def make(name):
        model = LanguageModel.from_parts(family_model(name, len(tokenizer)), tokenizer, spec=name)
        model.stop_ids = torch.tensor([], dtype=torch.long)
        return model

    return make


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if family.slow else [])
        for name, family in FAMILIES.items()
        if not family.refused
    ],
)
def family(request, read_family):
    return read_family(request.param)


@pytest.fixture(scope="session")
def requests(tokenizer):
    return [Request(tuple(tokenizer(text)["input_ids"]), seed) for seed, text in enumerate(TEXTS)]


def drawn(model, requests, temperature, layer=-1):
    decoder = ChainDecoder(model, Sampling(temperature, 1.0, 0, N_WRITTEN), layer=layer, batch_size=2)
    return sorted(decoder.run(requests), key=lambda chain: chain.index)


def relative(states, right):
    return float(((states - right).norm(dim=-1) / right.norm(dim=-1).clamp(min=1e-3)).max())


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_states_are_those_that_the_model_tells(family, requests, layer):
    first = FAMILIES[family.spec].first
    chains = drawn(family, requests, 1.0, layer)
    read = dict(read_chains(family, [r.prompt for r in requests], [c.tokens for c in chains], layer=layer))
    for request, chain in zip(requests, chains, strict=True):
        ids = torch.tensor([[*request.prompt, *chain.tokens.tolist()]])
        with torch.inference_mode():
            told = family.model(ids, output_hidden_states=True, **no_cache(family.model)).hidden_states
        own = slice(len(request.prompt), None)
        for states in (chain.states, read[chain.index]):
            assert relative(states["final_norm"], told[-1][0, own]) < 5e-5
            if layer >= first:
                assert relative(states["resid_post"], told[layer - first][0, own]) < 5e-5


def test_the_likeliest_text_is_that_of_generate(family, requests):
    settings = {"max_new_tokens": N_WRITTEN, "min_new_tokens": N_WRITTEN, "do_sample": False}
    family.model.generation_config.eos_token_id = None
    for request, chain in zip(requests, drawn(family, requests, 0.0), strict=True):
        right = family.model.generate(torch.tensor([request.prompt]), **settings)[0, len(request.prompt) :]
        assert torch.equal(chain.tokens, right)


def test_a_build_that_goes_on_writes_what_it_would_have_written(family, requests):
    whole, rest = drawn(family, requests, 1.0), drawn(family, requests[1:], 1.0)
    for chain, again in zip(whole[1:], rest, strict=True):
        assert torch.equal(chain.tokens, again.tokens)
        torch.testing.assert_close(chain.states["final_norm"], again.states["final_norm"], atol=1e-4, rtol=1e-4)


def test_steering_adds_to_the_state_of_every_token(family, requests):
    push = torch.randn(family.width, generator=torch.Generator().manual_seed(0))
    prompt = requests[0].prompt

    def pushed(module, args, output):
        return (output[0] + push, *output[1:]) if isinstance(output, tuple) else output + push

    hook = family.blocks[1].register_forward_hook(pushed)
    with torch.inference_mode():
        right = family.model(torch.tensor([prompt]), **no_cache(family.model)).logits[0, -1]
        hook.remove()
        plain = family.read([prompt])[0]
        with changed_states(family, 2, lambda states: states + push):
            steered = family.read([prompt])[0]
    torch.testing.assert_close(steered, right, atol=1e-4, rtol=1e-4)
    assert (steered - plain).abs().max() > 0.1


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.refused])
def test_what_cannot_be_read_is_refused_in_one_line(name, read_family):
    with pytest.raises(LmphysError) as caught:
        read_family(name)
    assert FAMILIES[name].refused in str(caught.value) and "\n" not in str(caught.value)
