"""Beliefs that are asked while a chain of thought goes on, and what moves them.

>>> offset = neutral_offset(ask_statements("smollm2"))
>>> chains = build_beliefs(belief_spec("smollm2", "quick"))
>>> folds = fit_folds(chains.trajectories(offset), rank=40)
"""

from lmphys.beliefs.calibration import ask_statements, knowledge, neutral_offset, verdict_on_beliefs
from lmphys.beliefs.chains import BeliefChains, build_beliefs
from lmphys.beliefs.figures import draw_themes
from lmphys.beliefs.finals import final_belief_scores, foretell, readout_scores
from lmphys.beliefs.folds import Fold, OneStep, case_projection, fit_folds, one_step, usable_rank
from lmphys.beliefs.gru import GRUForecast
from lmphys.beliefs.query import Query
from lmphys.beliefs.reading import Reading
from lmphys.beliefs.readout import BeliefReadout
from lmphys.beliefs.scenarios import (
    READ,
    REAL,
    SIMULATED,
    UNDISPLACED,
    displacements,
    final_beliefs,
    scenarios,
    simulate_poisoned,
    theme_difference,
)
from lmphys.beliefs.spec import CONDITIONS, CONTROLS, PAIRS, BeliefSpec, belief_spec
from lmphys.beliefs.themes import Theme, load_statements, load_themes
from lmphys.beliefs.two_sample import TESTS, compare_samples, detectable_shift, p_value
from lmphys.beliefs.writing import Plan, WrittenChain, write_chains

__all__ = [
    "CONDITIONS",
    "CONTROLS",
    "PAIRS",
    "READ",
    "REAL",
    "SIMULATED",
    "TESTS",
    "UNDISPLACED",
    "BeliefChains",
    "BeliefReadout",
    "BeliefSpec",
    "Fold",
    "GRUForecast",
    "OneStep",
    "Plan",
    "Query",
    "Reading",
    "Theme",
    "WrittenChain",
    "ask_statements",
    "belief_spec",
    "build_beliefs",
    "case_projection",
    "compare_samples",
    "detectable_shift",
    "displacements",
    "draw_themes",
    "final_belief_scores",
    "final_beliefs",
    "fit_folds",
    "foretell",
    "knowledge",
    "load_statements",
    "load_themes",
    "neutral_offset",
    "one_step",
    "p_value",
    "readout_scores",
    "scenarios",
    "simulate_poisoned",
    "theme_difference",
    "usable_rank",
    "verdict_on_beliefs",
    "write_chains",
]
