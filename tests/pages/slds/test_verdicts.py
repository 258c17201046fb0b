from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.ablation import TABLE, ablate
from lmphys.pages.slds.plain import plain_forecasts
from lmphys.pages.slds.verdicts import ablation_entries, cost_entry, full_model_entry, order_entry
from lmphys.stats.interval import Interval


@pytest.fixture(scope="module")
def pair():
    truth = random_parameters(3, 6, separation=6.0, stay=0.9, memory=0.9, seed=1)
    train, test = (draw_chains(truth, n, (2, 9), seed=seed) for n, seed in ((60, 2), (30, 3)))
    settings = {"rank": 3, "n_regimes": 2, "noise_rank": 2, "max_iter": 3}
    real = ablate(train, test, **settings)
    null = ablate(*real.surrogates(train, test, seed=0), **settings)
    heavy = ablate(*real.surrogates(train, test, seed=0, heavy=True), only=["full model", "no regimes"], **settings)
    nulls = {"surrogates of one map": null, "heavy-tailed surrogates": heavy}
    scores = {name: a.scores(n_bootstrap=20) for name, a in {"full model": real, **nulls}.items()}
    return real, nulls, scores, plain_forecasts(real, train, test, seed=0)


def test_each_row_has_its_number_its_drop_and_its_likelihood(pair):
    real, nulls, scores, plain = pair
    claims = {"no regimes": "a_r2", "no projection": "b_r2", "no state drift": "c_r2"}
    lost = {"random walks": Interval(-0.01, -0.02, 0), "permuted": Interval(-0.4, -0.5, -0.3)}
    judged = {"plain": plain, "lost": lost, "position": "boundary", "seed": 0}
    entries = ablation_entries(claims, real, nulls, scores, **judged)
    named = {entry.claim: entry for entry in entries}
    assert list(named) == [f"{letter}_{what}" for letter in "abc" for what in ("r2", "drop", "nll")]
    r2 = {name: table["r2"] for name, table in scores.items()}
    here = ("no regimes", "k", "h", "predictive")
    name = "one forecast, R² of h, k coordinates"
    assert named["a_r2"].obtained[name].value == r2["full model"][here]
    assert named["a_r2"].controls["shuffled order"][name] == plain["shuffled order"]["R² of h, k coordinates"]
    assert set(named["a_r2"].controls) == {"persistence", "per-trace mean", "shuffled order"}
    assert set(named["b_r2"].controls) == {"one linear map", "surrogates of one map"}
    assert set(named["c_r2"].controls) == {"persistence"}
    drops = {corpus: table[here] - table["full model", "k", "h", "predictive"] for corpus, table in r2.items()}
    assert named["a_drop"].obtained.value == pytest.approx(drops["full model"])
    for null in nulls:
        assert named["a_drop"].controls[null].value == pytest.approx(drops[null])
    assert named["a_drop"].controls["no drop"] == 0
    assert named["c_drop"].controls == {**lost, "no drop": 0.0}
    assert named["b_nll"].obtained == real.nll["no projection"]
    assert named["b_nll"].controls == {"full model": real.nll["full model"]}
    assert "in 3 coordinates" in named["b_drop"].note and "all 6 dimensions" in named["b_nll"].note


def test_the_full_model_stands_under_sixteen_definitions(pair):
    entry = full_model_entry("x", pair[2], "K = 2")
    assert list(entry.controls) == ["one linear map", "surrogates of one map", "heavy-tailed surrogates"]
    assert {len(numbers) for numbers in (entry.obtained, *entry.controls.values())} == {16}
    linear = entry.controls["one linear map"]
    assert len({tuple(interval) for interval in linear.values()}) == 4  # one forecast, two targets in two spaces
    assert entry.note == "K = 2"


def test_the_order_of_likelihoods_stands_beside_that_of_one_map(pair):
    real, nulls, *_ = pair
    paper = dict(real.nll[list(TABLE)])
    entry = order_entry("x", real, nulls["surrogates of one map"], paper, seed=0)
    assert entry.obtained.value == 1
    assert entry.controls["surrogates of one map"].value <= 1
    assert entry.note.startswith(f"here: {min(paper, key=paper.get)} <")


def test_cost_is_in_decades_with_the_range_of_the_rounds():
    cost = SimpleNamespace(rounds=np.array([100.0, 1000.0]), ratio=pd.Series({"seconds": 500.0}), n_chains=8)
    entry = cost_entry("x", cost, "cpu")
    assert tuple(entry.obtained) == pytest.approx((-np.log10(500), -3, -2))
    assert entry.note == "8 chains side by side on cpu; interval: 2 rounds"
