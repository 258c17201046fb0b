"""Every string of a small grammar with its probability, by writing all derivations out."""

from collections import defaultdict
from itertools import product


def strings(grammar, weight=None):
    """Probability of every string; `weight` replaces that of a rule."""

    def yields(depth, symbol):
        if depth == grammar.depth:
            return [((symbol,), 1.0)]
        found = []
        for rule in grammar.levels[depth][symbol]:
            for parts in product(*(yields(depth + 1, child) for child in rule.children)):
                chance = rule.probability if weight is None else weight
                for _, p in parts:
                    chance *= p
                found.append((sum((words for words, _ in parts), ()), chance))
        return found

    law = defaultdict(float)
    for words, chance in yields(0, 0):
        law[words] += chance
    return dict(law)
