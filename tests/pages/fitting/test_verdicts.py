import pandas as pd
import pytest

from lmphys.pages.fitting.leaks import PERMUTED, REAL, SINGLE
from lmphys.pages.fitting.verdicts import gain_entry, r2_entry, simulation_entries
from lmphys.stats import Interval

KINDS = ["predictive", "filtered_after_update", "smoothed", "oracle"]


@pytest.fixture
def leak():
    # A number that says where it is from: corpus in the tenths, K in the hundredths, kind in the thousandths.
    rows = [
        {"corpus": corpus, "n_regimes": K, "weights": kind, "r2_h": r2, "r2_dh": r2 + 0.5}
        for c, corpus in enumerate((REAL, PERMUTED, SINGLE))
        for K in (1, 4)
        for w, kind in enumerate(KINDS)
        for r2 in [c / 10 + K / 100 + w / 1000]
    ]
    return pd.DataFrame(rows)


def test_each_reading_of_r2_stands_beside_its_own_nulls(leak):
    shifts = {"r2_h": 0.1, "r2_h_low": 0.09, "r2_h_high": 0.11, "r2_dh": 0.2, "r2_dh_low": 0.19, "r2_dh_high": 0.21}
    columns = {column: [shift + i / 10 for i in range(5)] for column, shift in shifts.items()}
    scores = pd.DataFrame(columns, index=[*KINDS, "one linear map"])
    claim, obtained, controls, note = r2_entry(scores, leak, 4, note="K = 4")
    assert (claim, note) == ("slds.slds.r2_table", "K = 4")
    assert len(obtained) == 6
    assert obtained["predictive, R² of h"] == pytest.approx(Interval(0.1, 0.09, 0.11))
    assert obtained["oracle, R² of Δh"] == pytest.approx(Interval(0.5, 0.49, 0.51))
    assert set(controls["one linear map"].values()) == {scores.r2_h.iloc[-1], scores.r2_dh.iloc[-1]}
    assert controls[PERMUTED]["oracle, R² of h"] == pytest.approx(0.143)
    assert controls[SINGLE]["filtered_after_update, R² of Δh"] == pytest.approx(0.741)
    assert all(set(control) == set(obtained) for control in controls.values())


def test_gain_stands_beside_the_gain_without_regimes(leak):
    gain = Interval(0.05, 0.01, 0.09)
    entry = gain_entry(gain, leak, 4)
    assert entry.obtained == gain
    assert entry.controls == pytest.approx({PERMUTED: 0.03, SINGLE: 0.03})


def test_distances_of_simulated_chains_carry_their_test():
    realism = pd.DataFrame(
        {"distance": [0.1, 0.2, 0.3, 0.4], "p": [0.5, 0.01, 0.002, 1.0], "noise": [0.05, 0.06, 0.07, 0.08]},
        index=["jump norms", "autocorrelation", "occupancy", "dwell times"],
    )
    found = {entry.claim: (entry.obtained, entry.note) for entry in simulation_entries(realism)}
    assert found == {
        "slds.simulation.jumps": (0.1, "p = 0.500, noise 0.050"),
        "slds.simulation.autocorrelation": (0.2, "p = 0.010, noise 0.060"),
        "slds.simulation.occupancy": (0.3, "p = 0.002, noise 0.070"),
    }
