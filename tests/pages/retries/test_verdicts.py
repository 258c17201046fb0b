from types import SimpleNamespace

import pytest

from lmphys.pages.retries.verdicts import lacking_trainings, rarely_entry, tokens_ratio
from lmphys.stats.interval import Interval


def trainings(n, tokens):
    return [SimpleNamespace(training=SimpleNamespace(training={"tokens": tokens})) for _ in range(n)]


def test_a_sign_needs_three_trainings_of_equal_tokens():
    assert tokens_ratio(trainings(3, 108), trainings(2, 100)) == pytest.approx(1.08)
    assert lacking_trainings(trainings(3, 108), trainings(3, 100)) == ""
    assert "2 trainings" in lacking_trainings(trainings(2, 100), trainings(3, 100))
    assert "1.20 times the tokens" in lacking_trainings(trainings(3, 120), trainings(3, 100))


def test_few_right_solutions_are_not_counted():
    ends = Interval(0.2, 0.1, 0.3)
    assert rarely_entry(ends, ends, 50).lacking == ""
    assert rarely_entry(ends, ends, 7).lacking == "7 right solutions; 50 are needed"
