"""Random grammars of the constructions of "Physics of Language Models: Part 1" (2305.13673), one for each seed."""

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import Dice, first_good
from lmphys.problems.grammar.grammar import Grammar, uniform
from lmphys.problems.grammar.law import count_parses
from lmphys.problems.grammar.sample import Sampler


@dataclass(frozen=True)
class Construction:
    """What a random grammar is drawn from.

    Attributes:
        sizes: number of symbols of each level, that of the words last.
        n_rules: possible numbers of rules of a symbol.
        lengths: possible numbers of children of a rule.
        repeats: whether a symbol may occur twice in a rule.
        unique: least share of strings with one derivation only.
    """

    sizes: tuple[int, ...] = (1, 3, 3, 3, 3, 3, 3)
    n_rules: tuple[int, ...] = (2,)
    lengths: tuple[int, ...] = (2, 3)
    repeats: bool = True
    unique: float = 0.0


# The grammars of the paper by their names; what is drawn has their law and other rules.
CONSTRUCTIONS = {
    "cfg3b": Construction(repeats=False, unique=0.99),
    "cfg3i": Construction(),
    "cfg3h": Construction(n_rules=(2, 3)),
    "cfg3g": Construction(n_rules=(3,)),
    "cfg3f": Construction(n_rules=(3, 4)),
    "cfg3j": Construction((1, 3, 3, 3, 3, 3, 3, 3), n_rules=(3,)),
    "cfg3k": Construction((1, 3, 3, 3, 3, 3, 3, 3), n_rules=(3, 4)),
    "cfg3e1": Construction((1, 3, 9, 27, 81, 27, 9), n_rules=(3,)),
    "cfg3e2": Construction((1, 3, 9, 27, 27, 9, 4), n_rules=(3,)),
}


def random_grammar(construction: Construction, seed: int) -> Grammar:
    """The grammar of a seed: rules of a level all different, equally likely for their symbol, every symbol reached.

    Raises:
        LmphysError: a level has too few different rules, or none of many tries gives what is asked for.
    """
    dice = Dice(np.random.default_rng(seed))
    told = (
        f"grammars reaches every symbol with a share of {construction.unique:g} of strings parsed in one way; allow "
        "more rules, or a smaller share"
    )
    return first_good(
        lambda: _draw(construction, dice), lambda found: unique_share(found, 100, seed) >= construction.unique, told
    )


def unique_share(grammar: Grammar, n: int, seed: int) -> float:
    """Share of n strings that have one derivation only."""
    strings = Sampler(grammar).draw(np.random.default_rng(seed), n).strings
    return float((count_parses(grammar, strings) == 1).mean())


def _draw(construction: Construction, dice: Dice) -> Grammar | None:
    """Rules of all levels; None where a symbol is not reached."""
    levels = []
    for size, below in zip(construction.sizes, construction.sizes[1:], strict=False):
        counts = [dice.pick(construction.n_rules) for _ in range(size)]
        options = _rules(construction, below)
        n_options = sum(map(len, options.values()))
        if sum(counts) > n_options:
            raise LmphysError(
                f"{size} symbols above {below} want {sum(counts)} different rules of {n_options}; ask for fewer rules"
            )
        rules: list[tuple[int, ...]] = []
        while len(rules) < sum(counts):  # each length is as likely, though there are fewer short rules
            drawn = tuple(dice.pick(options[dice.pick(sorted(options))]))
            if drawn not in rules:
                rules.append(drawn)
        if {child for rule in rules for child in rule} != set(range(below)):
            return None
        levels.append(tuple(uniform([rules.pop() for _ in range(count)]) for count in counts))
    return Grammar(tuple(levels), construction.sizes[-1])


def _rules(construction: Construction, below: int) -> dict[int, list[tuple[int, ...]]]:
    symbols = range(below)
    return {
        length: list(product(symbols, repeat=length) if construction.repeats else permutations(symbols, length))
        for length in construction.lengths
    }
