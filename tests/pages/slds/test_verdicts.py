from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.ablation import ablate
from lmphys.pages.slds.verdicts import ablation_entries, cost_entry, full_model_entry


@pytest.fixture(scope="module")
def pair():
    truth = random_parameters(3, 6, separation=6.0, stay=0.9, memory=0.9, seed=1)
    train, test = (draw_chains(truth, n, (2, 9), seed=seed) for n, seed in ((60, 2), (30, 3)))
    settings = {"rank": 3, "n_regimes": 2, "noise_rank": 2, "max_iter": 3}
    real = ablate(train, test, **settings)
    null = ablate(*real.surrogates(train, test, seed=0), **settings)
    return real, null, tuple(a.scores(n_bootstrap=20) for a in (real, null))


def test_each_row_has_its_number_its_drop_and_its_likelihood(pair):
    real, null, scores = pair
    claims = {"no regimes": "a_r2", "no projection": "b_r2", "no state drift": "c_r2"}
    entries = ablation_entries(claims, real, null, scores, walk_drop=-0.01, position="boundary", seed=0)
    named = {entry.claim: entry for entry in entries}
    assert list(named) == [f"{letter}_{what}" for letter in "abc" for what in ("r2", "drop", "nll")]
    r2 = [table["r2"] for table in scores]
    here = ("no regimes", "k", "h", "predictive")
    name = "one forecast, R² of h, k coordinates"
    assert named["a_r2"].obtained[name].value == r2[0][here]
    assert named["a_r2"].controls["surrogates of one map"][name] == r2[1][here]
    drops = [table[here] - table["full model", "k", "h", "predictive"] for table in r2]
    assert named["a_drop"].obtained.value == pytest.approx(drops[0])
    assert named["a_drop"].controls == {"surrogates of one map": pytest.approx(drops[1]), "no drop": 0.0}
    assert named["c_drop"].controls == {"random walks": -0.01, "no drop": 0.0}
    assert named["b_nll"].obtained == real.nll["no projection"]
    assert named["b_nll"].controls == {"full model": real.nll["full model"]}
    assert "in 3 coordinates" in named["b_drop"].note and "all 6 dimensions" in named["b_nll"].note


def test_the_full_model_stands_under_sixteen_definitions(pair):
    entry = full_model_entry("x", pair[2], "K = 2")
    assert len(entry.obtained) == len(entry.controls["surrogates of one map"]) == 16
    linear = entry.controls["one linear map"]
    assert linear.keys() == entry.obtained.keys()
    assert len({tuple(interval) for interval in linear.values()}) == 4  # one forecast, two targets in two spaces
    assert entry.note == "K = 2"


def test_cost_is_in_decades_with_the_range_of_the_rounds():
    cost = SimpleNamespace(rounds=np.array([100.0, 1000.0]), ratio=pd.Series({"seconds": 500.0}), n_chains=8)
    entry = cost_entry("x", cost, "cpu")
    assert tuple(entry.obtained) == pytest.approx((-np.log10(500), -3, -2))
    assert entry.note == "8 chains side by side on cpu; interval: 2 rounds"
