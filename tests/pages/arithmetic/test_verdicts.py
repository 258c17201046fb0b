import numpy as np
import pandas as pd
import pytest

from lmphys.pages.arithmetic.verdicts import foreseen_entry, regime_entry, solution_entries
from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.stats.interval import Interval
from lmphys.training.solver.cells import Cell

IDLE = ArithmeticProblem((0, 1, 2), (Formula((), constant=1), Formula((0,)), Formula((), constant=2)), (0, 1, 2), 1, 5)
CELLS = [Cell(k, unseen, None, [IDLE] * 200) for k, unseen in ((3, False), (3, True), (4, True), (5, True))]


def solved(*accuracy):
    tables = (pd.DataFrame({"right": np.arange(200) < 2 * a, "fault": "", "unnecessary": 0}) for a in accuracy)
    return {(cell.operations, cell.unseen): [table] for cell, table in zip(CELLS, tables, strict=True)}


def test_beyond_training_is_judged_where_training_was_learned():
    for inside, said in ((96, ""), (30, "30 % at 3 operations are right; 95 % are needed")):
        rows = {one.claim: one for one in solution_entries(solved(inside, 90, 60, 40), CELLS)}
        assert rows["arithmetic.solutions.inside"].lacking == ""
        assert rows["arithmetic.solutions.longer"].lacking == rows["arithmetic.solutions.falls"].lacking == said
        assert rows["arithmetic.solutions.longer"].obtained.value == 60
        assert rows["arithmetic.solutions.falls"].obtained.value == pytest.approx(-20)
        assert rows["arithmetic.solutions.inside"].obtained["new templates"].value == 90
        assert rows["arithmetic.steps.unnecessary"].obtained.value == 0
        assert rows["arithmetic.steps.unnecessary"].controls["every ready quantity"].value == pytest.approx(
            0.75, abs=0.1
        )


def test_few_wrong_names_are_not_judged():
    ends = Interval(60.0, 50.0, 70.0)
    assert foreseen_entry(ends, ends, 50, lacking="").lacking == ""
    assert foreseen_entry(ends, ends, 49, lacking="").lacking == "49 wrong names; 50 are needed"
    assert foreseen_entry(ends, ends, 50, lacking="no skill").lacking == "no skill"


def test_regimes_are_pooled_over_trainings():
    names = ("regimes", "labels exchanged at the same place", "labels exchanged at the same word")
    one, other = ({name: Interval(x, x - 0.1, x + 0.1) for name in names} for x in (0.2, 0.4))
    entry = regime_entry([one, other], Interval(0.1, 0.0, 0.2))
    assert entry.obtained.value == pytest.approx(0.3) and entry.obtained.low < 0.1
    assert set(entry.controls) == {*names[1:], "random weights"}
