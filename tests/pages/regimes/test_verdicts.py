import pandas as pd

from lmphys.pages.regimes.verdicts import chosen_numbers, summary


def test_numbers_are_named_by_criterion_and_shape():
    table = pd.DataFrame({"BIC": [2, 5], "AIC": [3, 8], "held out": [1, 1]}, index=["full", "diag"])
    assert chosen_numbers({"real": table}) == {
        "real": {"BIC, full": 2.0, "AIC, full": 3.0, "BIC, diag": 5.0, "AIC, diag": 8.0}
    }


def test_the_summary_names_labels_beyond_their_place():
    standing = pd.Series([True, False, True, False])
    winner = pd.Series({"excess": -1.234, "low": -2.0, "high": -0.5})
    rows = {"nmi": [0.1, 0.4, 0.2], "verdict": ["beyond position", "beyond position", "no more than position"]}
    aligned = pd.DataFrame(rows, index=["task", "token", "place"])
    found = summary(standing, winner, aligned, aligned.loc[["place"]])
    assert found.tolist() == ["2", "-1.23 [-2.00, -0.50]", "token (0.40), task (0.10)", "none"]
