"""What random weights must show."""

import numpy as np
import pytest

from lmphys.pages.conservation.initial import describe_head, random_surprisal


@pytest.mark.parametrize("s", [0.48, 1.0])
def test_random_logits_are_as_predicted(s):
    """A random linear head on states of length sqrt(D): many heads, one token each."""
    rng = np.random.default_rng(0)
    n, d = 2_000, 64
    head = s / np.sqrt(d) * rng.standard_normal((n, d))
    states = rng.standard_normal((4_000, d))
    states *= np.sqrt(d) / np.linalg.norm(states, axis=1, keepdims=True)
    logits = states @ head.T
    tokens = rng.integers(n, size=len(logits))
    surprisal = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), tokens]
    expected = random_surprisal(n, s)
    assert surprisal.mean() == pytest.approx(expected.mean, abs=0.03)
    assert surprisal.std() == pytest.approx(expected.sd, rel=0.03)


def test_the_predicted_numbers_of_a_large_vocabulary():
    """ln 50257 + s²/2 ± s with s = 0.02 sqrt(768)."""
    found = random_surprisal(50_257, 0.02 * np.sqrt(768))
    assert found.mean == pytest.approx(10.825 + 0.1536, abs=1e-3)
    assert found.sd == pytest.approx(0.5543, abs=1e-3)


def test_the_head_is_the_configured_one(llama, tokenizer):
    head = describe_head(llama)
    assert (head.n_tokens, head.width, head.initial_sd) == (len(tokenizer), 48, 0.2)
    assert head.tied == llama.model.config.tie_word_embeddings
    assert head.logit_sd == pytest.approx(0.2 * np.sqrt(48))
