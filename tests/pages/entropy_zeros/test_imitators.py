"""Imitators: tables of counts by hand, and which networks stand in."""

import numpy as np
import pytest

from lmphys.pages.entropy_zeros.imitators import EARLIER_STEPS, count_tables, network_imitators


def test_tables_are_those_of_counting_by_hand():
    tables = count_tables([[0, 1], [0, 1], [0, 2]], [[0], [1]], [1, 2], 3, strength=3.0)
    assert list(tables) == ["1-gram", "2-gram"]
    # Of six tokens three are 0, two 1, one 2; the uniform distribution is worth three tokens.
    one = (np.array([3, 2, 1]) + 3 / 3) / (6 + 3)
    np.testing.assert_allclose(tables["1-gram"].exp(), [one, one])
    # After 0 came 1, 1 and 2; nothing ever came after 1.
    np.testing.assert_allclose(tables["2-gram"].exp(), [(np.array([0, 2, 1]) + 3 * one) / (3 + 3), one])
    assert tables["2-gram"].exp().sum(1).numpy() == pytest.approx(1)


def test_the_reasoner_is_imitated_by_its_past_and_others_by_what_is_chosen():
    assert network_imitators("reasoner") == list(EARLIER_STEPS)
    assert network_imitators("reasoner", ["a", "b"]) == network_imitators("smollm2", ["a", "b"]) == ["a", "b"]
    assert network_imitators("smollm2") == []
