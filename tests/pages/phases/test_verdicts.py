import pandas as pd
import pytest

from lmphys.pages.phases.verdicts import phase_entries, what_helps
from lmphys.stats.interval import Interval


def test_help_needs_an_interval_above_zero_and_above_the_place():
    table = pd.DataFrame({"low": [0.1, 0.1, -0.1], "place_high": [0.05, 0.2, -0.3]}, ["known", "by label", "by state"])
    assert [line.rsplit(": ")[1] for line in what_helps(table).splitlines()] == ["yes", "not shown", "not shown"]


def test_the_number_of_the_poster_is_judged_less_what_permuted_labels_share():
    row = {"nmi": 0.5, "low": 0.4, "high": 0.6, "any": 0.01, "place": 0.2}
    nulls = {"random weights": Interval(0.3, 0.2, 0.4)}
    table = pd.DataFrame([row] * 3, ["phase", "place", "boundary token"])
    entries = {entry.claim: entry for entry in phase_entries(table, nulls, "a note")}
    assert entries["slds.regimes.phases"].obtained == (0.5, 0.4, 0.6)
    assert entries["slds.regimes.phases"].controls == nulls
    assert entries["complearn2026.phases.nmi"].obtained == pytest.approx((0.49, 0.39, 0.59))
    assert entries["complearn2026.token.nmi"].controls == {"permuted": 0.01}
    assert {entry.note for entry in entries.values()} == {"a note"}
