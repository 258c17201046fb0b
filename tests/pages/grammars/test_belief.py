"""The ideal reader against all derivations, written out."""

from itertools import product

import numpy as np

from lmphys.pages.grammars.belief import ending_symbols
from lmphys.pages.grammars.strings import Strings, fresh


def derivations(grammar, depth=0, symbol=0):
    """(words, probability, [(level, symbol, number of words up to its end)]) of every derivation of a symbol."""
    if depth == grammar.depth:
        return [((symbol,), 1.0, [])]
    found = []
    for rule in grammar.levels[depth][symbol]:
        for parts in product(*(derivations(grammar, depth + 1, child) for child in rule.children)):
            words, chance, ends = (), rule.probability, []
            for own, p, below in parts:
                ends += [(level, s, end + len(words)) for level, s, end in below]
                words, chance = words + own, chance * p
            found.append((words, chance, [*ends, (depth, symbol, len(words))]))
    return found


def test_it_is_bayes_rule_over_all_derivations(grammar):
    every = derivations(grammar)
    strings, _ = fresh(grammar, 6, 0)
    for depth in (0, 1, 2):
        found = ending_symbols(strings, depth)
        row = 0
        for words in strings.words:
            for t in range(len(words) + 1):
                begun = [each for each in every if each[0][:t] == tuple(words[:t])]
                total = sum(chance for _, chance, _ in begun)
                for symbol in range(grammar.sizes[depth]):
                    ending = sum(chance for _, chance, ends in begun if (depth, symbol, t) in ends)
                    np.testing.assert_allclose(found[row, symbol], ending / total, atol=1e-12)
                row += 1
        assert row == len(found)


def test_the_future_changes_nothing(grammar):
    strings = Strings(grammar, [each for each in fresh(grammar, 300, 1)[0].words if len(each) > 4])
    heads = {}
    found = strings.law.split(ending_symbols(strings, 1))
    for words, rows in zip(strings.words, found, strict=True):
        head = tuple(words[:4])
        np.testing.assert_allclose(rows[:5], heads.setdefault(head, rows[:5]), atol=1e-12)
    assert len(heads) < len(strings)  # some beginnings came more than once
