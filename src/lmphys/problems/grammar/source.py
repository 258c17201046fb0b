"""Documents of a grammar: one string each, whole or with some of its words replaced."""

import hashlib

import numpy as np

from lmphys.problems.documents import BEGIN, END, MARKS, Document, first_good, stream
from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.law import Law, next_word_law
from lmphys.problems.grammar.sample import Derivations, Sampler

_TRIES = 10_000


class GrammarDocuments:
    """Strings of a grammar between marks, every word and the end a target.

    With `held_out` at zero a document is a fresh string of the exact law in both splits, and the same string may come
    in both. Otherwise a string belongs to one split by its words alone, and the law of a split is the grammar's over
    the mass of its strings, which is near 1 - `held_out` for training.

    Args:
        grammar: what strings are drawn from.
        seed: of the documents.
        split: `train` or `test`.
        held_out: share of the strings that training never sees, and of which `test` consists.
        perturbed: share of the documents with replaced words.
        rate: share of their words that are replaced by another one.

    Attributes:
        vocabulary: words of the tokens.
    """

    def __init__(
        self,
        grammar: Grammar,
        seed: int,
        split: str = "train",
        held_out: float = 0.0,
        perturbed: float = 0.0,
        rate: float = 0.15,
    ) -> None:
        self.grammar, self.seed, self.split = grammar, seed, split
        self.held_out, self.perturbed, self.rate = held_out, perturbed, rate
        letters = [chr(ord("a") + i) if grammar.n_words <= 26 else f"w{i}" for i in range(grammar.n_words)]
        self.vocabulary = (*MARKS, *letters)
        self._sampler = Sampler(grammar)

    def derivation(self, index: int) -> Derivations:
        """The derivation of a document, before any word is replaced; its word i is token i + 1."""
        return self._drawn(index)[0]

    def _drawn(self, index: int) -> tuple[Derivations, np.random.Generator]:
        rng = stream(self.seed, self.split, index)

        def belongs(found: Derivations) -> bool:
            return not self.held_out or _held_out(found.words, self.held_out) == (self.split == "test")

        told = f"strings belongs to {self.split}, at {self.held_out:g} held out; take a larger grammar"
        return first_good(lambda: self._sampler.draw(rng), belongs, told, tries=_TRIES), rng

    def document(self, index: int) -> Document:
        """Document of an index."""
        derivation, rng = self._drawn(index)
        words = derivation.words
        if self.perturbed and rng.random() < self.perturbed:
            words = corrupted(words, self.rate, self.grammar.n_words, rng)
        tokens = np.concatenate([[BEGIN], words + len(MARKS), [END]])
        return Document(tokens, np.arange(len(tokens)) > 0)

    def words(self, tokens: np.ndarray) -> np.ndarray:
        """Words of the grammar that tokens stand for, marks left out."""
        return tokens[tokens >= len(MARKS)] - len(MARKS)

    def law(self, documents: list[Document]) -> tuple[np.ndarray, Law]:
        """(targets of all documents, vocabulary) exact law of each target, and the law of the strings.

        Row by row it is what a perfect model gives at the token before, for whole documents. It is nan after words
        that no string of the grammar begins with, as in perturbed documents.
        """
        law = next_word_law(self.grammar, [self.words(document.tokens) for document in documents])
        found = np.zeros((len(law.next), len(self.vocabulary)))
        found[:, len(MARKS) :] = law.next[:, :-1]
        found[:, END] = law.next[:, -1]
        return found, law


def corrupted(words: np.ndarray, rate: float, n_words: int, rng: np.random.Generator) -> np.ndarray:
    """The words, each replaced with a probability by one of the others, all equally likely."""
    shift = rng.integers(1, n_words, len(words)) if n_words > 1 else 0
    return np.where(rng.random(len(words)) < rate, (words + shift) % n_words, words)


def _held_out(words: np.ndarray, share: float) -> bool:
    digest = hashlib.blake2b(words.astype(np.int64).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64
