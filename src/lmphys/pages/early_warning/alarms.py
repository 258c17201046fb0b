"""The alarm of the page: surprise and regimes beside what is known, against alarms that do not look at the states."""

from lmphys.core.errors import LmphysError
from lmphys.pages.early_warning.forecasts import GROUPS, KNOWN, alarm_levels
from lmphys.pages.early_warning.lead_time import LeadTimes, lead_times
from lmphys.pages.early_warning.outcomes import Outcome
from lmphys.pages.early_warning.signals import Signals

# The alarm that knows what a forecast knows without a signal, and the number of sentences.
KNOWING = "task, length and place"


def alarm_leads(signals: Signals, outcome: Outcome, *, rate: float, seed: int = 0) -> LeadTimes | None:
    """Lead times before the outcome; None, and the reason is printed, where there are too few chains.

    Args:
        signals: of the prefixes 1, 2, 3, ... of its chains.
        outcome: one with a place.
        rate: share of false alarms that the alarm is set to.
        seed: of the resampling.

    Raises:
        LmphysError: the outcome has no place.
    """
    if outcome.place is None:
        raise LmphysError("an alarm needs the place of its event; give a derailment, not an answer")
    known = (*KNOWN, "place")
    levels = alarm_levels(signals, outcome.place, {"SLDS": (known, GROUPS["SLDS"]), KNOWING: (known, ())})
    try:
        lead = lead_times(levels, "SLDS", [KNOWING, "place alone"], rate=rate, seed=seed)
    except LmphysError as reason:
        print(reason)
        return None
    print(
        f"{lead.events} derailments, {lead.others} chains without one; "
        f"{int((outcome.place == 0).sum())} derail in the first sentence, before any alarm."
    )
    return lead
