from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from lmphys.core.trajectories import Trajectories
from lmphys.pages.early_warning.forecast_scores import areas, brier, chance, discrimination, planted_gains, reliability
from lmphys.pages.early_warning.forecasts import forecast
from lmphys.pages.early_warning.signals import Signals
from lmphys.stats.bootstrap import chain_weights


def table(seed=0, n=160, n_questions=40):
    """Two forecasts of an event, the second with more noise; two tasks, four chains a question."""
    rng = np.random.default_rng(seed)
    question = np.arange(n) % n_questions
    event = rng.random(n) < 0.4
    return pd.DataFrame(
        {
            "question": question,
            "task": question % 2,
            "fold": question % 3,
            "event": event,
            "good": event + rng.standard_normal(n),
            "base": np.round(event + 2 * rng.standard_normal(n)),  # with ties
        }
    )


def repeated(rows, weight):
    return rows.loc[np.repeat(rows.index, weight[rows["question"]].astype(int))]


def by_stratum(rows, name, keys):
    """Mean over strata, weighted with their pairs, by scikit-learn."""
    area, pairs = 0.0, 0
    for _, part in rows.groupby(keys):
        n = part["event"].sum() * (~part["event"]).sum()
        if n:
            area, pairs = area + n * roc_auc_score(part["event"], part[name]), pairs + n
    return area / pairs


@pytest.mark.parametrize(("within", "keys"), [("all", ["fold"]), ("task", ["fold", "task"])])
def test_areas_and_paired_gains_are_those_of_resampled_questions(within, keys):
    rows = table()
    found = {n: areas(rows, n, within=within, n_bootstrap=30, seed=4) for n in ("good", "base")}
    weights = np.vstack([np.ones(40), chain_weights(40, 30, 4)])
    expected = {n: [by_stratum(repeated(rows, w), n, keys) for w in weights] for n in found}
    for name in found:
        assert found[name] == pytest.approx(expected[name])
    line = discrimination(rows, ["good"], base="base", within=within, n_bootstrap=30, seed=4).loc["good"]
    gains = np.subtract(expected["good"], expected["base"])
    assert line["gain"] == pytest.approx(gains[0])
    assert (line["gain_low"], line["gain_high"]) == pytest.approx(tuple(np.quantile(gains[1:], [0.025, 0.975])))
    assert (line["low"], line["high"]) == pytest.approx(tuple(np.quantile(expected["good"][1:], [0.025, 0.975])))


def test_pairs_of_one_question_by_hand():
    rows = pd.DataFrame(
        {
            "question": [0, 0, 0, 1, 1, 2, 2],
            "task": 0,
            "fold": [0, 0, 0, 0, 0, 1, 1],
            "event": [True, False, False, True, False, True, True],
            "p": [0.6, 0.5, 0.7, 0.2, 0.2, 0.9, 0.1],
        }
    )
    # Question 0: one pair right, one wrong; question 1: a tie; question 2: no pair.
    found = areas(rows, "p", within="question", n_bootstrap=50, seed=1)
    assert found[0] == pytest.approx((1 + 0 + 0.5) / 3)
    for w, value in zip(chain_weights(3, 50, 1), found[1:], strict=True):
        pairs = 2 * w[0] + w[1]  # a question drawn twice counts twice
        assert value == pytest.approx((w[0] + 0.5 * w[1]) / pairs) if pairs else np.isnan(value)
    # What differs between questions alone cannot help.
    between = rows.assign(p=[0.9, 0.9, 0.9, 0.1, 0.1, 0.5, 0.5])
    assert areas(between, "p", within="question", n_bootstrap=0)[0] == 0.5


def test_nothing_to_compare_is_no_number():
    rows = table().assign(event=True)
    line = discrimination(rows, ["good"], base="base", n_bootstrap=5).loc["good"]
    assert line.isna().all()
    assert reliability(rows.iloc[:0], "good").empty
    assert brier(rows.iloc[:0], ["good"], "base").isna().all(axis=None)


def known_probabilities(n=6000, seed=2):
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    rows = pd.DataFrame({"question": np.arange(n) // 4, "event": rng.random(n) < p, "true": p})
    return rows.assign(base=0.5, overconfident=np.clip(p + (p - 0.5), 0, 1))


def test_known_probabilities_lie_on_the_diagonal():
    rows = known_probabilities()
    found = reliability(rows, "true", n_bins=8)
    assert found["chains"].sum() == len(rows) and (found["chains"] == len(rows) / 8).all()
    inside = (found["low"] <= found["forecast"]) & (found["forecast"] <= found["high"])
    assert inside.sum() >= 7
    assert ((found["rate"] - found["forecast"]).abs() < 0.05).all()
    # Overconfident ones do not: what they call certain comes in three of four cases.
    wrong = reliability(rows, "overconfident", n_bins=4)
    assert wrong["low"].iloc[0] > wrong["forecast"].iloc[0] and wrong["high"].iloc[-1] < wrong["forecast"].iloc[-1]


def test_brier_score_and_skill_have_their_closed_forms():
    """With p uniform on [0, 1]: E p (1 - p) = 1/6 against 1/4 of the base rate, so a third is saved."""
    rows = known_probabilities()
    found = brier(rows, ["true", "base"], "base")
    assert found.loc["true", "brier"] == pytest.approx(brier_score_loss(rows["event"], rows["true"]))
    assert found.loc["true", "brier"] == pytest.approx(1 / 6, abs=0.01)
    assert found.loc["true", "low"] < 1 / 3 < found.loc["true", "high"]
    assert found.loc["base", ["skill", "low", "high"]].tolist() == [0, 0, 0]


@pytest.fixture(scope="module")
def noise():
    """Signals of 160 chains, 4 a question, that are noise in each of four folds."""
    rng = np.random.default_rng(6)
    traj = Trajectories.from_list([rng.standard_normal((3, 2)) for _ in range(160)])
    chains = pd.DataFrame({"chain_id": np.arange(160), "question_id": [f"q{i // 4}" for i in range(160)], "task": "t"})
    fold = np.arange(160) // 4 % 4
    values = {2: [{"x": rng.standard_normal((160, 3)), "length": rng.standard_normal((160, 1))}] * 4}
    return Signals(replace(traj, chains=chains), fold, values)


def test_chance_is_no_gain_and_one_half(noise):
    event = np.random.default_rng(8).random(160) < 0.5
    found = chance(noise, event, 2, (("length",), ("x",)), n_draws=30)
    assert found["permuted"].mean() == pytest.approx(0, abs=3 * found["permuted"].std() / np.sqrt(30) + 0.01)
    assert found["shuffled"].mean() == pytest.approx(0.5, abs=3 * found["shuffled"].std() / np.sqrt(30))


def test_power_is_that_of_the_test_and_grows(noise):
    event = np.random.default_rng(8).random(160) < 0.5
    found = planted_gains(noise, event, 2, ["length"], [0.0, 0.5, 3.0], n_draws=20, n_bootstrap=100)
    assert found["auroc"].round(3).tolist() == [0.5, 0.638, 0.983]
    assert found.loc[0.0, "seen"] <= 0.2 and found.loc[3.0, "seen"] == 1
    assert found["gain"].is_monotonic_increasing
    # Beside a base that knows nothing, the area is that of the column.
    base = areas(forecast(noise, event, 2, {"known": (("length",), ())}), "known", n_bootstrap=0)[0]
    assert base + found.loc[3.0, "gain"] == pytest.approx(0.983, abs=0.015)
