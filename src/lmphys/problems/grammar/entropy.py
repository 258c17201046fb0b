"""Entropy of the strings of a grammar where some have several derivations."""

import numpy as np

from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.law import next_word_law
from lmphys.problems.grammar.sample import Sampler
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval


def string_entropy(grammar: Grammar, n: int, seed: int) -> Interval:
    """Entropy of a string in nats, the floor of a model's loss per string, with a 95 % interval.

    That of derivations is exact; only what is left of it once the string is known is estimated, from n strings. Where
    each has one derivation that is nothing, and the interval is a point.
    """
    drawn = Sampler(grammar).draw(np.random.default_rng(seed), n)
    left = next_word_law(grammar, drawn.strings).log_probability - drawn.log_probability
    return mean_interval(left, groups=None, seed=seed).map(lambda nats: grammar.derivation_entropy - nats)
