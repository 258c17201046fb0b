"""Strings that a transformer writes, from nothing or from a beginning, and whether they belong to the language."""

from collections.abc import Sequence

import numpy as np

from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.pages.grammars.reading import to_tokens
from lmphys.pages.grammars.strings import Strings
from lmphys.problems.documents import BEGIN, END, MARKS
from lmphys.problems.grammar.distance import replacements
from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.law import next_word_law
from lmphys.problems.grammar.source import corrupted
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

MOST = 40  # words after which a string is given up
_TRIES = 50

Written = Sequence[np.ndarray | None]


def write(
    model: LanguageModel, beginnings: Sequence[np.ndarray], *, temperature: float = 1.0, seed: int = 0
) -> list[np.ndarray | None]:
    """A string for each beginning, the beginning included; None where it was not ended in time, or holds a mark.

    Args:
        model: the writer.
        beginnings: words of each; an empty one is from nothing.
        temperature: of the sampling, of the whole law: no nucleus.
        seed: of all strings; each has random numbers of its own.
    """
    longest = max(map(len, beginnings))
    sampling = Sampling(temperature=temperature, top_p=1.0, max_tokens=MOST - longest + 1)
    seeds = np.random.default_rng(seed).integers(2**62, size=len(beginnings))
    requests = [Request(to_tokens(words), int(own)) for words, own in zip(beginnings, seeds, strict=True)]
    found: list[np.ndarray | None] = [None] * len(beginnings)
    for chain in ChainDecoder(model, sampling, batch_size=256).run(requests):
        tokens = chain.tokens.numpy()
        if tokens[-1] == END and not (tokens == BEGIN).any():
            found[chain.index] = np.concatenate([beginnings[chain.index], tokens[:-1] - len(MARKS)]).astype(np.int64)
    return found


def log_probabilities(grammar: Grammar, written: Written) -> np.ndarray:
    """(strings,) of each under the exact law, nats; -inf for what is no string of the language."""
    low, high = grammar.lengths
    possible = [words is not None and low <= len(words) <= high for words in written]
    found = np.full(len(written), -np.inf)
    if any(possible):
        kept = [words for words, can in zip(written, possible, strict=True) if can and words is not None]
        found[possible] = next_word_law(grammar, kept).log_probability
    return found


def are_valid(grammar: Grammar, written: Written) -> np.ndarray:
    """(strings,) whether each is a string of the language."""
    return np.isfinite(log_probabilities(grammar, written))


def percent(truths: np.ndarray, *, seed: int = 0) -> Interval:
    """Share of truths in per cent, with a 95 % interval over them."""
    return mean_interval(truths, groups=None, bounds=(0, 1), seed=seed).map(lambda share: 100 * share)


def diversity(log_p: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean surprise of the valid strings under the exact law, nats.

    It is the entropy of the language where they are drawn from it, and less where a writer prefers what is common.

    Args:
        log_p: of `log_probabilities`.
        seed: of the resampling.
    """
    valid = np.isfinite(log_p)
    if not valid.any():
        return Interval(np.nan, np.nan, np.nan)
    return mean_interval(-log_p[valid], groups=None, seed=seed)


def halves(strings: Strings) -> list[np.ndarray]:
    """The first half of each string."""
    return [words[: len(words) // 2] for words in strings.words]


def spoilt(grammar: Grammar, beginnings: Sequence[np.ndarray], *, rate: float, seed: int) -> list[np.ndarray]:
    """The beginnings with some words replaced, so that no string of the language begins so.

    A beginning that is still possible is drawn again; one that is after many tries is left out.

    Args:
        grammar: of the language.
        beginnings: words of each.
        rate: share of the words that are replaced.
        seed: of the replacements.
    """
    rng = np.random.default_rng(seed)
    found = []
    for words in beginnings:
        for _ in range(_TRIES):
            drawn = corrupted(words, rate, grammar.n_words, rng)
            if replacements(grammar, drawn)[1][-1] > 0:
                found.append(drawn)
                break
    return found


def add_no_error(grammar: Grammar, beginnings: Sequence[np.ndarray], written: Written) -> np.ndarray:
    """(strings,) whether a string needs no more replacements to be of the language than its beginning alone did.

    After a possible beginning that is to be valid; after a spoilt one, to go on as some string of the language does
    that lies as near to the beginning as any.
    """
    return np.array(
        [
            words is not None and replacements(grammar, words)[0] <= replacements(grammar, beginning)[1][-1]
            for beginning, words in zip(beginnings, written, strict=True)
        ]
    )
