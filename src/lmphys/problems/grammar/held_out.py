"""What a grammar keeps from training: a rule, or sub-trees all of whose rules occur in others."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.sample import Derivations


@dataclass(frozen=True)
class HeldOut:
    """A grammar, and the same without some rules of one level.

    Attributes:
        whole: the language; strings with held-out rules are drawn from it.
        training: what remains for training, the other rules of each symbol keeping their ratios.
        depth: level of the rules.
        rules: (symbol, rule) that are held out.
    """

    whole: Grammar
    training: Grammar
    depth: int
    rules: frozenset[tuple[int, int]]

    def marks(self, derivations: Derivations) -> np.ndarray:
        """(words,) bool: whether a word of derivations of `whole` stands below a held-out rule."""
        counts = [len(rules) for rules in self.whole.levels[self.depth]]
        first = np.cumsum(counts) - counts
        return np.isin(derivations.ancestor_rules[self.depth], [first[symbol] + rule for symbol, rule in self.rules])


def hold_out_rules(grammar: Grammar, depth: int, rules: Iterable[tuple[int, int]]) -> HeldOut:
    """Keep (symbol, rule) of a level from training.

    Raises:
        LmphysError: a symbol would be left without a rule, or out of reach.
    """
    gone = frozenset(rules)
    return HeldOut(grammar, grammar.without(depth, gone), depth, gone)


def hold_out_subtrees(grammar: Grammar, depth: int, share: float, seed: int) -> HeldOut:
    """Keep a share of the sub-trees of each symbol of a level from training, each with all its words.

    At a small share their rules are still seen in training, in other company.

    Args:
        grammar: the language.
        depth: level of the sub-trees' roots, two above the words or higher.
        share: of the sub-trees of each symbol, rounded down, one at least.
        seed: which they are.

    Raises:
        LmphysError: a level without sub-trees of more than one rule, or with too many or too few of them.
    """
    if not 0 < depth <= grammar.depth - 2:
        raise LmphysError(
            f"sub-trees at level {depth} are single rules or whole strings; take 1 to {grammar.depth - 2}"
        )
    rng = np.random.default_rng(seed)
    flat = grammar.flat(depth)
    gone = {
        (symbol, int(rule))
        for symbol, rules in enumerate(flat.levels[depth])
        for rule in rng.permutation(len(rules))[: max(1, int(share * len(rules)))]
    }
    return hold_out_rules(flat, depth, gone)
