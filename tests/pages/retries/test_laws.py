import numpy as np
import pytest

from lmphys.pages.retries.laws import backs_of_data, expected_backs, likeliest_ends, price_of_mistakes
from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.problems.arithmetic.solution import Retries, write_solution
from lmphys.problems.arithmetic.words import ArithmeticWords
from lmphys.problems.documents import Dice

WORDS = ArithmeticWords(5, 12)


def problem(*formulas):
    n = len(formulas)
    return ArithmeticProblem(tuple(range(n)), formulas, tuple(range(n)), n - 1, 5)


CONSTANT = Formula((), constant=1)
CHAIN = problem(CONSTANT, Formula((0,)), Formula((1,)))  # a, b = a, c = b
STAR = problem(CONSTANT, CONSTANT, Formula((0, 1)))  # a, b, c = a + b


def test_the_price_is_the_entropy_of_a_geometric_number():
    for q in (0.1, 0.5, 0.8):
        p = (1 - q) * q ** np.arange(2000)
        assert price_of_mistakes(q) == pytest.approx(-(p * np.log(np.maximum(p, 1e-300))).sum())
    assert price_of_mistakes(0) == 0 and price_of_mistakes(0.5) == pytest.approx(2 * np.log(2))


def test_a_law_with_its_mistakes_costs_their_price():
    # One name is ready at each step; two, one and no names may be mistaken.
    losses = [write_solution(CHAIN, Retries(0.5), WORDS, Dice(np.random.default_rng([3, i]))).loss for i in range(4000)]
    nats = np.array([loss.sum() for loss in losses])
    exact = 2 * price_of_mistakes(0.5) + 1 * np.log(2)
    assert nats.mean() == pytest.approx(exact, abs=4 * nats.std() / np.sqrt(len(nats)))


def test_without_chance_the_law_ends_where_right_names_are_likelier():
    assert likeliest_ends(CHAIN, Retries(0.0)) == 1
    assert likeliest_ends(CHAIN, Retries(0.4)) == 1
    # At one half: 1/2 against 1/4 each, then 1/2 against 1/2, then nothing to be mistaken for.
    assert likeliest_ends(CHAIN, Retries(0.5)) == pytest.approx(1 / 2)
    assert likeliest_ends(CHAIN, Retries(0.6)) == 0
    # Two are ready and one may be mistaken: 1/4 each against 1/2.
    assert likeliest_ends(STAR, Retries(0.5)) == 0
    assert likeliest_ends(STAR, Retries(0.3)) == 1
    # q / 1 = (1 - q) / 2 at one third: a tie of three, then one against one.
    assert likeliest_ends(STAR, Retries(1 / 3)) == pytest.approx(2 / 3)


def test_mistakes_of_the_data_are_counted():
    rate = 0.5
    mean = rate / (1 - rate)
    assert expected_backs(CHAIN, Retries(rate), WORDS, repeats=4000) == pytest.approx(2 * mean, abs=0.15)
    assert expected_backs(CHAIN, Retries(0.0), WORDS) == 0
    found = backs_of_data([CHAIN] * 3, Retries(rate), WORDS, repeats=2)
    assert found.shape == (3,) and len(set(found)) > 1
