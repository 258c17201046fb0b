"""Hand-made pools and trials: who is matched with whom, what comes back, and what the nulls make of it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.core.errors import LmphysError
from lmphys.pages.basins.bending import curvature_spread, curvatures, mean_curvatures
from lmphys.pages.basins.comparisons import (
    AFTER_CUTS,
    DISPLACED,
    LESS_SHARE,
    SHARE,
    compare_astray,
    compare_displaced,
    compare_returns,
    half_lost,
    half_lost_by_kind,
)
from lmphys.pages.basins.matched import (
    compare_pairs,
    matched_chains,
    permuted,
    predicted,
    predictors,
    right_less_wrong,
)
from lmphys.pages.basins.returns import (
    astray_table,
    came_back,
    given_tokens,
    return_table,
    returned,
    returns_by_mistake,
    share_of_answer,
)


def hand_pool():
    """Three questions of four chains; the second is never right, the third is once."""
    pool = random_pool(n_questions=3, n_chains=4)
    right = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=bool)
    energy = np.array([[0.1, 0.52, 0.9, 0.45], [0.4, 0.3, 0.2, 0.1], [1.0, 0.95, 0.1, 2.0]])
    answers = np.array([[0, 1, -1, 0], [0, 0, 1, -1], [0, 1, 0, -1]])
    return dataclasses.replace(pool, right=right, energy=energy, answers=answers)


def test_the_closest_energies_are_matched():
    picked = matched_chains(hand_pool(), 3)
    assert picked[["question", "chain", "right"]].values.tolist() == [
        [2, 1, True],  # 0.95 and 1
        [2, 0, False],
        [0, 3, True],  # 0.45 and 0.52
        [0, 1, False],
        [1, 2, False],  # the lower of the two middle energies
    ]
    assert picked["row"].tolist() == [9, 8, 3, 1, 6]
    assert matched_chains(hand_pool(), 1)["question"].tolist() == [2, 2]
    blind = dataclasses.replace(hand_pool(), energy=np.full((3, 4), np.nan), n_tokens=np.array([[9, 1, 5, 2]] * 3))
    assert matched_chains(blind, 3).query("question == 0")["chain"].tolist() == [3, 1]
    with pytest.raises(LmphysError, match="at least 1"):
        matched_chains(hand_pool(), 0)


def test_differences_are_right_less_wrong():
    picked = matched_chains(hand_pool(), 3)
    values = 10 * picked["question"].to_numpy() + picked["right"].to_numpy()
    np.testing.assert_array_equal(right_less_wrong(values, picked), [1, 1])
    shuffled = picked.iloc[[1, 0, 2, 3, 4]]  # whichever stands first
    np.testing.assert_array_equal(right_less_wrong(values[[1, 0, 2, 3, 4]], shuffled), [1, 1])
    assert right_less_wrong(values[4:], picked[4:]).shape == (0,)
    null = permuted(np.array([3.0, 1.0]), n=4000)
    assert set(null) == {2.0, 1.0, -1.0, -2.0} and null.mean() == pytest.approx(0, abs=0.1)


def test_answers_that_are_equal_come_back_and_none_is_an_answer():
    assert came_back("7", ["7.0", "8", None]).tolist() == [True, False, False]
    assert came_back(None, [None, "7"]).tolist() == [True, False]
    trials = pd.DataFrame(
        {"chain": [1, 0, 1, 0], "cut": [0.5, 0.5, 0.5, 0.25], "extracted": ["Monday", "3", np.nan, "4"]}
    )
    assert returned(trials, ["4", "monday"]).tolist() == [True, False, False, True]
    table = return_table(trials, ["4", "monday"], by="cut")
    assert table.index.tolist() == [1, 0] and table.columns.tolist() == [0.25, 0.5]
    wanted = return_table(trials, ["4", "monday"], by="cut", chains=[0, 5])
    assert wanted.loc[0, 0.25] == 1 and wanted.loc[5].isna().all()
    assert return_table(trials[:0], [], by="cut", chains=[7, 5]).shape == (2, 0)
    assert table.loc[1, 0.5] == 0.5 and table.loc[0, 0.25] == 1 and np.isnan(table.loc[1, 0.25])


def test_the_share_leaves_the_chain_itself_out():
    share = share_of_answer(hand_pool())
    np.testing.assert_allclose(share[0], [1 / 3, 0, 0, 1 / 3])
    np.testing.assert_allclose(share[1], [1 / 3, 1 / 3, 0, 0])
    assert np.isnan(share_of_answer(random_pool(n_chains=1))).all()


def test_a_cut_keeps_whole_sentences():
    ends = np.array([4, 9, 11, 20])
    assert [given_tokens(ends, cut) for cut in (0, 0.2, 0.25, 0.5, 0.75, 0.99)] == [0, 0, 5, 10, 12, 12]
    assert given_tokens(np.array([], dtype=int), 0.5) == 0 and given_tokens(np.arange(100), 0.29) == 29
    sentences = pd.DataFrame({"chain": [0, 0, 0, 0, 1], "astray": [False, True, True, False, True]})
    corpus = SimpleNamespace(sentences=sentences.astype({"astray": "boolean"}))
    astray = astray_table(corpus, [0, 1, 2], [0.25, 0.5, 0.75, 1.0])
    assert astray.loc[0].tolist() == [False, True, True, False]
    assert astray.loc[1].tolist() == [False, False, False, True]  # one sentence is kept whole or not at all
    assert not astray.loc[2].any()
    # Three wrong chains are cut at a half: the first is astray by then, the others not.
    back = pd.DataFrame({0.5: [0.25, 0.75, 0.5, 1.0]}, index=[0, 1, 2, 3])
    known = astray_table(corpus, back.index, [0.5])
    table = returns_by_mistake(back, np.array([False, False, False, True]), known).set_index("kind")
    assert table["chains"].tolist() == [1, 2, 1]
    assert table["comes back"].tolist() == [1.0, 0.625, 0.25]
    unlabelled = astray_table(SimpleNamespace(sentences=sentences[["chain"]]), back.index, [0.5])
    assert unlabelled.shape == (4, 0) and returns_by_mistake(back, np.ones(4, dtype=bool), unlabelled).empty


def test_half_is_lost_on_a_straight_line():
    norms = np.array([0.0, 0.5, 1.0])
    assert half_lost(norms, np.array([0.8, 0.6, 0.2])) == pytest.approx(0.75)
    assert np.isnan(half_lost(norms, np.array([0.8, 0.6, 0.5]))) and np.isnan(half_lost(norms, np.zeros(3)))


def test_other_questions_predict_a_line_exactly_and_noise_not_at_all():
    rng = np.random.default_rng(0)
    known, question = rng.normal(size=(40, 2)), np.repeat(np.arange(20), 2)
    y = 1 + known @ [2.0, -3.0]
    np.testing.assert_allclose(predicted(y, known, question), y)
    # The question itself is not looked at: its own y may be anything.
    spoiled = y.copy()
    spoiled[question == 7] = 1e3
    np.testing.assert_allclose(predicted(spoiled, known, question)[question == 7], y[question == 7])
    assert np.isnan(predicted(y[:4], known[:4], question[:4])).all()
    assert np.isnan(predicted(y, np.where(known > 2, np.nan, known), question)).all()


def test_the_curvature_of_a_parabola():
    rows = [(c, 0, 0.0, 1.0 + c) for c in (3, 8)]
    rows += [
        (c, d, s, 1.0 + c + 0.7 * d * s + (2 + c + d) * s**2)
        for c in (3, 8)
        for d in (0, 1)
        for s in (-0.2, -0.1, 0.1, 0.2)
    ]
    table = pd.DataFrame(rows, columns=["chain", "direction", "step", "energy"])
    for step in (0.1, 0.2):
        found = curvatures(table, step)
        assert found.index.tolist() == [3, 8]
        np.testing.assert_allclose(found, [[2 * (2 + 3), 2 * (2 + 3 + 1)], [2 * (2 + 8), 2 * (2 + 8 + 1)]])


def test_pairs_are_compared_with_what_is_known():
    rng = np.random.default_rng(1)
    picked = pd.DataFrame({"question": np.repeat(np.arange(30), 2), "right": [True, False] * 30})
    known = rng.normal(size=(60, 1))
    known[picked["right"].to_numpy(bool)] += 1
    y = 2 * known[:, 0]
    hole = y.copy()
    hole[0] = np.nan
    extra = y + np.where(picked["right"], 0.5, -0.5)
    table = compare_pairs({"known": y, "hole": hole, "more": extra}, picked, known)
    difference = (y[::2] - y[1::2]).mean()
    assert table.loc["known", "difference"] == pytest.approx(difference) == table.loc["known", "predicted"]
    assert table["pairs"].tolist() == [30, 29, 30]
    assert table.loc["more", "difference"] == pytest.approx(difference + 1)
    assert table.loc["more", "right"] - table.loc["more", "wrong"] == pytest.approx(difference + 1)
    # A line through both kinds takes a part of what the label adds for its own, but not all.
    assert difference < table.loc["more", "predicted"] < difference + 1
    assert (table["low"] < table["difference"]).all() and table.loc["more", "p"] < 0.01
    spread = (y[::2] - y[1::2]).std(ddof=1) / np.sqrt(30)
    assert table.loc["known", "visible"] == pytest.approx(2.8016 * spread, rel=1e-3)
    nobody = compare_pairs({"y": y[:1]}, picked[:1], known[:1])
    assert nobody.loc["y", "pairs"] == 0 and np.isnan(nobody.loc["y", "difference"])


def pairs(n):
    return pd.DataFrame({"question": np.repeat(np.arange(n), 2), "right": [True, False] * n})


def test_returns_are_set_beside_the_shares():
    """Right chains come back by 0.2 more than their share, wrong ones exactly by it."""
    rng = np.random.default_rng(0)
    picked, share = pairs(20), rng.uniform(0, 0.5, 40)
    extra = np.where(picked["right"], 0.2, 0.0)
    back = pd.DataFrame({0.25: share + extra, 0.5: share + extra}, index=np.arange(40) + 100)
    table = compare_returns(back, share, picked, share[:, None])
    assert table.index.tolist() == [SHARE, "0.25", "0.5", AFTER_CUTS, LESS_SHARE]
    assert np.isnan(table.loc[SHARE, "predicted"])
    assert table.loc[LESS_SHARE, "difference"] == pytest.approx(0.2)
    assert table.loc[AFTER_CUTS, "difference"] == pytest.approx(table.loc[SHARE, "difference"] + 0.2)
    astray = pd.DataFrame({0.5: np.repeat(np.arange(20) < 7, 2)}, index=back.index)
    assert compare_astray(back, astray, picked, share[:, None])["pairs"].tolist() == [7]
    assert compare_returns(back[[]], share, picked, share[:, None]).index.tolist() == [SHARE]


def test_the_mean_displacement_leaves_none_out_but_zero():
    picked = pairs(4)
    kept = pd.DataFrame({0.0: np.ones(8), 0.5: [0.8, 0.4] * 4, 1.0: [0.4, 0.0] * 4})
    table = compare_displaced(kept, picked, np.ones((8, 1)))
    assert table.index.tolist() == ["0", "0.5", "1", DISPLACED]
    assert table.loc[DISPLACED, ["right", "wrong"]].tolist() == pytest.approx([0.6, 0.2])
    lost = half_lost_by_kind(kept, table)
    assert lost["right"] == pytest.approx(0.875) and lost["wrong"] == pytest.approx(0.5 * 0.5 / 0.6)
    assert compare_displaced(kept[[]], picked, np.ones((8, 1))).empty
    assert half_lost_by_kind(kept[[]], table).empty


def test_chains_without_energies_are_predicted_by_one_number():
    pool, picked = hand_pool(), matched_chains(hand_pool(), 3)
    both = predictors(pool, picked, np.arange(5.0))
    np.testing.assert_array_equal(both, np.column_stack([np.arange(5.0), picked["energy"]]))
    blind = dataclasses.replace(pool, energy=np.full((3, 4), np.nan))
    assert predictors(blind, picked, np.arange(5.0)).shape == (5, 1)


def test_chains_that_were_not_read_have_no_curvature():
    rows = [(3, d, s, d * s**2) for d in (1, 3) for s in (-0.1, 0.1)] + [(3, 0, 0.0, 0.0)]
    energies = pd.DataFrame(rows, columns=["chain", "direction", "step", "energy"])
    found = mean_curvatures(energies, 0.1, [5, 3])
    assert np.isnan(found[0]) and found[1] == pytest.approx(2 * 2)
    spread = curvature_spread(np.array([-1.0, 3.0, np.nan]), curvatures(energies, 0.1))
    assert spread.tolist() == pytest.approx([1, 2, 2, np.sqrt(8)])
