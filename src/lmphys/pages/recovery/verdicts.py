"""What the page says in the end: where the real corpus stands, what was excluded, and the row of the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lmphys.book import Entry
from lmphys.core.trajectories import Trajectories
from lmphys.pages.recovery.corpora import GAUSSIAN, STUDENT
from lmphys.pages.recovery.detection import Power, held_out_gain
from lmphys.stats.calibration import Placement, confidence_set
from lmphys.stats.interval import Interval

_DRAWS = 3  # corpora of each kind without regimes that stand beside the gain


def placements(
    calibrations: Mapping[float, pd.DataFrame], here: Mapping[str, float], columns: Sequence[str]
) -> dict[float, dict[str, Placement]]:
    """For each probability to stay and each number, the true separations whose corpora show that of the real one.

    Args:
        calibrations: of `calibrate_stays`.
        here: `regime_statistics` of the real corpus.
        columns: numbers to invert.
    """
    return {
        stay: {column: confidence_set(table, here[column], column) for column in columns}
        for stay, table in calibrations.items()
    }


def power_table(powers: Mapping[float, Power]) -> pd.DataFrame:
    """A row for each probability to stay: from which separation on a gain is seen, and how often at each."""
    return pd.DataFrame(
        {
            stay: {"seen with 90 % from": found.separation, "low": found.low, "high": found.high}
            | {f"seen at {separation:g}": seen for separation, seen in found.curve["seen"].items()}
            for stay, found in powers.items()
        }
    ).T.rename_axis("stay")


def excluded(powers: Mapping[float, Power], seen: bool) -> str:
    """What the honest gain of the real corpus says of regimes, a line for each probability to stay.

    Args:
        powers: probability to stay -> power.
        seen: whether the 95 % interval of the real gain lies above 0.
    """
    lines = [f"honest gain of the real corpus: {'seen' if seen else 'not seen'}"]
    for stay, found in powers.items():
        if not np.isfinite(found.separation):
            said = "the forecast can exclude nothing on this map"
        elif seen:
            said = f"a corpus with regimes {found.separation:.1f} sd apart would show it too"
        else:
            said = f"excluded at 90 % from {found.separation:.1f} sd [{found.low:.1f}, {found.high:.1f}] on"
        lines.append(f"regimes that go on with probability {stay:g}: {said}")
    return "\n".join(lines)


def gain_entry(
    traj: Trajectories, free: Mapping[str, Sequence[Trajectories]], n_regimes: int, *, seed: int = 0, **settings: Any
) -> Entry:
    """The gain of regimes over one map on held-out questions, beside that on corpora of each kind without regimes.

    Args:
        traj: real chains in the coordinates of the fit.
        free: of `without_regimes`.
        n_regimes: K.
        seed: of folds, starts and resampling.
        settings: of `SLDS`.
    """

    def gain(chains: Trajectories) -> Any:
        return held_out_gain(chains, n_regimes, seed=seed, **settings)

    controls = {}
    for kind in (GAUSSIAN, STUDENT):
        drawn = [float(gain(chains).value) for chains in free[kind][:_DRAWS]]
        controls[kind] = Interval(float(np.mean(drawn)), min(drawn), max(drawn))
    note = f"K = {n_regimes}, rank {traj.width}, held out by question; controls: mean and range of draws"
    return Entry("slds.slds.gain", gain(traj), controls, note)


def positive_entry(claim: str, table: pd.DataFrame, note: str) -> Entry:
    """Whether planted regimes are seen, for each kind of them.

    Args:
        claim: of the row.
        table: of `positive_control`, two kinds or more.
        note: on the size.
    """
    worth = ", ".join(f"{kind} {row.worth:.2f}" for kind, row in table.iterrows())
    found = {str(kind): Interval.of_row(row, "gain") for kind, row in table.iterrows()}
    return Entry(claim, found, note=f"{note}; worth to the true parameters: {worth}")
