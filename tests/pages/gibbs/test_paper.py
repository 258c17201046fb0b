"""The paper's numbers beside each other, on numbers that were made up and on the committed ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.gibbs.paper import Paper, read_paper

DATA = Path(__file__).parents[3] / "data" / "figures"


def made_up():
    K = np.array([1, 2, 4, 12])
    figure = pd.DataFrame({"gibbs": [70.0, 74.0, 78.0, 80.0], "majority": 60 + 3 * np.log(K)}, index=pd.Index(K))
    figure.loc[1, "majority"] = 58.0
    table = pd.DataFrame({"chains": 12, "accuracy": [64.0, 80.0], "questions": 400}, index=["majority", "1/E²"])
    return Paper(figure, table, pd.Series({"majority": 1.0}))


def test_the_summary_is_arithmetic():
    paper = made_up()
    assert paper.logarithm() == pytest.approx((60, 3))
    assert paper.standard_error == pytest.approx(100 * np.sqrt(0.64 * 0.36 / 400))
    found = paper.summary()
    assert found["farthest from a + b ln K, K > 1"] == pytest.approx(0, abs=1e-9)
    left = 80 - 60 - 3 * np.log(12)
    assert found["share of the table's gain that the figure leaves, %"] == pytest.approx(100 * left / 16)
    rise = 2 + 3 * np.log(2)
    assert found["gain of a majority of two over one, figure"] == pytest.approx(rise)
    assert found["chains without an answer that would explain it"] == pytest.approx(rise / 0.64)
    assert found["one question"] == 0.25


def test_the_committed_numbers_are_those_that_the_claims_name():
    paper = read_paper(DATA)
    assert (paper.n_chains, paper.n_questions) == (12, 1319)
    assert paper.gain == pytest.approx(5.38)
    assert paper.figure.majority[2] - paper.figure.majority[1] == pytest.approx(0.82)
    assert paper.earlier["majority"] == 74.4


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(LmphysError, match="git checkout data"):
        read_paper(tmp_path)
