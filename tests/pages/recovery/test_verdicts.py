import numpy as np
import pandas as pd
import pytest

from lmphys.pages.recovery.corpora import GAUSSIAN, STUDENT, without_regimes
from lmphys.pages.recovery.detection import Power, held_out_gain
from lmphys.pages.recovery.verdicts import excluded, gain_entry, placements, positive_entry, power_table
from lmphys.stats.calibration import confidence_set
from lmphys.stats.interval import Interval

FIT = {"n_init": 1, "max_iter": 10}
CURVE = pd.DataFrame({"seen": [0.0, 1.0], "fitted": [0.1, 0.9]}, index=pd.Index([0.0, 4.0], name="true"))
POWERS = {0.25: Power(np.inf, np.inf, np.inf, CURVE), 0.8: Power(3.14, 2.0, 4.0, CURVE)}


def test_what_was_excluded_depends_on_what_was_seen():
    unseen = excluded(POWERS, seen=False).splitlines()
    assert unseen[0].endswith("not seen")
    assert unseen[1] == "regimes that go on with probability 0.25: the forecast can exclude nothing on this map"
    assert unseen[2] == "regimes that go on with probability 0.8: excluded at 90 % from 3.1 sd [2.0, 4.0] on"
    assert excluded(POWERS, seen=True).splitlines()[2].endswith("a corpus with regimes 3.1 sd apart would show it too")


def test_powers_become_rows():
    table = power_table(POWERS)
    assert table.loc[0.8].tolist() == [3.14, 2.0, 4.0, 0.0, 1.0]
    assert table.columns.tolist() == ["seen with 90 % from", "low", "high", "seen at 0", "seen at 4"]


def test_placements_invert_each_number():
    table = pd.DataFrame({"true": np.repeat([0.0, 4.0], 3), "gain": [0.0, 0.1, 0.2, 1.0, 1.1, 1.2]})
    found = placements({0.5: table}, {"gain": 0.3}, ["gain"])[0.5]["gain"]
    assert found[:2] == confidence_set(table, 0.3, "gain")[:2]


def test_the_row_of_the_ledger_is_the_held_out_gain_beside_corpora_without_regimes(forgetful):
    free = without_regimes(forgetful, 2)
    entry = gain_entry(forgetful, free, 2, seed=1, **FIT)
    assert entry.claim == "slds.slds.gain"
    assert entry.obtained == held_out_gain(forgetful, 2, seed=1, **FIT)
    assert entry.obtained.low <= entry.obtained.value <= entry.obtained.high
    for kind in (GAUSSIAN, STUDENT):
        drawn = [float(held_out_gain(chains, 2, seed=1, **FIT).value) for chains in free[kind]]
        assert tuple(entry.controls[kind]) == pytest.approx((np.mean(drawn), min(drawn), max(drawn)))


def test_the_positive_control_is_judged_kind_by_kind_and_its_note_tells_the_worth():
    columns = {"worth": [0.1, 0.2], "gain": [0.05, 0.15], "low": [0.01, 0.1], "high": [0.09, 0.2]}
    table = pd.DataFrame(columns, index=["offset, real noise", "map, real noise"])
    entry = positive_entry("x", table, "K = 2")
    assert entry.obtained == {
        "offset, real noise": Interval(0.05, 0.01, 0.09),
        "map, real noise": Interval(0.15, 0.1, 0.2),
    }
    assert entry.note == "K = 2; worth to the true parameters: offset, real noise 0.10, map, real noise 0.20"
