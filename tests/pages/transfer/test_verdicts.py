"""Summaries and verdicts of matrices and transfers whose every R^2 is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.pages.transfer.model_transfer import MATCHES, NULLS
from lmphys.pages.transfer.summary import describe_matches, same_text_means, switching_gains
from lmphys.pages.transfer.task_transfer import REST, RULES, TransferMatrix
from lmphys.pages.transfer.verdicts import beats_linear, model_drop, same_base, task_drop

NOISE = np.linspace(-0.01, 0.01, 201)


def scores(value):
    """R^2 of a rule is `value` of it, with replicates about it."""
    return SimpleNamespace(
        r2=lambda rule: np.concatenate([[value(rule)], value(rule) + NOISE]), nll=lambda rule: np.array([value(rule)])
    )


def matrix_of(own, other, rest):
    """Every rule has the same R^2, plus 0.1 for the switching model."""

    def entry(base):
        return scores(lambda rule: base + 0.1 * rule.startswith("switching"))

    pairs = {(s, t): entry(own if s == t else other) for s in "ab" for t in "ab"}
    return TransferMatrix(("a", "b"), pairs | {(REST, t): entry(rest) for t in "ab"})


def transfer_of(matched, refit=0.8):
    table = pd.DataFrame({"switching": 0.1, "refit": refit}, index=list(MATCHES))
    table.loc["matched", "switching"] = matched
    table.loc[NULLS[1], "switching"] = 0.2
    table.loc["own basis", "switching"] = -0.5

    def r2(match, rule="switching"):
        value = refit if rule == "refit" else table.loc[match, "switching"]
        return np.concatenate([[value], value + NOISE])

    return SimpleNamespace(table=lambda: table, r2=r2)


def test_pairs_have_both_scores_and_their_kind():
    pairs = matrix_of(0.5, 0.3, 0.4).pairs()
    assert list(pairs.index) == [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    assert pairs["pair"].tolist() == ["own task", "another task", "another task", "own task"]
    np.testing.assert_allclose(pairs["r2"], [0.6, 0.4, 0.4, 0.6])


def test_gains_are_of_the_switching_model_over_one_map():
    gains = switching_gains(matrix_of(0.5, 0.3, 0.4), matrix_of(0.2, 0.1, 0.2))
    assert len(gains) == 6
    for gain in gains.values():  # the replicates are paired, so that their noise drops out
        assert tuple(gain) == pytest.approx((0.1, 0.1, 0.1))


def test_a_drop_to_another_task_stands_beside_permuted_questions():
    real, permuted = matrix_of(0.5, 0.3, 0.4).summary(), matrix_of(0.4, 0.39, 0.4).summary()
    entry = task_drop("x", real, permuted, "K = 2")
    assert entry.obtained.value == pytest.approx(-0.2)
    assert entry.controls["no drop"] == 0.0
    assert tuple(entry.controls["questions permuted among tasks"]) == pytest.approx((-0.01, -0.01, -0.01))
    assert entry.note == "with the mean moved -0.200; K = 2"


def test_a_drop_to_another_model_is_relative_to_all_other_tasks():
    matrix = matrix_of(0.5, 0.3, 0.4)
    (entry,) = model_drop("x", [transfer_of(0.2), transfer_of(0.4)], matrix)
    assert tuple(entry.obtained) == pytest.approx((0.3 - 0.5,) * 3)
    assert entry.controls["no drop"] == 0.0
    assert tuple(entry.controls["refitted"]) == pytest.approx((0.3, 0.3, 0.3))
    assert entry.note == "matched on the same text; own basis: -1.000, matched and scaled: -0.400"
    assert model_drop("x", [], matrix) == []


def test_an_adapter_of_the_source_is_no_other_model(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("{}")
    assert same_base("smollm2", ["reasoner"]).startswith("reasoner: adapted from the base of smollm2")
    assert same_base("smollm2", ["reasoner", str(other)]) == ""
    assert same_base("smollm2", []) == ""
    (entry,) = model_drop("x", [transfer_of(0.2)], matrix_of(0.5, 0.3, 0.4), lacking="kin")
    assert entry.lacking == "kin"


def test_a_gain_stands_beside_simulations_and_the_mean():
    matrix = matrix_of(0.5, 0.3, 0.4)
    summary = matrix.summary()
    summary.loc["mean of target", "other"] = 0.0
    entry = beats_linear("x", switching_gains(matrix, matrix), summary)
    assert entry.obtained.value == pytest.approx(0.1)
    simulated = entry.controls.pop("simulated without regimes")
    assert tuple(simulated) == pytest.approx((0.1, 0.1, 0.1))
    assert entry.controls == pytest.approx({"no gain": 0, "mean of the target": -0.3})
    assert entry.note.startswith("to one other task, at R² 0.400; with the mean moved 0.100")
    assert set(RULES) == set(summary.index)


def test_matches_are_described_by_their_extremes_and_nulls():
    row = describe_matches({"m": transfer_of(0.6)}).loc["m"]
    assert row["best null"] == 0.2 and row["matched"] == 0.6 and row["refit"] == 0.8
    assert row["worst choice"] == "-0.500, own basis" and row["best choice"] == "0.600, matched"


def test_random_weights_are_told_from_trained_ones():
    crossed = {
        "org/one, same text": transfer_of(0.5),
        "org/two, same text": transfer_of(0.3),
        "random:org/one, same text": transfer_of(0.1, refit=0.2),
    }
    found = same_text_means(crossed, ["org/one", "org/two", "random:org/one"])
    np.testing.assert_allclose(found.loc["trained weights"], [0.4, 0.8])
    np.testing.assert_allclose(found.loc["random weights"], [0.1, 0.2])
    assert list(same_text_means(crossed, ["org/one"]).index) == ["trained weights"]
