import numpy as np

from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.asked import after_colon, after_sentence, described, distances
from lmphys.training.solver.cells import draw_cell

RECIPE = RECIPES["arithmetic-small"]
# a, b = a + 1, c = a + b (asked for), d = c - a (idle)
FORMULAS = (Formula((), constant=1), Formula((0,), constant=1), Formula((0, 1)), Formula((2, 0), "-"))
PROBLEM = ArithmeticProblem((5, 6, 7, 8), FORMULAS, (3, 2, 1, 0), 2, 5)


def test_distances_are_the_fewest_steps_from_the_query():
    assert distances(PROBLEM) == [1, 1, 0, 0]
    assert distances(PROBLEM.ask(3)) == [1, 2, 1, 0]
    assert distances(PROBLEM.ask(1)) == [1, 0, 0, 0]


def test_what_is_true_of_a_quantity_and_what_the_words_say_of_it():
    found = described(PROBLEM, 3, [0, 1, 2])
    assert found == {
        "name": 8, "needed": False, "ready": True, "distance": 0, "in_query": False, "in_last": True, "mentions": 0,
        "parents": 2, "operations": 1, "place": 0, "quantities": 4,
    }  # fmt: skip
    assert described(PROBLEM, 1, [])["ready"] is False
    assert described(PROBLEM, 0, [])["mentions"] == 3


def test_texts_end_in_the_name_that_is_asked_for():
    cell = draw_cell(RECIPE, 3, 20, unseen=True)
    found = after_colon([cell])
    words = cell.source.words
    assert len(found.texts) == sum(len(problem.formulas) - 1 for problem in cell.problems)
    for text, row in zip(found.texts, found.table.itertuples(), strict=True):
        problem = cell.problems[row.problem]
        assert cell.source.vocabulary[text[-1]] == words.names[row.name]
        assert np.array_equal(text[:-1], cell.source.prompt(problem))
        assert row.needed == (problem.names.index(row.name) in problem.necessary)
        assert row.needed == (row.distance > 0)


def test_along_a_solution_names_follow_a_full_stop_and_are_not_known_yet():
    cell = draw_cell(RECIPE, 4, 20, unseen=True)
    found = after_sentence([cell], seed=1)
    for text, row in zip(found.texts, found.table.itertuples(), strict=True):
        problem = cell.problems[row.problem]
        said = [cell.source.vocabulary[token] for token in text[len(cell.source.prompt(problem)) : -1]]
        assert said[-1] == "."
        names = [cell.source.words.names[i] for i in problem.names]
        starts = [0, *(i + 1 for i, word in enumerate(said[:-1]) if word == ".")]
        known = [names.index(said[at]) for at in starts]
        own = problem.names.index(row.name)
        assert own not in known and row.parents > 0
        assert row.ready == (own in problem.computable(known))
        assert row.in_last == (known[-1] in problem.formulas[own].parents)
