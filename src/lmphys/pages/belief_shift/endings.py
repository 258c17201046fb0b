"""Final beliefs of simulated chains beside real ones: what a test of equal laws says, and what it could see."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.pages.belief_shift.folds import Fold
from lmphys.pages.belief_shift.simulated import REAL, SIMULATED, UNDISPLACED, final_beliefs, scenarios
from lmphys.pages.belief_shift.spec import CONDITIONS
from lmphys.pages.belief_shift.themes import Theme
from lmphys.pages.belief_shift.two_sample import compare_samples, p_value

# The pair whose test is read out, as a row of `compare_endings`.
SIMULATION = "poisoned: real, simulated"


def by_condition(table: pd.DataFrame, kind: str) -> dict[str, pd.Series]:
    """Condition -> `final_beliefs` of one kind of chains."""
    return {condition: final_beliefs(table, kind, condition) for condition in CONDITIONS}


def compare_endings(table: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """`compare_samples` of four pairs of final beliefs, the last two different by construction.

    Args:
        table: of `scenarios`.
        seed: of permutations and simulations.

    Returns:
        Indexed by `pair` and `test`.
    """
    real, made = by_condition(table, REAL), by_condition(table, SIMULATED)
    pairs = {
        SIMULATION: (real["poisoned"], made["poisoned"]),
        "clean: real, simulated": (real["clean"], made["clean"]),
        "poisoned: real, no push": (real["poisoned"], final_beliefs(table, UNDISPLACED, "poisoned")),
        "real: poisoned, clean": (real["poisoned"], real["clean"]),
    }
    tests = {name: compare_samples(*map(np.asarray, pair), seed=seed) for name, pair in pairs.items()}
    return pd.concat(tests, names=["pair"])


def other_draws(folds: list[Fold], themes: Sequence[Theme], n: int = 10, *, seed: int = 0) -> np.ndarray:
    """p-values (n,), ascending, of further simulations of poisoned chains against the same real ones.

    Args:
        folds: of `fit_folds`.
        themes: those of the chains.
        n: simulations.
        seed: of the first simulation that is not among them; they have seed + 1, seed + 2 and so on.
    """
    found = []
    for i in range(1, n + 1):
        table = scenarios(folds, list(themes), seed=seed + i)
        real, made = (np.asarray(final_beliefs(table, kind, "poisoned")) for kind in (REAL, SIMULATED))
        found.append(p_value(real, made, seed=seed))
    return np.sort(found)
