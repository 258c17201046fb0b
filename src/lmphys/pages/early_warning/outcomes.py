"""What is to be predicted: ends of chains that one would like to know beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.pages.early_warning.prefixes import derailment, exposure


@dataclass(frozen=True, eq=False)
class Outcome:
    """An event that some of C chains come to.

    Attributes:
        model: whose chains they are.
        traj: the chains.
        event: (C,) whether it comes.
        place: (C,) sentence that is the event, infinite without one; None where it comes with the last sentence.
    """

    model: str
    traj: Trajectories
    event: np.ndarray
    place: np.ndarray | None

    @property
    def exposure(self) -> np.ndarray:
        """(C,) number of prefixes at which each chain is at risk."""
        return exposure(self.traj, self.place)


def outcomes_of(states: Mapping[str, Trajectories], model: str, labelled: str) -> dict[str, Outcome]:
    """Wrong answers of two models, and derailments of the second, by name.

    Args:
        states: model -> its chains, with `correct` in `chains`.
        model: the model of the page.
        labelled: the one whose sentences have labels.
    """
    wrong = {
        f"wrong answer, {name}": Outcome(name, states[name], ~states[name].chains.correct.to_numpy(bool), None)
        for name in (model, labelled)
    }
    place = derailment(states[labelled])
    return wrong | {f"derailment, {labelled}": Outcome(labelled, states[labelled], np.isfinite(place), place)}


def at_risk(outcomes: Mapping[str, Outcome], reads: Sequence[int]) -> pd.DataFrame:
    """Rows (outcome, m): "chains at risk" after m sentences, and "share with the event" among them."""
    rows = {}
    for name, outcome in outcomes.items():
        for m in reads:
            here = outcome.event[outcome.exposure >= m]
            rows[name, m] = {"chains at risk": len(here), "share with the event": here.mean() if len(here) else np.nan}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(["outcome", "m"])
    return table.astype({"chains at risk": int})
