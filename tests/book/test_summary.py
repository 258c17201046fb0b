"""The page of questions: its answers are those of the ledger, and its words follow from the numbers."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims
from lmphys.book.ledger import Ledger, read_ledger
from lmphys.book.summary import (
    Summary,
    brief,
    headline,
    in_order_of_pages,
    read_questions,
    summaries_of_book,
    summarise,
    untested,
    why,
)
from lmphys.book.verdicts import verdict
from lmphys.core.errors import LmphysError
from lmphys.stats import Interval

ROOT = Path(__file__).parents[2]
# Made-up pages need not give the controls of real ones.
CLAIMS = {
    name: replace(claim, controls=() if claim.null is not None or claim.comparison != "direction" else claim.controls)
    for name, claim in load_claims(ROOT).items()
}


@pytest.fixture
def project(tmp_path, monkeypatch, project_maker):
    root = project_maker(tmp_path / "p", {"toy/one": "x = 1\n", "toy/two": "x = 1\n"})
    monkeypatch.chdir(root)
    monkeypatch.delenv("LMPHYS_LEDGER_FOLDER", raising=False)
    return root


def write_questions(root: Path, *lines: str) -> None:
    (root / "book" / "summary.csv").write_text("\n".join(["section,question,claim", *lines]) + "\n")


def test_the_questions_of_the_book_are_about_claims_that_exist_and_are_asked_once():
    questions = read_questions(ROOT, CLAIMS)
    assert len(questions) > 20
    assert all(question.text.endswith("?") for question in questions)
    assert all(CLAIMS[question.claim].comparable for question in questions)  # others are told in one table below


def test_answers_are_those_of_the_ledger(project):
    write_questions(
        project,
        "A,Is it long?,slds.jump.ratio",
        "B,How much?,slds.global_linear.r2",
        "B,Tails?,slds.residual.heavy_tails",
    )
    ledger = Ledger.for_page("toy/one", model="smollm2", profile="quick")
    ledger.record("slds.jump.ratio", Interval(28.0, 26, 30), controls={"shuffled": 1})
    ledger.record(
        "slds.global_linear.r2",
        {"h": 0.49, "dh": 0.2, "both": 0.3},
        controls={"persistence": {"h": 0.3, "dh": -0.1, "both": 0.1}},
    )
    table = summarise(read_questions(project, CLAIMS), read_ledger(project), CLAIMS)
    long, much, tails = table.to_dict("records")
    assert (long["section"], long["here"], long["controls"], long["verdict"]) == (
        *("A", "28 [26, 30]", "shuffled 1", "reproduced"),
    )
    assert long["paper"] == "28.4 ± 8, Fig. 1a"
    assert much["verdict"] == "depends on definition"
    assert (much["here"], much["controls"]) == ("0.2 to 0.49", "persistence -0.1 to 0.3")
    assert much["why"] == "reproduced under “h”; same direction under “dh” and “both”."
    assert (tails["verdict"], tails["here"], tails["page"]) == ("not run", "–", "")


def test_a_claim_of_two_pages_is_answered_by_the_one_that_comes_first(project):
    write_questions(project, "A,Is it long?,slds.jump.ratio")
    for page, ratio in (("toy/two", 1.0), ("toy/one", 28.0)):
        Ledger.for_page(page, model="smollm2", profile="quick").record("slds.jump.ratio", ratio)
    rows = in_order_of_pages(read_ledger(project), ["intro", "chapters/toy/two", "chapters/toy/one"])
    (answer,) = summarise(read_questions(project, CLAIMS), rows, CLAIMS).to_dict("records")
    assert (answer["page"], answer["verdict"]) == ("toy/two", "contradicted")


@pytest.mark.parametrize(
    ("claim", "numbers", "controls"),
    [
        ("slds.jump.ratio", 28.0, {"shuffled": 1.0}),
        ("slds.jump.ratio", 2.0, {"shuffled": 3.0}),
        ("slds.slds.gain", 0.1, {}),
        ("slds.rank40.variance", {"a": 0.5, "b": 0.5}, {}),
        ("slds.rank40.variance", {"a": 0.9, "b": 0.1, "c": 0.5}, {"random": 0.2}),
    ],
)
def test_the_sentence_says_what_the_rule_says(claim, numbers, controls):
    found = verdict(CLAIMS[claim], numbers, controls)
    sentence = why(CLAIMS[claim], {"obtained": numbers, "interval": None, "controls": controls})
    assert sentence.endswith(".")
    if found.word != "depends on definition":
        assert found.reason.split(": ")[-1] in sentence
    else:
        assert "reproduced under" in sentence and "contradicted under" in sentence


def test_a_claim_that_cannot_be_compared_gives_its_reason():
    claim = CLAIMS["slds.jump.token_median"]
    assert why(claim, {"obtained": 3.0, "interval": None, "controls": {}}) == f"{claim.why_not}."


def test_numbers_in_brief():
    assert brief(0.12345, (0.1, 0.2)) == "0.123 [0.1, 0.2]"
    assert brief({"a": 1.0, "b": 2.0}, {"a": (0.5, 1.5)}) == "a: 1 [0.5, 1.5]; b: 2"
    assert brief({"a": 3.0, "b": 1.0, "c": 2.0}) == "1 to 3"


def test_what_no_page_judged_is_counted_by_its_reason(project):
    assert headline(read_ledger(project), CLAIMS, "carson2025").endswith("no page has recorded one yet.")
    Ledger.for_page("toy/one", model="smollm2", profile="quick").record("slds.jump.ratio", 28.0)
    left = untested(read_ledger(project), CLAIMS, "carson2025")
    mine = [claim for claim in CLAIMS.values() if claim.paper == "carson2025"]
    assert left["claims"].sum() == len(mine) - 1
    none_yet = left["reason"] == "no page of this book has recorded it yet"
    assert left["claims"][none_yet].item() == sum(claim.comparable for claim in mine) - 1
    said = headline(read_ledger(project), CLAIMS, "carson2025")
    own = sum(claim.kind == "claim" for claim in mine)
    assert said == f"Of {own} claims of the paper, 1 can be judged on this model: 1 reproduced."


def test_what_is_no_claim_of_the_paper_is_counted_apart(project):
    ledger = Ledger.for_page("toy/one", model="smollm2", profile="quick")
    ledger.record("slds.jump.ratio", 28.0)
    ledger.record("slds.residual.projected_larger", 0.8)
    said = headline(read_ledger(project), CLAIMS, "carson2025")
    assert said.endswith("1 reproduced. Apart from these, numbers of the paper that cannot be: 1 contradicted.")


def test_the_markdown_has_a_heading_and_a_table_for_each_section():
    rows = [
        {"section": "A", "question": "x | y?", "paper": "1", "here": "2", "controls": "–", "verdict": "reproduced"},
        {"section": "B", "question": "z?", "paper": "1", "here": "2", "controls": "–", "verdict": "not run"},
    ]
    table = pd.DataFrame([row | {"why": "so.", "page": ""} for row in rows])
    text = Summary("doe1999", "One sentence.", table, pd.DataFrame()).markdown()
    assert text.startswith("## doe1999\n\nOne sentence.\n\n### A\n\n| question | verdict | paper |")
    assert "| x \\| y? | reproduced | 1 | 2 | – | so. |" in text
    assert text.count("\n### ") == 2


def test_each_paper_has_its_own_part_in_the_order_of_the_questions(project):
    write_questions(
        project,
        "A,Is it long?,slds.jump.ratio",
        "B,Cold?,gibbs.gain.majority",
        "A,Tails?,slds.residual.heavy_tails",
    )
    first, second = summaries_of_book(project, find_chapters(project))
    assert (first.paper, second.paper) == ("carson2025", "awadhiya2026")
    assert first.table["question"].tolist() == ["Is it long?", "Tails?"]
    assert second.table["verdict"].tolist() == ["not run"]
    assert sum(claim.paper == "awadhiya2026" for claim in CLAIMS.values()) == second.untested["claims"].sum()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["A,Is it?,slds.jump.ration"], "nearest: slds.jump.ratio"),
        (["A,Is it?,slds.jump.ratio", "B,Again?,slds.jump.ratio"], "asks twice for slds.jump.ratio"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(project, lines, message):
    write_questions(project, *lines)
    with pytest.raises(LmphysError, match=message):
        read_questions(project, CLAIMS)


def test_other_columns_are_refused(project):
    (project / "book" / "summary.csv").write_text("question,claim\nIs it?,slds.jump.ratio\n")
    with pytest.raises(LmphysError, match="it needs section, question, claim"):
        read_questions(project, CLAIMS)
