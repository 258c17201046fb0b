"""How many words of a string have to be replaced until it belongs to the language, or may become a string of it.

The passes of `law` with least costs in place of probabilities: a word costs nothing where it stands and one elsewhere.
Costs of a symbol are kept by start and number of words, of which a symbol has few.
"""

import numpy as np

from lmphys.problems.grammar.grammar import Grammar

_Costs = dict[int, np.ndarray]  # by number of words: (starts,) least replacements


def replacements(grammar: Grammar, words: np.ndarray) -> tuple[float, np.ndarray]:
    """Least replacements that put a string, and each of its prefixes, right.

    Args:
        grammar: of the language.
        words: (n,) string.

    Returns:
        Number of replacements after which the string belongs to the language, inf where it has no string of n words;
        and (n + 1,) the number after which its first t words begin a string of the language.
    """
    n = len(words)
    costs: list[list[_Costs]] = [[] for _ in range(grammar.depth + 1)]
    costs[-1] = [{1: np.append((words != word).astype(float), np.inf)} for word in range(grammar.n_words)]
    for depth in reversed(range(1, grammar.depth)):
        costs[depth] = [
            _best([_chained([costs[depth + 1][child] for child in rule.children], n) for rule in rules])
            for rules in grammar.levels[depth]
        ]
    whole = np.full(n + 1, np.inf)  # of each prefix as a string of its own
    best = np.full((1, n + 1), np.inf)
    best[0, 0] = 0
    for depth in range(grammar.depth):
        below = np.full((grammar.sizes[depth + 1], n + 1), np.inf)
        for symbol, rules in enumerate(grammar.levels[depth]):
            for rule in rules:
                reached = best[symbol]
                for child in rule.children:
                    np.minimum(below[child], reached, out=below[child])
                    reached = _advance(reached, costs[depth + 1][child])
                if depth == 0:
                    np.minimum(whole, reached, out=whole)
        best = below
    return float(whole[-1]), np.minimum(best.min(0), whole)


def _advance(reached: np.ndarray, costs: _Costs) -> np.ndarray:
    """Least cost at the end of a symbol, by position, from that at its start."""
    found = np.full_like(reached, np.inf)
    for length, cost in costs.items():
        if length < len(reached):
            np.minimum(found[length:], (reached + cost)[:-length], out=found[length:])
    return found


def _chained(parts: list[_Costs], n: int) -> _Costs:
    """Costs of symbols one after the other."""
    found = parts[0]
    for part in parts[1:]:
        longer: _Costs = {}
        for length, cost in found.items():
            for more, next_cost in part.items():
                if length + more <= n:
                    total = longer.setdefault(length + more, np.full(n + 1, np.inf))
                    np.minimum(total[:-length], cost[:-length] + next_cost[length:], out=total[:-length])
        found = longer
    return found


def _best(options: list[_Costs]) -> _Costs:
    return {
        length: np.minimum.reduce([costs[length] for costs in options if length in costs])
        for length in sorted(set().union(*options))
    }
