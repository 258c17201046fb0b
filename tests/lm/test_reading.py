"""What was written is read in one pass with the numbers that its drawing gave."""

import pytest
import torch

from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.reading import read_logits, read_written
from lmphys.lm.sampling import Sampling

PROMPTS = [(5, 9, 12, 40), (8, 3), (101, 7, 60, 61, 62, 90, 14)]


@pytest.mark.parametrize("sampling", [Sampling(0.8, 0.95, 0, 20), Sampling(0.0, 1.0, 0, 12)], ids=["drawn", "greedy"])
def test_reading_gives_what_drawing_gave(any_model, sampling):
    drawn = {c.index: c for c in ChainDecoder(any_model, sampling).run([Request(p, i) for i, p in enumerate(PROMPTS)])}
    tokens = [drawn[i].tokens for i in range(len(PROMPTS))]
    read = {c.index: c for c in read_written(any_model, PROMPTS, tokens, sampling)}
    assert read.keys() == drawn.keys()
    for i, chain in drawn.items():
        assert torch.equal(read[i].tokens, chain.tokens) and read[i].ended == chain.ended
        for name in ("logp", "logp_sampling", "entropy"):
            torch.testing.assert_close(getattr(read[i], name), getattr(chain, name), atol=1e-4, rtol=1e-4)
        for site, states in chain.states.items():
            torch.testing.assert_close(read[i].states[site], states, atol=2e-4, rtol=1e-4)


def test_logits_at_places_are_those_of_a_plain_pass(every_model):
    generator = torch.Generator().manual_seed(0)
    chains = [torch.randint(1, 100, (n,), generator=generator) for n in (6, 1, 9, 4)]
    prompts = [PROMPTS[0], PROMPTS[1], PROMPTS[0], PROMPTS[2]]
    places = [torch.tensor(p) for p in ([0, 3, 5], [0], [2, 8], [1])]
    found = dict(read_logits(every_model, prompts, chains, places))
    for i, (prompt, chain) in enumerate(zip(prompts, chains, strict=True)):
        with torch.inference_mode():
            plain = every_model.model(torch.tensor([[*prompt, *chain.tolist()]])).logits[0]
        torch.testing.assert_close(found[i], plain[len(prompt) - 1 + places[i]], atol=1e-4, rtol=1e-4)
