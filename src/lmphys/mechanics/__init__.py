"""Energies of the motion from token to token, and the nulls that decide whether any is conserved.

>>> paths = read_paths(model, *chain_texts(model, corpus, chosen_chains(corpus, 12), max_tokens=120))
>>> balance_of(paths, C1).interval(Balance.ratio)
"""

from lmphys.mechanics.anomaly import detection, detection_gain, exchange_tokens, shuffle_tokens, stretches
from lmphys.mechanics.balance import Balance, difference, ratio_by_offset, shuffled_ratios
from lmphys.mechanics.comparison import Comparison, against, readings
from lmphys.mechanics.energies import C1, C2, C3, C4, CANDIDATES, Candidate
from lmphys.mechanics.initial import Head, Surprisal, describe_head, random_surprisal
from lmphys.mechanics.paths import Motion, Paths, chain_texts, chosen_chains, read_paths
from lmphys.mechanics.summary import SITES, balance_of, potential_of, speed_of, steadiness, trade_offs, turning_of

__all__ = [
    "C1",
    "C2",
    "C3",
    "C4",
    "CANDIDATES",
    "SITES",
    "Balance",
    "Candidate",
    "Comparison",
    "Head",
    "Motion",
    "Paths",
    "Surprisal",
    "against",
    "balance_of",
    "chain_texts",
    "chosen_chains",
    "describe_head",
    "detection",
    "detection_gain",
    "difference",
    "exchange_tokens",
    "potential_of",
    "random_surprisal",
    "ratio_by_offset",
    "read_paths",
    "readings",
    "shuffle_tokens",
    "shuffled_ratios",
    "speed_of",
    "steadiness",
    "stretches",
    "trade_offs",
    "turning_of",
]
