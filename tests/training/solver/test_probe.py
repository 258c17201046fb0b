import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.training.solver.probe import balanced_accuracy, over_models, probed, recalls


def test_balanced_accuracy_of_a_constant_and_of_a_known_table():
    truth = np.array([True] * 6 + [False] * 2)
    problem = np.arange(8) // 2
    assert balanced_accuracy(np.zeros(8), truth, problem).value == 50
    assert balanced_accuracy(np.ones(8), truth, problem).value == 50
    p = np.array([1, 1, 1, 0, 0, 0, 0, 1.0])
    found = balanced_accuracy(p, truth, problem)
    assert found.value == 50 and found.low <= 50 <= found.high
    assert balanced_accuracy(truth.astype(float), truth, problem) == (100, 100, 100)
    assert over_models([truth.astype(float), p], truth, problem).value == 75


def test_a_probe_reads_what_is_linear_and_one_by_name_what_differs_by_name():
    rng = np.random.default_rng(0)
    x, name = rng.normal(size=(3000, 4)), rng.integers(0, 3, 3000)
    truth = x[np.arange(3000), name] > 0
    train, test = slice(0, 2000), slice(2000, None)
    alone = probed(x[train], truth[train], x[test])
    by_name = probed(x[train], truth[train], x[test], names=(name[train], name[test]))
    group = np.arange(1000)
    assert balanced_accuracy(by_name, truth[test], group).value > 96
    assert balanced_accuracy(alone, truth[test], group).value < 80
    assert probed(x[:50], truth[:50], x[:2], names=(np.zeros(50, int), np.array([0, 9])))[1] == 0.5


def test_a_probe_without_both_answers_is_refused():
    with pytest.raises(LmphysError, match="both answers"):
        probed(np.zeros((4, 2)), np.ones(4, dtype=bool), np.zeros((1, 2)))


def test_recalls_by_group():
    import pandas as pd

    found = recalls(np.array([0.9, 0.1, 0.9, 0.2]), np.array([True, True, False, False]), pd.Series(list("aabb")))
    assert found.to_dict() == {"a": 50.0, "b": 50.0}
