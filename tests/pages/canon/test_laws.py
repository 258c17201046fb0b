from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest

from lmphys.pages.canon import laws


def test_guesses_at_a_list_are_those_of_brute_force():
    # One who names a word of the list that is not yet copied: of 3 words, 1/3, then 1/2, then 1.
    assert laws.listed_not_yet_copied([3]) == pytest.approx(100 * (1 / 3 + 1 / 2 + 1) / 3)
    assert laws.listed_at_random([2, 4]) == pytest.approx(100 * (1 / 2 + 1 / 4) / 2)
    hits = [order[place] == min(order[place:]) for order in permutations(range(4)) for place in range(4)]
    assert laws.listed_not_yet_copied([4]) == pytest.approx(100 * np.mean(hits))
    assert laws.not_yet_copied_by_place([2, 3]) == pytest.approx(
        [100 * (1 / 2 + 1 / 3) / 2, 100 * (1 + 1 / 2) / 2, 100]
    )


def test_a_question_has_been_asked_before_as_often_as_in_all_sequences():
    sequences = list(product(range(4), repeat=3))  # 2 vertices, 2 numbers of steps
    brute = [np.mean([each[i] in each[:i] for each in sequences]) for i in range(3)]
    assert laws.asked_before(2, 2, 3) == pytest.approx(brute)


def test_plateaus_fall_from_even_guesses_to_nothing():
    # Cycles of 3 alone: of two others one is right; once one step is known, so is the other.
    assert laws.plateaus(3, 2) == pytest.approx([np.log(2), 0, 0])
    weights = 1 / (2 + np.array([3, 4]))  # cycles of 3 and 4
    expected = (weights * np.log([2, 3])).sum() / weights.sum()
    half = weights[1] * np.log(2) / 2 / weights.sum()
    assert laws.plateaus(4, 2) == pytest.approx([expected, half, 0])


def test_the_best_constant_answer_is_that_of_all_expressions():
    # One operation modulo 2: 0 comes from + and - in 2 of 4 cases, from * in 3 of 4.
    exact = Fraction(2, 3) * Fraction(1, 2) + Fraction(1, 3) * Fraction(3, 4)
    assert laws.constant_guess(1, 2) == pytest.approx(float(100 * exact))
    assert laws.even_guess(5) == 25
