r"""What an ideal reader of a prefix knows of the tree above it: the ceiling of every probe.

$\alpha_s[i]$ is the probability that the words before i are as they are and that symbol s starts at i, $I_s[i,j]$ that
it yields the words between i and j. Then $\sum_i \alpha_s[i] I_s[i,t]$ is the probability that the first t words are as
they are and that s ends there; nothing after t is used. Over the probability of the prefix it is the belief of Bayes'
rule.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from lmphys.pages.grammars.strings import Strings
from lmphys.problems.grammar.grammar import Grammar, Rule


def ending_symbols(strings: Strings, depth: int) -> np.ndarray:
    """(rows, symbols) probability that a symbol of a level ends at the last word of the prefix, given the prefix.

    A row adds up to the probability that a sub-tree of the level ends there.

    Args:
        strings: of the language, of moderate length: probabilities are not scaled.
        depth: of the level, from 0 for the root.
    """
    joint = np.concatenate([_joint(strings.grammar, words, depth) for words in strings.words])
    return joint / np.exp(strings.law.log_prefix)[:, None]


def _joint(grammar: Grammar, words: np.ndarray, depth: int) -> np.ndarray:
    """(n + 1, symbols) probability of the first t words and of a symbol that ends with them."""
    n = len(words)
    above = np.eye(n + 1, k=1)
    inside = {grammar.depth: [above * np.append(words == word, False)[:, None] for word in range(grammar.n_words)]}
    for level in reversed(range(1 if depth else 0, grammar.depth)):
        inside[level] = [_yield(rules, inside[level + 1]) for rules in grammar.levels[level]]
    starts = np.zeros((1, n + 1))
    starts[0, 0] = 1
    for level in range(depth):
        below = np.zeros((grammar.sizes[level + 1], n + 1))
        for symbol, rules in enumerate(grammar.levels[level]):
            for rule in rules:
                reached = rule.probability * starts[symbol]
                for child in rule.children:
                    below[child] += reached
                    reached = reached @ inside[level + 1][child]
        starts = below
    return np.stack([row @ matrix for row, matrix in zip(starts, inside[depth], strict=True)], axis=1)


def _yield(rules: Sequence[Rule], below: Sequence[np.ndarray]) -> np.ndarray:
    """Inside matrix of a symbol from those of the symbols below it."""
    return np.sum(
        [rule.probability * reduce(np.matmul, [below[child] for child in rule.children]) for rule in rules], axis=0
    )
