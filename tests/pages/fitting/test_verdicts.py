import pandas as pd
import pytest

from lmphys.pages.fitting.leaks import GAUSSIAN, PERMUTED, REAL, STUDENT
from lmphys.pages.fitting.verdicts import gain_entry, r2_entry, simulation_entries
from lmphys.stats import Interval

KINDS = ["predictive", "filtered_after_update", "smoothed", "oracle"]


@pytest.fixture
def leak():
    # A number that says where it is from: corpus in the tenths, K in the hundredths, kind in the thousandths.
    rows = [
        {"corpus": corpus, "n_regimes": K, "weights": kind, "r2_h": r2, "r2_dh": r2 + 0.5}
        for c, corpus in enumerate((REAL, PERMUTED, GAUSSIAN, STUDENT))
        for K in (1, 4)
        for w, kind in enumerate(KINDS)
        for r2 in [c / 10 + K / 100 + w / 1000]
    ]
    return pd.DataFrame(rows)


def test_each_reading_of_r2_stands_beside_its_own_nulls(leak):
    pooled = {
        f"{kind}, {target}": Interval(i / 10 + j, i / 10 + j - 0.01, i / 10 + j + 0.01)
        for i, kind in enumerate([*KINDS, "one linear map"])
        for j, target in enumerate(("R² of h", "R² of Δh"))
    }
    claim, obtained, controls, note, lacking = r2_entry(pooled, leak, 4, note="K = 4")
    assert (claim, note, lacking) == ("slds.slds.r2_table", "K = 4", "")
    assert len(obtained) == 6
    assert obtained["predictive, R² of h"] == (0.0, -0.01, 0.01)
    assert obtained["oracle, R² of Δh"] == pytest.approx(Interval(1.3, 1.29, 1.31))
    assert {x.value for x in controls["one linear map"].values()} == {0.4, 1.4}
    assert controls[PERMUTED]["oracle, R² of h"] == pytest.approx(0.143)
    assert controls[GAUSSIAN]["filtered_after_update, R² of Δh"] == pytest.approx(0.741)
    assert controls[STUDENT]["predictive, R² of h"] == pytest.approx(0.34)
    assert all(set(control) == set(obtained) for control in controls.values())


def test_gain_stands_beside_the_gain_without_regimes():
    gain, nulls = Interval(0.05, 0.01, 0.09), {GAUSSIAN: Interval(0, -0.01, 0.01)}
    entry = gain_entry({"gain": gain}, nulls, n_splits=5)
    assert (entry.obtained, entry.controls) == (gain, nulls)


def test_distances_of_simulated_chains_are_counted_from_those_of_one_law():
    names = ["jump norms", "autocorrelation", "occupancy"]
    columns = {"distance": [0.1, 0.2, 0.03], "p": [0.5, 0.01, 0.9], "noise": [0.05, 0.06, 0.04]}
    realism = pd.DataFrame({**columns, "noise_low": [0.03] * 3, "noise_high": [0.07] * 3}, index=names)
    found = {entry.claim: entry for entry in simulation_entries(realism, realism.assign(distance=0.4))}
    assert found["slds.simulation.jumps"].obtained == pytest.approx(Interval(0.05, 0.03, 0.07))
    assert found["slds.simulation.jumps"].controls["one linear map"] == pytest.approx(Interval(0.35, 0.33, 0.37))
    # A perfect model is as often below as above the median of equal laws.
    assert found["slds.simulation.occupancy"].obtained == pytest.approx(Interval(-0.01, -0.04, 0.0))
    assert not found["slds.simulation.occupancy"].controls
    assert found["slds.simulation.autocorrelation"].note == "distance 0.200, p = 0.010; samples of one law 0.060"
