import itertools

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.markov import MarkovChain


def test_documents_follow_the_transitions_and_nothing_but_seed_and_number():
    chain = MarkovChain(3, n_words=3, length=400)
    texts = [chain.document(index)[0] for index in range(200)]
    assert all(text[0] == 0 and text[-1] == 1 and len(text) == 402 for text in texts)
    counts = np.zeros((3, 3))
    for text in texts:
        np.add.at(counts, (text[1:-2] - 2, text[2:-1] - 2), 1)
    found = counts / counts.sum(1, keepdims=True)
    error = np.sqrt(chain.transitions * (1 - chain.transitions) / counts.sum(1, keepdims=True))
    assert (np.abs(found - chain.transitions) < 5 * error + 1e-9).all()
    again = MarkovChain(3, n_words=3, length=400)
    assert np.array_equal(again.document(7)[0], texts[7])
    assert not np.array_equal(MarkovChain(4, n_words=3, length=400).document(7)[0], texts[7])
    assert np.array_equal(MarkovChain(4, n_words=3).transitions, chain.transitions)
    assert not np.array_equal(MarkovChain(3, n_words=3, law=1).transitions, chain.transitions)


def test_the_start_is_stationary_and_the_entropy_that_of_all_strings():
    chain = MarkovChain(0, n_words=3, length=5)
    assert chain.start @ chain.transitions == pytest.approx(chain.start)
    total = 0.0
    for string in np.ndindex(3, 3, 3, 3, 3):
        p = chain.start[string[0]] * np.prod([chain.transitions[a, b] for a, b in itertools.pairwise(string)])
        total -= p * np.log(p) if p else 0.0
    assert chain.entropy == pytest.approx(total / 6)


def test_an_impossible_chain_is_named():
    with pytest.raises(LmphysError, match="is no world; it needs 2 words or more"):
        MarkovChain(0, n_words=1)
