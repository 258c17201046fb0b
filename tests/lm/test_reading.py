"""What was written is read in one pass with the numbers that its drawing gave."""

import pytest
import torch

from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.reading import read_written
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
