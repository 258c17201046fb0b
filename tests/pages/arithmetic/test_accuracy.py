import numpy as np
import pandas as pd
import pytest

from lmphys.pages.arithmetic.accuracy import (
    KINDS,
    extra_of_every_ready,
    fault_table,
    largest_change,
    right_solutions,
    share,
    unnecessary,
)
from lmphys.problems.arithmetic.checker import FAULTS
from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.training.solver.cells import Cell

# b is asked for and copies a; c is idle and always ready.
IDLE = ArithmeticProblem((0, 1, 2), (Formula((), constant=1), Formula((0,)), Formula((), constant=2)), (0, 1, 2), 1, 5)


def cell(operations, n, unseen=True):
    return Cell(operations, unseen, None, [IDLE] * n)


def table(right, extra=0):
    right = np.asarray(right, dtype=bool)
    return pd.DataFrame({"right": right, "fault": np.where(right, "", "unready"), "unnecessary": extra})


def test_every_ready_quantity_is_the_closed_form():
    # Before b: c comes first with 1/2, or between a and b with 1/4.
    assert extra_of_every_ready([IDLE], repeats=8000)[0] == pytest.approx(0.75, abs=0.02)


def test_every_fault_has_one_kind():
    assert sorted(fault for kind in KINDS.values() for fault in kind) == sorted(FAULTS)


def test_shares_and_faults_of_a_known_table():
    found = {(4, True): [table([1, 1, 0, 0]), table([1, 0, 0, 0])]}
    assert share(found[4, True], "right").value == pytest.approx(37.5)
    assert right_solutions(found, [cell(4, 4)]) == 3
    faults = fault_table(found, [cell(4, 4)]).iloc[0]
    assert faults["none"] == 37.5 and faults["plan"] == 62.5 and faults.sum() == 100


def test_no_solution_right_is_no_certainty():
    found = share([table([0] * 20)], "right")
    assert found.value == 0 and found.high == pytest.approx(100 * (1 - 0.025 ** (1 / 20)))


def test_the_larger_change_is_the_smaller_fall():
    accuracy = {3: 100, 4: 60, 5: 50}
    found = {(k, True): [table(np.arange(200) < 2 * a)] for k, a in accuracy.items()}
    change = largest_change(found, (3, 4, 5))
    assert change.value == pytest.approx(-10) and change.high < 0


def test_unnecessary_steps_are_counted_on_right_solutions_alone():
    found = {(4, True): [table([1] * 40 + [0] * 40, [0, 1] * 40)]}
    own, control = unnecessary(found, [cell(4, 80)])
    assert own.value == pytest.approx(0.5) and control.value == pytest.approx(0.75, abs=0.05)
    nothing, _ = unnecessary({(4, True): [table([0, 0])]}, [cell(4, 2)])
    assert np.isnan(nothing.value)
