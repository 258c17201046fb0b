import numpy as np
import pytest

from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny import TinyConfig, word_tokenizer
from lmphys.problems.documents import MARKS
from lmphys.problems.grammar.grammar import Grammar, Rule
from lmphys.training.tiny.learner import fresh

VOCABULARY = (*MARKS, "a", "b", "c")


@pytest.fixture
def grammar():
    """Three levels; some strings have several derivations, and probabilities differ."""
    return Grammar(
        (
            ((Rule((0, 1), 0.7), Rule((1, 0, 1), 0.3)),),
            ((Rule((0,), 0.25), Rule((0, 1), 0.75)), (Rule((1, 0), 0.5), Rule((1, 1), 0.4), Rule((0, 0), 0.1))),
            ((Rule((0, 1), 0.5), Rule((2,), 0.5)), (Rule((1,), 0.2), Rule((0, 1), 0.2), Rule((2, 2), 0.6))),
        ),
        3,
    )


@pytest.fixture
def model():
    """Random weights over the words a, b, c."""
    config = TinyConfig(vocab_size=5, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, bos_token_id=0,
                        eos_token_id=1, initializer_range=0.3, max_position_embeddings=64)  # fmt: skip
    return LanguageModel.from_parts(fresh(config, 0), word_tokenizer(VOCABULARY, bos="<s>", eos="</s>"), spec="toy")


def slipping(strings, epsilon):
    """Log-probabilities of a law that gives a part of every word's chance away and is exact otherwise."""
    with np.errstate(divide="ignore"):
        return np.log((1 - epsilon) * strings.law.next)
