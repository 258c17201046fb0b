"""Documents of a grammar, and what is kept from training."""

import numpy as np
import pytest
from tests.problems.grammar.brute import strings

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END
from lmphys.problems.grammar.construction import CONSTRUCTIONS, random_grammar
from lmphys.problems.grammar.held_out import hold_out_rules, hold_out_subtrees
from lmphys.problems.grammar.law import next_word_law
from lmphys.problems.grammar.sample import Sampler
from lmphys.problems.grammar.source import GrammarDocuments, corrupted


def test_a_document_is_its_string_between_marks(ambiguous):
    source = GrammarDocuments(ambiguous, seed=4)
    for index in range(20):
        tokens, mask = source.document(index)
        assert tokens[0] == BEGIN and tokens[-1] == END and mask.tolist() == [False] + [True] * (len(tokens) - 1)
        np.testing.assert_array_equal(source.words(tokens), source.derivation(index).words)
        np.testing.assert_array_equal(tokens, GrammarDocuments(ambiguous, seed=4).document(index).tokens)
    other = GrammarDocuments(ambiguous, seed=4, split="test")
    assert any(source.document(i).tokens.tolist() != other.document(i).tokens.tolist() for i in range(20))


def test_held_out_strings_are_of_one_split_each(ambiguous):
    seen = {
        split: {
            tuple(GrammarDocuments(ambiguous, 0, split, held_out=0.3).derivation(i).words.tolist()) for i in range(300)
        }
        for split in ("train", "test")
    }
    assert not seen["train"] & seen["test"]
    assert len(seen["train"] | seen["test"]) > 0.9 * len([p for p in strings(ambiguous).values() if p > 0.01])


def test_the_law_of_documents_stands_at_their_targets(ambiguous):
    source = GrammarDocuments(ambiguous, seed=1)
    documents = [source.document(i) for i in range(30)]
    rows, law = source.law(documents)
    targets = np.concatenate([tokens[mask] for tokens, mask in documents])
    loss = -np.log(rows[np.arange(len(rows)), targets]).sum()
    assert loss == pytest.approx(-law.log_probability.sum())
    assert (rows[:, BEGIN] == 0).all()


def test_words_are_replaced_at_their_rate_and_always_by_others():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 4, 40_000)
    changed = corrupted(words, 0.15, 4, rng)
    assert (changed != words).mean() == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / 40_000))
    shift = (changed - words) % 4
    assert np.bincount(shift[shift > 0])[1:] / (shift > 0).sum() == pytest.approx([1 / 3] * 3, abs=0.03)


def test_a_share_of_documents_is_perturbed():
    grammar = random_grammar(CONSTRUCTIONS["cfg3b"], 0).below(2)
    source = GrammarDocuments(grammar, 0, perturbed=0.25, rate=0.3)
    changed = [(source.words(source.document(i).tokens) != source.derivation(i).words).any() for i in range(800)]
    assert np.mean(changed) == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 800))


def test_held_out_subtrees_occur_in_no_training_string():
    grammar = random_grammar(CONSTRUCTIONS["cfg3b"], 0).below(2)
    kept = hold_out_subtrees(grammar, 3, 0.2, seed=0)
    yields = {(symbol, kept.whole.levels[3][symbol][rule].children) for symbol, rule in kept.rules}
    assert {symbol for symbol, _ in yields} == {0, 1, 2}

    def found(derivations):
        """(symbol, words) of every sub-tree."""
        parts = np.split(derivations.words, np.cumsum(derivations.spans[3])[:-1])
        return [(int(s), tuple(w.tolist())) for s, w in zip(derivations.symbols[3], parts, strict=True)]

    training = Sampler(kept.training).draw(np.random.default_rng(0), 400)
    assert not set(found(training)) & yields
    assert np.isfinite(next_word_law(kept.training, training.strings[:50]).log_probability).all()
    whole = Sampler(kept.whole).draw(np.random.default_rng(0), 400)
    marked = np.repeat([subtree in yields for subtree in found(whole)], whole.spans[3])
    np.testing.assert_array_equal(kept.marks(whole), marked)
    # Whoever has a marked word is impossible for the training grammar, as strings have one derivation each.
    possible = np.isfinite(next_word_law(kept.training, whole.strings).log_probability)
    lost = np.array([part.any() for part in np.split(marked, np.cumsum(whole.lengths)[:-1])])
    np.testing.assert_array_equal(possible, ~lost)


def test_a_held_out_rule_is_seen_in_no_training_string(plain):
    kept = hold_out_rules(plain, 1, [(0, 1)])
    assert not any(words[i : i + 3] == (1, 1, 0) for words in strings(kept.training) for i in range(len(words)))
    assert kept.whole is plain


def test_splits_and_levels_that_are_not_are_refused(plain):
    with pytest.raises(LmphysError, match="unknown split 'valid'; there are train and test"):
        GrammarDocuments(plain, 0, "valid").document(0)
    with pytest.raises(LmphysError, match="there is no document -1; count them from 0"):
        GrammarDocuments(plain, 0).document(-1)
    with pytest.raises(LmphysError, match="of 10000 strings belongs to test"):
        GrammarDocuments(plain, 0, "test", held_out=1e-9).document(0)
    with pytest.raises(LmphysError, match="take 1 to 0"):
        hold_out_subtrees(plain, 1, 0.5, 0)
