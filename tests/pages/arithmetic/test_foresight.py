import pandas as pd

from lmphys.pages.arithmetic.foresight import sentence_starts, written_names
from lmphys.problems.arithmetic.checker import check
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.cells import Cell, draw_cell


def test_sentences_begin_after_full_stops_and_words_that_take_back():
    assert sentence_starts(["a", "=", "1", ".", "b", "back", "c", "=", "a", ".", "</s>"]) == [0, 4, 6]
    assert sentence_starts([]) == []


def test_names_are_the_first_unready_ones_and_the_dependent_ones_of_right_solutions():
    drawn = draw_cell(RECIPES["arithmetic-small"], 4, 12, unseen=True)
    cell = Cell(4, True, drawn.source, [drawn.source.problem(index) for index in range(12)])
    words, rows = cell.source.words, []
    for index, problem in enumerate(cell.problems):
        said = [*cell.source.solution(index).words, "</s>"]
        if index % 2:  # begins with the query, which is never ready
            said = [words.names[problem.names[problem.query]], "=", *said[2:]]
        found = check(problem, said, words)
        rows.append((found.correct, found.fault, found.sentence, said))
    written = written_names([cell], [pd.DataFrame(rows, columns=["right", "fault", "sentence", "said"])])
    assert written.wrong.sum() == 6
    for text, wrong, number in zip(written.texts, written.wrong, written.problem, strict=True):
        problem, last = cell.problems[number], cell.source.vocabulary[text[-1]]
        names = [words.names[i] for i in problem.names]
        if wrong:
            assert len(text) == len(cell.source.prompt(problem)) + 1 and names.index(last) == problem.query
        else:
            assert problem.formulas[names.index(last)].parents
    right = [number for number, wrong in zip(written.problem, written.wrong, strict=True) if not wrong]
    for number in range(0, 12, 2):
        problem = cell.problems[number]
        assert right.count(number) == sum(bool(problem.formulas[i].parents) for i in problem.necessary)
