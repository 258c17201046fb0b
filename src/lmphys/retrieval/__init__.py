"""Answers by vote among sampled chains, what weights of the chains add, and whether right answers are wide basins.

>>> pool = pool_of(corpus)
>>> compare_laws(pool, laws_of(pool))
"""

from lmphys.retrieval.gains import Power, compare_laws, gain_by_ties, mean_over_questions, power
from lmphys.retrieval.hopfield import Basins, DenseHopfield, crowds, find_basins, on_sphere, uneven
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
from lmphys.retrieval.matched import compare_pairs, dealt_anew, foretold, matched_chains, right_less_wrong
from lmphys.retrieval.pool import POOL_TASKS, Pool, pool_of, pool_spec, subsets
from lmphys.retrieval.returns import (
    KINDS,
    astray_table,
    curvatures,
    half_lost,
    return_table,
    returned,
    returns_by_mistake,
    share_of_answer,
)
from lmphys.retrieval.trials import Trials, TrialSpec, build_trials
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
    "KINDS",
    "POOL_TASKS",
    "Basins",
    "DenseHopfield",
    "Law",
    "McNemar",
    "Pairs",
    "Pool",
    "Power",
    "TrialSpec",
    "Trials",
    "TunedLaw",
    "Vote",
    "accuracy_curve",
    "astray_table",
    "boltzmann",
    "build_trials",
    "compare_laws",
    "compare_pairs",
    "confident",
    "correlation_within",
    "crowds",
    "curvatures",
    "dealt_anew",
    "discrimination",
    "effective_size",
    "exchanged_accuracies",
    "find_basins",
    "foretold",
    "gain_by_ties",
    "half_lost",
    "inverse_power",
    "laws_of",
    "lowest",
    "matched_chains",
    "mcnemar",
    "mean_over_questions",
    "null_accuracies",
    "null_discrimination",
    "on_sphere",
    "pairs",
    "pool_of",
    "pool_spec",
    "power",
    "return_table",
    "returned",
    "returns_by_mistake",
    "right_less_wrong",
    "scores_of",
    "share_of_answer",
    "subsets",
    "uneven",
    "uniform",
    "vote",
]
