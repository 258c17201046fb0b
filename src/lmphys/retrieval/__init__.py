"""Answers by vote among sampled chains, and what weights of the chains add.

>>> pool = pool_of(corpus)
>>> compare_laws(pool, laws_of(pool))
"""

from lmphys.retrieval.gains import Power, compare_laws, gain_by_ties, mean_over_questions, power
from lmphys.retrieval.laws import (
    Law,
    boltzmann,
    confident,
    effective_size,
    inverse_power,
    laws_of,
    lowest,
    uniform,
)
from lmphys.retrieval.pool import Pool, pool_of, subsets
from lmphys.retrieval.tuning import TunedLaw
from lmphys.retrieval.votes import (
    McNemar,
    Vote,
    accuracy_curve,
    exchanged_accuracies,
    mcnemar,
    null_accuracies,
    vote,
)
from lmphys.retrieval.within import (
    Pairs,
    correlation_within,
    discrimination,
    null_discrimination,
    pairs,
    scores_of,
)

__all__ = [
    "Law",
    "McNemar",
    "Pairs",
    "Pool",
    "Power",
    "TunedLaw",
    "Vote",
    "accuracy_curve",
    "boltzmann",
    "compare_laws",
    "confident",
    "correlation_within",
    "discrimination",
    "effective_size",
    "exchanged_accuracies",
    "gain_by_ties",
    "inverse_power",
    "laws_of",
    "lowest",
    "mcnemar",
    "mean_over_questions",
    "null_accuracies",
    "null_discrimination",
    "pairs",
    "pool_of",
    "power",
    "scores_of",
    "subsets",
    "uniform",
    "vote",
]
