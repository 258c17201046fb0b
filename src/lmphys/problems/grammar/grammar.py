"""Layered context-free grammars: a symbol of a level is rewritten by symbols of the next, at last by words.

The construction of Allen-Zhu & Li, "Physics of Language Models: Part 1" (2305.13673), with free probabilities of the
rules, so that removing a rule, or withholding a sub-tree, gives a grammar again, with an exact law of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np

from lmphys.core.errors import LmphysError

MAX_FLAT_RULES = 100_000


@dataclass(frozen=True)
class Rule:
    """A way to rewrite a symbol.

    Attributes:
        children: symbols of the next level.
        probability: of this rule among those of its symbol.
    """

    children: tuple[int, ...]
    probability: float


@dataclass(frozen=True)
class Grammar:
    """Rules by level and symbol; level 0 holds the root alone.

    Attributes:
        levels: `levels[depth][symbol]` are the rules of a symbol.
        n_words: number of words, the symbols below the last level.

    Raises:
        LmphysError: not one root, a symbol without rules or not of the next level, probabilities that do not add up to
            one, or a symbol that no derivation reaches.
    """

    levels: tuple[tuple[tuple[Rule, ...], ...], ...]
    n_words: int

    def __post_init__(self) -> None:
        if not self.levels or len(self.levels[0]) != 1:
            raise LmphysError("a grammar starts with one root; give level 0 exactly one symbol")
        reached = {0}
        for depth, symbols in enumerate(self.levels):
            unreached = sorted(set(range(len(symbols))) - reached)
            if unreached:
                raise LmphysError(_unreachable(unreached[0], depth))
            for symbol, rules in enumerate(symbols):
                if not rules or not all(rule.children for rule in rules):
                    raise LmphysError(f"symbol {symbol} of level {depth} lacks a rule; every rule needs a child")
                if abs(sum(rule.probability for rule in rules) - 1) > 1e-9 or min(r.probability for r in rules) <= 0:
                    raise LmphysError(
                        f"probabilities of symbol {symbol} of level {depth} are no distribution; make them add up to 1"
                    )
            reached = {child for rules in symbols for rule in rules for child in rule.children}
            below = self.sizes[depth + 1]
            if not 0 <= min(reached) <= max(reached) < below:
                raise LmphysError(
                    f"a rule of level {depth} names a symbol beyond the {below} of level {depth + 1}; add that symbol"
                )
        unreached = sorted(set(range(self.n_words)) - reached)
        if unreached:
            raise LmphysError(_unreachable(unreached[0], self.depth))

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[int, int, Sequence[int]]]) -> "Grammar":
        """The grammar of rows (level, symbol, children), as tables give them; rules of a symbol are equally likely."""
        found: defaultdict[int, defaultdict[int, list[tuple[int, ...]]]] = defaultdict(lambda: defaultdict(list))
        for depth, symbol, children in rows:
            found[depth][symbol].append(tuple(children))
        if not found or sorted(found) != list(range(len(found))):
            raise LmphysError(f"there are rules of levels {sorted(found)}; give some for each level from 0 on")
        n_words = 1 + max(child for rules in found[len(found) - 1].values() for rule in rules for child in rule)
        return cls(
            tuple(
                tuple(uniform(found[depth][symbol]) for symbol in range(1 + max(found[depth])))
                for depth in range(len(found))
            ),
            n_words,
        )

    @property
    def depth(self) -> int:
        """Number of levels with rules, which is the level of the words."""
        return len(self.levels)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of symbols of each level, that of the words last."""
        return (*(len(symbols) for symbols in self.levels), self.n_words)

    @cached_property
    def lengths(self) -> tuple[int, int]:
        """Fewest and most words of a string."""
        low, high = [1] * self.n_words, [1] * self.n_words
        for symbols in reversed(self.levels):
            low = [min(sum(low[c] for c in rule.children) for rule in rules) for rules in symbols]
            high = [max(sum(high[c] for c in rule.children) for rule in rules) for rules in symbols]
        return low[0], high[0]

    @cached_property
    def mean_length(self) -> float:
        """Expected number of words of a string."""
        return self._expected(lambda rule: 0.0, 1.0)

    @cached_property
    def derivation_entropy(self) -> float:
        """Entropy of a derivation, in nats: that of a string where each has one derivation, and more elsewhere."""
        return self._expected(lambda rule: -np.log(rule.probability), 0.0)

    def _expected(self, own: Callable[[Rule], float], of_word: float) -> float:
        """Expected sum, over a derivation, of a number of each rule and of each word."""
        below = [of_word] * self.n_words
        for symbols in reversed(self.levels):
            below = [
                float(sum(rule.probability * (own(rule) + sum(below[c] for c in rule.children)) for rule in rules))
                for rules in symbols
            ]
        return below[0]

    @cached_property
    def log_derivations(self) -> float:
        """Logarithm of the number of derivations."""
        below = [0.0] * self.n_words
        for symbols in reversed(self.levels):
            ways = [[sum(below[c] for c in rule.children) for rule in rules] for rules in symbols]
            below = [float(np.logaddexp.reduce(logs)) for logs in ways]
        return below[0]

    def below(self, depth: int) -> "Grammar":
        """The smaller grammar of the strings of one symbol of a level, each symbol being equally likely.

        Args:
            depth: 1 to depth - 1.
        """
        if not 0 < depth < self.depth:
            raise LmphysError(f"no smaller grammar starts at level {depth}; take 1 to {self.depth - 1}")
        root = uniform([(symbol,) for symbol in range(len(self.levels[depth]))])
        return Grammar(((root,), *self.levels[depth:]), self.n_words)

    def without(self, depth: int, rules: Iterable[tuple[int, int]]) -> "Grammar":
        """The grammar without some (symbol, rule) of a level; the others of their symbol keep their ratios."""
        gone = set(rules)
        missing = sorted(gone - {(s, r) for s, options in enumerate(self.levels[depth]) for r in range(len(options))})
        if missing:
            raise LmphysError(f"symbol {missing[0][0]} of level {depth} has no rule {missing[0][1]}; count both from 0")
        kept = tuple(
            scaled([rule for i, rule in enumerate(options) if (symbol, i) not in gone])
            for symbol, options in enumerate(self.levels[depth])
        )
        return Grammar((*self.levels[:depth], kept, *self.levels[depth + 1 :]), self.n_words)

    def flat(self, depth: int) -> "Grammar":
        """The same strings with the same probabilities, the symbols of a level being rewritten by words at once.

        Raises:
            LmphysError: there would be too many rules.
        """
        below: list[dict[tuple[int, ...], float]] = [{(word,): 1.0} for word in range(self.n_words)]
        for symbols in reversed(self.levels[depth:]):
            counts = [prod(len(below[child]) for child in rule.children) for rules in symbols for rule in rules]
            if sum(counts) > MAX_FLAT_RULES:
                raise LmphysError(f"level {depth} has over {MAX_FLAT_RULES} sub-trees; take one nearer to the words")
            below = [_yields(rules, below) for rules in symbols]
        flat = tuple(tuple(Rule(words, probability) for words, probability in strings.items()) for strings in below)
        return Grammar((*self.levels[:depth], flat), self.n_words)


def uniform(children: Sequence[Sequence[int]]) -> tuple[Rule, ...]:
    """Rules of one symbol, equally likely."""
    return tuple(Rule(tuple(each), 1 / len(children)) for each in children)


def scaled(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules with probabilities that add up to one."""
    total = sum(rule.probability for rule in rules)
    return tuple(Rule(rule.children, rule.probability / total) for rule in rules)


def _yields(rules: tuple[Rule, ...], below: list[dict[tuple[int, ...], float]]) -> dict[tuple[int, ...], float]:
    found: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for rule in rules:
        for parts in product(*(below[child].items() for child in rule.children)):
            words = tuple(word for part, _ in parts for word in part)
            found[words] += rule.probability * prod(probability for _, probability in parts)
    return dict(found)


def _unreachable(symbol: int, depth: int) -> str:
    return f"no derivation reaches symbol {symbol} of level {depth}; name it in a rule of level {depth - 1} or drop it"
