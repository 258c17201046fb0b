"""Derivations drawn from a grammar, with the ancestor of every word and the ends of all sub-trees."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmphys.problems.grammar.grammar import Grammar, Rule


@dataclass(frozen=True)
class _Level:
    """Rules of a level as arrays; they are numbered through the symbols.

    Attributes:
        first: (symbols,) number of the first rule of each.
        bounds: (symbols, most rules - 1) cumulative probabilities; 2 where there is no further rule.
        n_children: (rules,).
        children: (rules, most children); -1 beyond the last.
        log_probability: (rules,) nats.
    """

    first: np.ndarray
    bounds: np.ndarray
    n_children: np.ndarray
    children: np.ndarray
    log_probability: np.ndarray


class Sampler:
    """Draws derivations, level by level for all symbols at once.

    Args:
        grammar: what is drawn from.
    """

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._levels = [_arrays(symbols) for symbols in grammar.levels]

    def draw(self, rng: np.random.Generator, n: int = 1) -> "Derivations":
        """Independent derivations."""
        symbols, rules, widths = [np.zeros(n, dtype=np.int64)], [], []
        for level in self._levels:
            chances = rng.random(len(symbols[-1]))
            above = chances[:, None] >= level.bounds[symbols[-1]]
            rule = level.first[symbols[-1]] + above.sum(1)
            children = level.children[rule]
            rules.append(rule)
            widths.append(level.n_children[rule])
            symbols.append(children[children >= 0])
        return Derivations(self.grammar, tuple(symbols), tuple(rules), tuple(widths), self._levels)


@dataclass(frozen=True)
class Derivations:
    """Trees one after the other.

    Attributes:
        grammar: where they are from.
        symbols: symbols of each level from left to right; the last are the words.
        rules: rule of each symbol, numbered through all symbols of its level.
        widths: number of children of each symbol.
    """

    grammar: Grammar
    symbols: tuple[np.ndarray, ...]
    rules: tuple[np.ndarray, ...]
    widths: tuple[np.ndarray, ...]
    _levels: list[_Level]

    @property
    def words(self) -> np.ndarray:
        """(words,) of all strings."""
        return self.symbols[-1]

    @cached_property
    def spans(self) -> tuple[np.ndarray, ...]:
        """Number of words below each symbol of each level, that of the words left out."""
        found = [np.ones(len(self.words), dtype=np.int64)]
        for width in reversed(self.widths):
            found.append(np.add.reduceat(found[-1], np.cumsum(width) - width))
        return tuple(reversed(found[1:]))

    @property
    def lengths(self) -> np.ndarray:
        """(strings,) words of each."""
        return self.spans[0]

    @property
    def strings(self) -> list[np.ndarray]:
        """The words of each string."""
        return np.split(self.words, np.cumsum(self.lengths)[:-1])

    @cached_property
    def ancestors(self) -> np.ndarray:
        """(depth, words) symbol of each level above each word, the root first."""
        return np.stack([np.repeat(symbols, spans) for symbols, spans in zip(self.symbols, self.spans, strict=False)])

    @cached_property
    def ancestor_rules(self) -> np.ndarray:
        """(depth, words) rule by which each ancestor was rewritten."""
        return np.stack([np.repeat(rules, spans) for rules, spans in zip(self.rules, self.spans, strict=True)])

    @cached_property
    def boundaries(self) -> np.ndarray:
        """(depth, words) bool: whether the word is the last below its ancestor."""
        found = np.zeros((self.grammar.depth, len(self.words)), dtype=bool)
        for row, spans in zip(found, self.spans, strict=True):
            row[np.cumsum(spans) - 1] = True
        return found

    @cached_property
    def log_probability(self) -> np.ndarray:
        """(strings,) of the derivations, in nats; of the strings where none has two derivations."""
        strings = np.arange(len(self.lengths))
        found = np.zeros(len(strings))
        for level, rules, width in zip(self._levels, self.rules, self.widths, strict=True):
            np.add.at(found, strings, level.log_probability[rules])
            strings = np.repeat(strings, width)
        return found


def _arrays(symbols: tuple[tuple[Rule, ...], ...]) -> _Level:
    counts = np.array([len(rules) for rules in symbols])
    rules = [rule for options in symbols for rule in options]
    children = np.full((len(rules), max(len(rule.children) for rule in rules)), -1)
    bounds = np.full((len(symbols), int(counts.max()) - 1), 2.0)
    for row, rule in zip(children, rules, strict=True):
        row[: len(rule.children)] = rule.children
    for row, options in zip(bounds, symbols, strict=True):
        row[: len(options) - 1] = np.cumsum([rule.probability for rule in options])[:-1]
    probabilities = np.array([rule.probability for rule in rules])
    n_children = np.array([len(rule.children) for rule in rules])
    return _Level(np.cumsum(counts) - counts, bounds, n_children, children, np.log(probabilities))
