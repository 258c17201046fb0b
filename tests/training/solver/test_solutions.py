import numpy as np
import pandas as pd
import torch

from lmphys.problems.arithmetic.checker import check
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.cells import TEST_SEEDS, draw_cell
from lmphys.training.solver.solutions import constant_answer, lacking_skill, solve, write
from lmphys.training.tiny.learner import Tiny

RECIPE = RECIPES["arithmetic-small"]


def test_cells_are_of_their_operations_and_split_and_of_no_training():
    for unseen in (False, True):
        cell = draw_cell(RECIPE, 4, 15, unseen=unseen)
        assert {problem.n_operations for problem in cell.problems} == {4}
        assert {problem.split for problem in cell.problems} == {"test" if unseen else "train"}
        assert cell.source.seed >= TEST_SEEDS > RECIPE.seed
    wide = draw_cell(RECIPE, 3, 15, unseen=True, max_quantities=9)
    assert max(len(problem.formulas) for problem in wide.problems) > 5


def test_greedy_words_are_those_of_plain_decoding():
    model = Tiny(RECIPE, "cpu", RECIPE.source()).model
    cell = draw_cell(RECIPE, 3, 6, unseen=True)
    for problem, said in zip(cell.problems, write(model, cell.source, cell.problems), strict=True):
        ids, own = cell.source.prompt(problem).tolist(), []
        for _ in range(5):
            with torch.inference_mode():
                ids.append(int(model.model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
            own.append(cell.source.vocabulary[ids[-1]])
            if ids[-1] == 1:
                break
        assert said[: len(own)] == own


def test_solutions_are_checked():
    model = Tiny(RECIPE, "cpu", RECIPE.source()).model
    cell = draw_cell(RECIPE, 2, 5, unseen=False)
    table = solve(model, cell)
    for problem, row in zip(cell.problems, table.itertuples(), strict=True):
        found = check(problem, row.said, cell.source.words)
        assert (row.right, row.fault, row.backs) == (found.correct, found.fault, found.retries)
        assert row.answered == (found.answer == problem.answer)


def test_the_best_constant_is_the_commonest_answer():
    cell = draw_cell(RECIPE, 3, 40, unseen=True)
    answers = np.array([problem.answer for problem in cell.problems])
    assert constant_answer(cell.problems).mean() == max(np.mean(answers == x) for x in range(5))


def test_skill_is_lacking_below_95_percent_over_trainings():
    tables = [pd.DataFrame({"right": np.arange(100) < n}) for n in (98, 92)]
    assert lacking_skill(tables) == ""
    assert lacking_skill(tables[1:]) == "92 % at 3 operations are right; 95 % are needed"
