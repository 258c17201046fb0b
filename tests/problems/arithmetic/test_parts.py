import numpy as np

from lmphys.problems.arithmetic.parts import PARTS, parts_of_document, parts_of_solution
from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.problems.arithmetic.solution import Retries, write_solution
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.problems.arithmetic.words import ArithmeticWords
from lmphys.problems.documents import Dice

WORDS = ArithmeticWords(5, 12)
# a = 2, b = a, c = 3 * (a + b): a constant, a copy, and two operations.
PROBLEM = ArithmeticProblem(
    (0, 1, 2), (Formula((), constant=2), Formula((0,)), Formula((0, 1), "+", 3, "*")), (0, 1, 2), 2, 5
)


def test_parts_of_a_solution_by_hand():
    solution = write_solution(PROBLEM, Retries(), WORDS, Dice(np.random.default_rng(0)))
    a, b, c = (WORDS.names[i] for i in range(3))
    wanted = [
        *[(a, "name"), ("=", "mark"), ("2", "formula"), (".", "mark")],
        *[(b, "name"), ("=", "mark"), (a, "formula"), ("=", "mark"), ("2", "copied"), (".", "mark")],
        *[(c, "name"), ("=", "mark"), (a, "formula"), ("+", "formula"), (b, "formula"), ("=", "mark")],
        *[("2", "copied"), ("+", "copied"), ("2", "copied"), ("=", "mark"), ("4", "sum"), (";", "mark")],
        *[("3", "formula"), ("*", "formula"), ("4", "copied"), ("=", "mark"), ("2", "sum"), (".", "mark")],
    ]
    assert list(zip(solution.words, parts_of_solution(solution, WORDS), strict=True)) == wanted


def test_every_word_of_a_document_has_a_part_and_mistakes_are_names_taken_back():
    source = ArithmeticDocuments(3, ops=(1, 4), modulus=5, n_names=12, retries=Retries(0.5))
    for index in range(30):
        solution, tokens = source.solution(index), source.document(index).tokens
        n_prompt = len(source.prompt(solution.problem))
        parts = parts_of_document(solution, source.words, n_prompt)
        assert len(parts) == len(tokens) - 1
        assert parts[n_prompt - 4 : n_prompt - 1] == ["question"] * 3
        said = [source.vocabulary[token] for token in tokens[1:]]
        assert said[n_prompt - 4] == "?" and said[n_prompt - 2] == ":" and parts[-1] == "end"
        own = parts_of_solution(solution, source.words)
        assert len(own) == len(solution.words) and set(own) <= set(PARTS)
        assert [word == "back" for word in solution.words] == [part == "back" for part in own]
        assert own.count("name") == len(solution.sentences)
        steps = sum(max(0, len(solution.problem.formulas[i].steps)) for i in solution.problem.necessary)
        assert own.count("sum") == steps
