"""What the page says in the end: whether phases help a forecast, and the rows of the ledger."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lmphys.book import Entry
from lmphys.stats.interval import Interval

_WAYS = {
    "known": "knowing the phase helps, beyond place",
    "by label": "the chain of phases predicts it, beyond place",
    "by state": "the state predicts it, beyond place",
}


def what_helps(phase: pd.DataFrame) -> str:
    """A line for each kind of forecast: whether its interval lies above 0 and above the null that keeps the place.

    Args:
        phase: rows of the phases in `label_gains`, indexed by `forecast`.
    """
    rows = {said: phase.loc[way] for way, said in _WAYS.items()}
    return "\n".join(
        f"{said}: {'yes' if row['low'] > max(row['place_high'], 0) else 'not shown'}" for said, row in rows.items()
    )


def phase_entries(followed: pd.DataFrame, nulls: Mapping[str, Interval], note: str) -> list[Entry]:
    """Mutual information of regimes with phase, place and boundary token; NaN where it could not be measured.

    That with the phase is judged twice: as it is, against nulls that keep the place, and the family of the question,
    and against random weights that read the same text; and less what labels permuted over all steps share, as the
    number of the poster is near 0 and information measured on few steps is not.

    Args:
        followed: table of that function.
        nulls: of `exchanged_information` and `untrained_information`.
        note: on the fit.
    """
    rows: dict[str, Any] = {name: followed.loc[name] for name in ("phase", "place", "boundary token")}
    shared = {name: Interval.of_row(row, "nmi").map(float) for name, row in rows.items()}
    chance = {name: float(row["any"]) for name, row in rows.items()}
    above_chance = shared["phase"].map(lambda x: x - chance["phase"])
    return [
        Entry("slds.regimes.phases", shared["phase"], nulls, note),
        Entry("complearn2026.phases.nmi", above_chance, note=note),
        Entry("complearn2026.position.nmi", shared["place"], {"permuted": chance["place"]}, note),
        Entry("complearn2026.token.nmi", shared["boundary token"], {"permuted": chance["boundary token"]}, note),
    ]
