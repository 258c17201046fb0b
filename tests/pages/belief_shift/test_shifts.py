import dataclasses

import numpy as np
import pandas as pd
import pytest
from tests.pages.belief_shift.conftest import themed_chains

from lmphys.pages.belief_shift.shifts import belief_shifts, first_pair, odds_by_order, shift_table, theme_difference


def test_a_difference_between_themes_is_that_of_their_means():
    one = pd.Series([1.0, 3.0, 10.0], index=["a", "a", "b"])
    other = pd.Series([1.0, 4.0, 2.0], index=["a", "b", "b"])
    value, low, high = theme_difference(one, other)
    assert value == pytest.approx(((2 - 1) + (10 - 3)) / 2)
    assert (low, high) == (pytest.approx(1), pytest.approx(7))


@pytest.fixture
def final():
    """Two themes with two chains of each condition: the claim rises by 0.2 and 0.4, a control falls by 0.1."""
    rows = [(theme, c) for theme in ("a", "b") for c in ("clean", "poisoned") for _ in range(2)]
    table = pd.DataFrame(rows, columns=["theme", "condition"])
    poisoned = (table["condition"] == "poisoned").astype(float)
    table["claim"] = 0.3 + poisoned * np.where(table["theme"] == "a", 0.2, 0.4)
    return table.assign(**{"neutral": 0.5 - 0.1 * poisoned, "other claim": 0.5})


def test_shifts_are_poisoned_minus_clean_for_the_claim_and_both_controls(final):
    shifts = belief_shifts(final)
    assert shifts["claim"] == pytest.approx((0.3, 0.2, 0.4))
    assert shifts["neutral"] == pytest.approx((-0.1, -0.1, -0.1))
    assert shifts["other claim"] == pytest.approx((0, 0, 0))
    table = shift_table(final, shifts)
    assert table.loc["claim"].tolist() == pytest.approx([0.3, 0.6, 0.3, 0.2, 0.4])
    assert table.columns.tolist() == ["clean", "poisoned", "shift", "low", "high"]


def test_odds_are_those_of_the_last_sentence_and_a_pair_has_one_chain_of_each_condition():
    traj = themed_chains(n_themes=2, n_chains=1, n_steps=7)
    sentences = traj.sentences.assign(text="x")
    poisoned = (traj.chains["condition"] == "poisoned").to_numpy()[sentences["chain"]]
    sentences["odds.short.true-first"] = sentences["t"] + 2.0 * poisoned
    traj = dataclasses.replace(traj, sentences=sentences)
    assert odds_by_order(traj).loc["odds.short.true-first"].tolist() == pytest.approx([6, 8, 2])
    pair = first_pair(traj)
    assert pair.index.get_level_values("condition").tolist() == ["clean"] * 7 + ["poisoned"] * 7
    np.testing.assert_allclose(pair.loc["poisoned", "belief"], sentences["belief"][7:14])
