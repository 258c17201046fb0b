"""Energies of the motion from token to token, the nulls that decide whether any is conserved, and pushes on it.

>>> paths = read_paths(model, *chain_texts(model, corpus, chosen_chains(corpus, 12), max_tokens=120))
>>> balance_of(paths, C1).interval(Balance.ratio)
"""

from lmphys.mechanics.anomaly import detection, detection_gain, exchange_tokens, shuffle_tokens, stretches
from lmphys.mechanics.balance import Balance, difference, ratio_by_offset, shuffled_ratios
from lmphys.mechanics.comparison import Comparison, against, readings
from lmphys.mechanics.contexts import Contexts, Past, Push, Reading, head_of, pushed
from lmphys.mechanics.continuations import (
    Continuation,
    Start,
    as_paths,
    continue_texts,
    derangement,
    log_likelihoods,
    quality,
    quality_gains,
)
from lmphys.mechanics.energies import C1, C2, C3, C4, CANDIDATES, Candidate
from lmphys.mechanics.initial import Head, Surprisal, describe_head, random_surprisal
from lmphys.mechanics.passage import Passage, energy_changes, natural_differences, passage
from lmphys.mechanics.paths import Motion, Paths, chain_texts, chosen_chains, read_paths
from lmphys.mechanics.steering import (
    Gradients,
    Steered,
    equal_gain,
    gradients,
    push_by,
    random_push,
    steer,
    steer_at_random,
    target_log_p,
)
from lmphys.mechanics.summary import SITES, balance_of, potential_of, speed_of, steadiness, trade_offs, turning_of
from lmphys.mechanics.targets import Places, choose_places, contrast, frequent_words, token_id
from lmphys.mechanics.tilts import Cost, MinimalPush, logit_bias, minimal_push, tilt_cost
from lmphys.mechanics.ways import cost_table, mean_over_places, means, sweep

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
    "Contexts",
    "Continuation",
    "Cost",
    "Gradients",
    "Head",
    "MinimalPush",
    "Motion",
    "Passage",
    "Past",
    "Paths",
    "Places",
    "Push",
    "Reading",
    "Start",
    "Steered",
    "Surprisal",
    "against",
    "as_paths",
    "balance_of",
    "chain_texts",
    "choose_places",
    "chosen_chains",
    "continue_texts",
    "contrast",
    "cost_table",
    "derangement",
    "describe_head",
    "detection",
    "detection_gain",
    "difference",
    "energy_changes",
    "equal_gain",
    "exchange_tokens",
    "frequent_words",
    "gradients",
    "head_of",
    "log_likelihoods",
    "logit_bias",
    "mean_over_places",
    "means",
    "minimal_push",
    "natural_differences",
    "passage",
    "potential_of",
    "push_by",
    "pushed",
    "quality",
    "quality_gains",
    "random_push",
    "random_surprisal",
    "ratio_by_offset",
    "read_paths",
    "readings",
    "shuffle_tokens",
    "shuffled_ratios",
    "speed_of",
    "steadiness",
    "steer",
    "steer_at_random",
    "stretches",
    "sweep",
    "target_log_p",
    "tilt_cost",
    "token_id",
    "trade_offs",
    "turning_of",
]
