"""Problems against their own words, read and solved by other means."""

from collections import Counter

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.arithmetic.problem import draw_problem
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.problems.documents import Dice

SOURCE = ArithmeticDocuments(0, ops=(1, 8), max_quantities=12, modulus=11)
PROBLEMS = [SOURCE.problem(i) for i in range(150)]


def read(said):
    """Right-hand sides by name, and the name asked for."""
    stated = {}
    for sentence in " ".join(said).replace(":", ".").split("."):
        if "=" in sentence:
            name, formula = sentence.split("=")
            stated[name.strip()] = formula.strip()
        elif "?" in sentence:
            query = sentence.split("?")[1].strip()
    return stated, query


def solved(stated, modulus):
    """Values, by replacing known names until nothing is left to know."""
    values = {}
    while len(values) < len(stated):
        for name, formula in stated.items():
            words = [str(values.get(word, word)) for word in formula.split()]
            if not any(word[0].isalpha() for word in words):
                values[name] = eval(" ".join(words)) % modulus
    return values


@pytest.mark.parametrize("query_first", [False, True])
def test_values_are_those_of_the_words(query_first):
    for problem in PROBLEMS:
        stated, query = read(SOURCE.words.statement(problem, query_first))
        values = solved(stated, 11)
        names = [SOURCE.words.names[i] for i in problem.names]
        assert [values[name] for name in names] == list(problem.values)
        assert values[query] == problem.answer and query == names[problem.query]


def test_dependence_is_the_closure_of_what_is_stated():
    for problem in PROBLEMS:
        stated, query = read(SOURCE.words.statement(problem, False))
        names = [SOURCE.words.names[i] for i in problem.names]
        direct = np.array([[b in stated[a].split() for b in names] for a in names])
        closure = np.linalg.matrix_power(np.eye(len(names)) + direct, len(names)) - np.eye(len(names)) > 0
        np.testing.assert_array_equal(problem.depends, closure)
        needed = closure[names.index(query)] | (np.array(names) == query)
        assert problem.necessary == tuple(np.flatnonzero(needed))


def test_operations_are_as_many_as_asked_for():
    dice = Dice(np.random.default_rng(0))
    for n in range(1, 12):
        problem = draw_problem(dice, n, 20, 5, 30)
        assert problem.n_operations == n
        stated, _ = read(SOURCE.words.statement(problem, False))
        needed = [stated[SOURCE.words.names[problem.names[i]]] for i in problem.necessary]
        assert sum(max(1, sum(word in "+-*" for word in formula.split())) for formula in needed) == n


def test_some_quantities_are_not_needed_and_all_sizes_come():
    unneeded = Counter(len(p.formulas) - len(p.necessary) for p in PROBLEMS)
    assert max(len(p.formulas) for p in PROBLEMS) == 12 and unneeded[0] < 60
    assert sum(len(p.necessary) for p in PROBLEMS) < 0.6 * sum(len(p.formulas) for p in PROBLEMS)
    assert {p.n_operations for p in PROBLEMS} == set(range(1, 9))


def test_another_question_has_its_own_needs():
    problem = next(p for p in PROBLEMS if len(p.necessary) > 3)
    inner = problem.necessary[0] if problem.necessary[0] != problem.query else problem.necessary[1]
    asked = problem.ask(inner)
    assert asked.answer == problem.values[inner] and set(asked.necessary) < set(problem.necessary)


def test_a_template_is_of_one_split_whatever_names_numbers_and_order():
    for problem in PROBLEMS[:40]:
        assert problem.split == "train"
        other = type(problem)(problem.names[::-1], problem.formulas, problem.order[::-1], problem.query, 11)
        assert other.split == "train"
    assert all(ArithmeticDocuments(0, "test").problem(i).split == "test" for i in range(20))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"ops": (0, 3)}, "no problem has 0 to 3 operations; give a range from 1 on"),
        ({"max_quantities": 70}, "70 quantities need as many names, and there are 64; take fewer"),
        ({"modulus": 1}, "all numbers are equal at modulus 1; take 2 or more"),
        ({"n_names": 10_000}, "names of quantities, not 10000; ask for fewer"),
    ],
)
def test_sizes_without_problems_are_refused(sizes, message):
    with pytest.raises(LmphysError, match=message):
        ArithmeticDocuments(0, **sizes)


def test_a_split_without_problems_is_refused():
    """A single operation has one template, which is of one split or the other."""
    split = next(p.split for p in PROBLEMS if p.n_operations == 1)
    other = {"train": "test", "test": "train"}[split]
    with pytest.raises(LmphysError, match=f"belongs to {other}; allow other numbers of operations"):
        ArithmeticDocuments(0, other, ops=(1, 1), max_quantities=1).problem(0)
