import numpy as np
import pandas as pd
import pytest

from lmphys.pages.retries.worth import GREEDY, SAMPLED, accuracy_table, backs_ratio, backs_table, gain, gains
from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.problems.arithmetic.solution import Retries
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.training.solver.cells import Cell

CHAIN = ArithmeticProblem((0, 1, 2), (Formula((), constant=1), Formula((0,)), Formula((1,))), (0, 1, 2), 2, 5)


def table(right, backs=0):
    return pd.DataFrame({"right": np.asarray(right, dtype=bool), "backs": backs})


def test_gain_is_paired_and_its_interval_holds_every_training():
    n = np.arange(400)
    one, other = [table(n < 300), table(n < 260)], [table(n < 240), table(n < 250)]
    found = gain(one, other)
    assert found.value == pytest.approx((15 + 2.5) / 2)
    assert found.low <= 2.5 and found.high >= 15
    same = gain([table(n < 300)], [table(n < 300)])
    assert same.value == 0 and same.low < 0 < same.high


def test_gains_join_numbers_of_operations():
    a = {way: {3: [table([1, 1, 1, 1])], 4: [table([1, 1, 0, 0])]} for way in (GREEDY, SAMPLED)}
    b = {way: {3: [table([1, 0, 1, 0])], 4: [table([0, 0, 0, 0])]} for way in (GREEDY, SAMPLED)}
    assert gains(a, b, [3, 4])[SAMPLED].value == pytest.approx(50)
    assert gains(a, b, [4])[GREEDY].value == pytest.approx(50)
    rows = accuracy_table({"one": a, "other": b}).set_index(["trained", "written", "operations"])["right"]
    assert rows["one", GREEDY, 4] == 50 and rows["other", SAMPLED, 3] == 50


def test_names_taken_back_stand_beside_those_of_the_data():
    source = ArithmeticDocuments(0, modulus=5, n_names=12)
    cell, slips = Cell(3, True, source, [CHAIN] * 200), Retries(0.5)
    half = [table([1] * 100 + [0] * 100, [1] * 100 + [9] * 100)]
    ratio, data, n = backs_ratio({3: half}, [cell], slips)
    assert n == 100
    assert ratio.value == pytest.approx(1 / 2, abs=0.05)  # two mistakes on the mean in the data
    assert data.low < 1 < data.high
    found = backs_table({GREEDY: {3: half}}, [cell], slips).iloc[0]
    assert (found["backs"], found["right"]) == (1, 100) and found["ratio"] == pytest.approx(ratio.value)
    nothing, _, none = backs_ratio({3: [table([0] * 200)]}, [cell], slips)
    assert none == 0 and np.isnan(nothing.value)
