"""The ledger as a picture: places of marks follow from numbers, by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.forest import LOOKS, bars_of, forest, paper_names
from lmphys.book.summary import Question
from lmphys.book.verdicts import VERDICTS
from lmphys.core.errors import LmphysError

ROOT = Path(__file__).parents[2]
SIGN, NUMBER = (load_claims(ROOT)[name] for name in ("gibbs.energy.right_lower", "slds.slds.gain"))
CLAIMS = {
    "number": replace(NUMBER, value=0.2, null=None, beats="none", comparison="equal"),
    "drop": replace(NUMBER, value=-0.2, null=0.0, beats="less"),
    "sign": replace(SIGN, null=0.5),
    "rivals": replace(SIGN, null=None, beats="less"),
    "bound": replace(NUMBER, value=0.0, comparison="at_most"),
}
CONTROLS = {"weak": 0.9, "hard": 0.8, "by name": {"a": 0.1}}


def rows(**obtained):
    return pd.DataFrame(
        [
            {"claim": k, "obtained": x, "interval": i, "controls": CONTROLS, "verdict": "undecided"}
            for k, (x, i) in obtained.items()
        ]
    )


def marks(name, obtained, interval):
    (bar,) = bars_of([Question("A", "Is it?", name)], rows(**{name: (obtained, interval)}), CLAIMS)
    return np.array(bar.marks)


def test_the_number_of_the_paper_is_at_one_and_no_effect_at_zero():
    assert marks("number", 0.2, None) == pytest.approx(np.array([(1, 1, 1)]))
    assert marks("number", 0.1, [0.0, 0.3]) == pytest.approx(np.array([(0.5, 0.0, 1.5)]))
    # A drop that is claimed lies on the right, too, with its ends in order.
    assert marks("drop", -0.1, [-0.3, 0.1]) == pytest.approx(np.array([(0.5, -0.5, 1.5)]))


def test_a_sign_is_measured_in_half_widths_of_the_widest_interval():
    assert marks("sign", 0.7, [0.6, 0.8]) == pytest.approx(np.array([(2, 1, 3)]))
    several = marks("sign", {"a": 0.7, "b": 0.5}, {"a": [0.6, 0.8], "b": [0.3, 0.7]})
    assert several == pytest.approx(np.array([(1, 0.5, 1.5), (0, -1, 1)]))


def test_where_only_controls_are_to_be_beaten_the_hardest_is_no_effect():
    assert marks("rivals", 0.7, [0.65, 0.75]) == pytest.approx(np.array([(2, 1, 3)]))
    table = rows(rivals=(0.7, [0.65, 0.75])).assign(controls=[{"by name": {"a": 0.1}}])
    assert bars_of([Question("A", "Is it?", "rivals")], table, CLAIMS) == []


def test_what_has_no_answer_or_no_scale_is_left_out():
    questions = [Question("A", "Is it?", name) for name in ("number", "sign", "bound")]
    found = bars_of(questions, rows(sign=(0.7, None), bound=(0.1, [0.0, 0.2])), CLAIMS)
    assert found == []


def test_every_verdict_has_a_look_and_every_row_a_label():
    assert set(LOOKS) == set(VERDICTS) and len({marker for marker, _ in LOOKS.values()}) == len(VERDICTS)
    bars = bars_of(
        [Question("A", "How much?", "number"), Question("A", "Which sign?", "sign")],
        rows(number=(9.0, None), sign=(0.7, [0.6, 0.8])),
        CLAIMS,
    )
    above, below = forest(bars, {"carson2025": "Carson 2025"}).axes
    assert [text.get_text() for text in above.get_yticklabels()] == ["Carson 2025", "How much?"]
    assert [text.get_text() for text in below.get_yticklabels()][1] == "Which sign?"
    beyond = [line for line in above.lines if line.get_marker() == ">"]
    assert len(beyond) == 1 and beyond[0].get_xdata()[0] == pytest.approx(3.4)


def test_papers_are_shown_by_their_authors():
    names = paper_names(ROOT)
    assert names["carson2025"] == "Carson & Reisizadeh 2025"
    assert {claim.paper for claim in load_claims(ROOT).values()} <= set(names)


def test_a_book_without_references_shows_keys_and_a_damaged_file_is_named(tmp_path):
    assert paper_names(tmp_path) == {}
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "references.bib").write_text("@misc{a, author = ")
    with pytest.raises(LmphysError, match=r"references.bib is damaged .*; restore it: git checkout book"):
        paper_names(tmp_path)
