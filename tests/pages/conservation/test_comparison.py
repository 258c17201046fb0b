"""The model against the random weights that speak least for a claim."""

import numpy as np
import pandas as pd
import pytest

from lmphys.mechanics.balance import Balance
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, speed_of, turning_of
from lmphys.pages.conservation.comparison import against, count_readings, readings


def test_the_hardest_control_is_the_rival(at_random):
    """States that are twice as long: four times the kinetic energy, and the same turning."""
    controls = {
        name: Paths({"final_norm": [f * h for h in at_random.states["final_norm"]]}, at_random.log_pp, at_random.tokens)
        for name, f in (("slow", 0.5), ("like", 1.0))
    }
    double = Paths({"final_norm": [2 * h for h in at_random.states["final_norm"]]}, at_random.log_pp, at_random.tokens)
    faster = against(double, controls, speed_of, Balance.mean, more=True, log=True)
    assert faster.rival == "like"
    assert tuple(faster.difference) == pytest.approx([np.log(4)] * 3)
    assert faster.own == pytest.approx(16 * faster.controls["slow"])
    assert faster.spread == pytest.approx(np.log(4))
    slower = against(double, controls, speed_of, Balance.mean, more=False)
    assert slower.rival == "slow"
    assert slower.spread == pytest.approx(slower.controls["slow"] - slower.controls["like"])
    assert against(double, controls, turning_of, Balance.mean, more=True).difference.value == pytest.approx(
        0, abs=1e-12
    )


def test_readings_find_the_tie_where_it_was_put():
    """Steps along a line whose squared lengths make up for the perplexity, for C1 before the division by D."""
    rng = np.random.default_rng(2)

    def along(tied):
        kinetic = rng.uniform(1, 9, (12, 60))
        log_pp = 10 - kinetic + 0.1 * rng.standard_normal(kinetic.shape)
        if not tied:
            log_pp = rng.permutation(log_pp.ravel()).reshape(kinetic.shape) + 5
        line = np.concatenate([np.ones((12, 1)), 1 + np.sqrt(2 * kinetic).cumsum(axis=1)], axis=1)
        states = [np.stack([x, np.zeros(61)], axis=1) for x in line]
        sites = {"final_norm": states, "resid_post": states}
        return Paths(sites, [np.append(u, np.nan) for u in log_pp], [np.arange(61)] * 12)

    tied, loose = along(tied=True), along(tied=False)
    ours = readings(tied, {"loose": loose})
    assert len(ours) == 24
    assert balance_of(tied, per_dimension=False).value(Balance.ratio) == pytest.approx(0, abs=2e-3)
    assert ours.loc[("final_norm", "C1", "K", "start")].tolist() == [True, False, False, True]
    assert not ours.loc[("final_norm", "C1", "K", "end"), "trades off"]  # the tie is at the start of the step
    theirs = readings(loose, {"tied": tied})
    assert theirs.loc[("final_norm", "C1", "K", "start")].tolist() == [False, True, True, False]
    assert not ours.loc[("final_norm", "C3", "K/D", "start"), "trades off"]  # the opposite sign


def test_readings_are_counted_by_energy():
    index = pd.MultiIndex.from_tuples([("a", "C1"), ("b", "C1"), ("a", "C2")], names=["site", "energy"])
    table = pd.DataFrame({"trades off": [True, False, False], "random steadier": [True, True, False]}, index=index)
    assert count_readings(table).loc["C1"].tolist() == ["1 of 2", "2 of 2"]
    assert count_readings(table).loc["C2"].tolist() == ["0 of 1", "0 of 1"]
