"""Trends by ranks: closed forms of small cases."""

import math

from lmphys.book.trend import trend_of


def test_three_models_in_order_are_two_of_six_orders():
    found = trend_of([1, 2, 3], [0.1, 0.2, 0.4])
    assert (found.low, found.high, found.n) == (1.0, 1.0, 3)
    assert math.isclose(found.p, 2 / 6)
    assert str(found) == "+1.00 (3 models, p = 0.33)"


def test_a_swapped_pair_of_four_has_the_known_correlation():
    found = trend_of([1, 2, 3, 4], [4, 3, 1, 2])  # 1 - 6 Σd²/(n(n²-1)), Σd² = 18
    assert math.isclose(found.low, -0.8)
    assert math.isclose(found.p, 8 / 24)  # 1 + 3 orders with Σd² ≤ 2, and their mirror images


def test_many_models_take_the_approximation():
    x = list(range(9))
    assert trend_of(x, x).p < 1e-6


def test_definitions_give_the_range_and_the_weakest_tie():
    found = trend_of([1, 2, 3], [{"a": 1, "b": 3}, {"a": 2, "b": 1}, {"a": 3, "b": 2, "c": 0}])
    assert (found.low, found.high) == (-0.5, 1.0)
    assert math.isclose(found.p, 1.0)
    assert str(found).startswith("-0.50 to +1.00")


def test_below_three_sizes_and_without_variation_there_is_none():
    assert trend_of([1, 1, 2, 2], [1, 2, 3, 4]) is None
    assert trend_of([1, 2, 3], [5, 5, 5]) is None
    assert trend_of([1, 2, 3], [{"a": 1}, {"b": 2}, {"a": 3}]) is None


def test_models_of_one_size_share_their_rank():
    found = trend_of([1, 1, 2, 3], [1.0, 1.0, 2.0, 3.0])
    assert math.isclose(found.low, 1.0)
    assert math.isclose(found.p, 2 / 24)  # the equal pair may stand either way; reversed ranks are no perfect tie
