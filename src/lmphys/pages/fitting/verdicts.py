"""The rows of the page `fitting`: every number beside what corpora without regimes give."""

from collections.abc import Mapping

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.fitting.leaks import GAUSSIAN, PERMUTED, STUDENT
from lmphys.pages.fitting.splits import GAIN, LINEAR
from lmphys.stats import Interval

_TARGETS = {"R² of h": "r2_h", "R² of Δh": "r2_dh"}
_KINDS = ("predictive", "filtered_after_update", "oracle")
_SIMULATION = {
    "slds.simulation.jumps": "jump norms",
    "slds.simulation.autocorrelation": "autocorrelation",
    "slds.simulation.occupancy": "occupancy",
}


def r2_entry(pooled: Mapping[str, Interval], leak: pd.DataFrame, n_regimes: int, *, note: str) -> Entry:
    """Variance explained under each reading of the paper's R², beside one linear map and corpora without regimes.

    Args:
        pooled: of `across_splits`, for K regimes.
        leak: of `leak_table`.
        n_regimes: K.
        note: a remark for the reader.
    """
    readings = {f"{kind}, {name}": (kind, name, column) for kind in _KINDS for name, column in _TARGETS.items()}
    controls: dict[str, dict[str, Interval | float]] = {
        LINEAR: {reading: pooled[f"{LINEAR}, {name}"] for reading, (_, name, _) in readings.items()}
    }
    for corpus in (PERMUTED, GAUSSIAN, STUDENT):
        null = _of(leak, corpus)
        controls[corpus] = {reading: null[column][n_regimes, kind] for reading, (kind, _, column) in readings.items()}
    found = {reading: pooled[reading] for reading in readings}
    return Entry("slds.slds.r2_table", found, controls, note)


def gain_entry(pooled: Mapping[str, Interval], nulls: Mapping[str, Interval], *, n_splits: int) -> Entry:
    """What K regimes add to the honest forecast of h, beside what they add where there are none.

    Args:
        pooled: of `across_splits`.
        nulls: of `null_gains`.
        n_splits: that were pooled.
    """
    note = f"honest forecast of h, {n_splits} splits by question; controls: mean and range of draws"
    return Entry("slds.slds.gain", pooled[GAIN], nulls, note)


def simulation_entries(realism: pd.DataFrame, of_one_map: pd.DataFrame) -> list[Entry]:
    """Distances between real and simulated chains beyond those between samples of one law.

    Two samples of one law are some way apart, too, so their median distance is subtracted. The interval is that of the
    distances beyond which such samples lie in one case of forty at either end.

    Args:
        realism: of `compare_simulated`, the switching model.
        of_one_map: the same of one linear map, the control where it is defined.
    """
    entries = []
    for claim, quantity in _SIMULATION.items():
        row: pd.Series = realism.loc[[quantity]].iloc[0]
        note = f"distance {row['distance']:.3f}, p = {row['p']:.3f}; samples of one law {row['noise']:.3f}"
        # One regime is visited always, by real chains and by simulated ones.
        controls = {} if quantity == "occupancy" else {LINEAR: _beyond(of_one_map.loc[[quantity]].iloc[0])}
        entries.append(Entry(claim, _beyond(row), controls, note))
    return entries


def _beyond(row: pd.Series) -> Interval:
    """Distance minus that of samples of one law; less where these are farther apart."""
    return Interval(*(float(row["distance"] - row[end]) for end in ("noise", "noise_high", "noise_low")))


def _of(leak: pd.DataFrame, corpus: str) -> dict[str, dict[tuple[int, str], float]]:
    """Scores of one corpus, by column, then by number of regimes and kind of weights."""
    scores = leak[leak.corpus == corpus].set_index(["n_regimes", "weights"])
    return {column: dict(zip(scores.index, scores[column], strict=True)) for column in _TARGETS.values()}
