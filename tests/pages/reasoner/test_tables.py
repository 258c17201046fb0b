import numpy as np
import pandas as pd
import pytest

from lmphys.pages.reasoner import tables
from lmphys.pages.reasoner.path import held_out_chains
from lmphys.training.reasoner.reference import Reference


@pytest.fixture(scope="module")
def written():
    return held_out_chains(24)


def test_the_first_corrected_chain_is_found_and_the_first_of_all_where_there_is_none(written):
    slipped = written["slipped"]
    corrected = [i for i, c in enumerate(slipped) if any(s.phase == "correct" for s in c.sentences)]
    assert corrected and tables.first_corrected(slipped) is slipped[corrected[0]]
    assert tables.first_corrected(written["flawless"]) is written["flawless"][0]


def test_a_chain_is_a_row_a_sentence(written):
    chain = written["flawless"][0]
    table = tables.sentence_table(chain)
    assert " ".join(table["text"]) == chain.text or "\n".join(table["text"]) == chain.text
    assert table.columns.tolist() == ["text", "phase", "valid", "astray"]


def test_the_first_wrong_chain_slipped():
    found = pd.DataFrame({"slipped": [False, True, True], "correct": [False, True, False]})
    assert tables.first_wrong(found) == 2
    assert tables.first_wrong(found[:2]) == 0


def test_nothing_is_shared_between_training_and_test():
    assert tables.shared_words() == 0
    record = Reference({"recipe": {"difficulties": [2, 3, 4, 5, 7, 8]}}, *[pd.DataFrame()] * 2, None, None)
    assert tables.unseen_steps(record) == [6, 9, 10]


def outcome(family, difficulty, number, correct):
    return {"question_id": f"{family}:{difficulty}/0-{number}", "family": family, "correct": correct}


def test_rates_are_means_and_a_coin_is_near_chance():
    rows = [outcome("rules", 3, i, i % 2 == 0) for i in range(40)] + [outcome("tally", 3, i, True) for i in range(40)]
    found = pd.DataFrame(rows).assign(slipped=False, corrected=True, derailed=np.arange(80) % 4 == 0)
    table = tables.rate_table(found, "family")
    assert table.loc["tally"].tolist()[:3] == ["1.00 [1.00, 1.00]", "0.00 [0.00, 0.00]", "1.00 [1.00, 1.00]"]
    assert table.loc["rules", "derailed"].startswith("0.25 [")
    near = tables.near_chance(found)
    assert near["chance"].to_dict() == {"rules": 0.5, "tally": 0.0}
    assert near["near chance"].to_dict() == {"rules": True, "tally": False}
