"""The rows of the page `fitting`: every number beside what corpora without regimes give."""

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.fitting.leaks import PERMUTED, SINGLE
from lmphys.stats import Interval

_TARGETS = {"R² of h": "r2_h", "R² of Δh": "r2_dh"}
_KINDS = ("predictive", "filtered_after_update", "oracle")
_SIMULATION = {
    "slds.simulation.jumps": "jump norms",
    "slds.simulation.autocorrelation": "autocorrelation",
    "slds.simulation.occupancy": "occupancy",
}


def r2_entry(scores: pd.DataFrame, leak: pd.DataFrame, n_regimes: int, *, note: str) -> Entry:
    """Variance explained under each reading of the paper's R², beside one linear map and corpora without regimes.

    Args:
        scores: of `one_step_scores`, for K regimes.
        leak: of `leak_table`.
        n_regimes: K.
        note: a remark for the reader.
    """
    readings = {f"{kind}, {name}": (kind, column) for kind in _KINDS for name, column in _TARGETS.items()}
    linear = scores.loc[["one linear map"]].to_dict("index")["one linear map"]
    controls = {"one linear map": {name: linear[column] for name, (_, column) in readings.items()}}
    for corpus in (PERMUTED, SINGLE):
        null = _of(leak, corpus)
        controls[corpus] = {name: null[column][n_regimes, kind] for name, (kind, column) in readings.items()}
    found = {name: Interval.of_row(scores.loc[kind], column) for name, (kind, column) in readings.items()}
    return Entry("slds.slds.r2_table", found, controls, note)


def gain_entry(gain: Interval, leak: pd.DataFrame, n_regimes: int) -> Entry:
    """What K regimes add to the honest forecast of h, beside what they add where there are none.

    Args:
        gain: R² of the honest forecast minus that of one map, on real chains.
        leak: of `leak_table`, with 1 and K regimes.
        n_regimes: K.
    """
    nulls = {corpus: _of(leak, corpus)["r2_h"] for corpus in (PERMUTED, SINGLE)}
    controls = {name: r2[n_regimes, "predictive"] - r2[1, "predictive"] for name, r2 in nulls.items()}
    return Entry("slds.slds.gain", gain, controls, "honest forecast of h, held out by question")


def simulation_entries(realism: pd.DataFrame) -> list[Entry]:
    """Distances between real and simulated chains (`compare_simulated`), each with its test in the note."""
    rows = realism.to_dict("index")
    notes = {quantity: f"p = {row['p']:.3f}, noise {row['noise']:.3f}" for quantity, row in rows.items()}
    return [Entry(claim, rows[quantity]["distance"], note=notes[quantity]) for claim, quantity in _SIMULATION.items()]


def _of(leak: pd.DataFrame, corpus: str) -> dict[str, dict[tuple[int, str], float]]:
    """Scores of one corpus, by column, then by number of regimes and kind of weights."""
    scores = leak[leak.corpus == corpus].set_index(["n_regimes", "weights"])
    return {column: dict(zip(scores.index, scores[column], strict=True)) for column in _TARGETS.values()}
