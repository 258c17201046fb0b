"""Reference runs: what is kept is what the book says, and what is compared is the same claim of the same page."""

import json
import re
from pathlib import Path

import pytest

from lmphys.book.build import ledger_page, summary_page
from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims
from lmphys.book.record import REFERENCE_LEDGERS
from lmphys.book.reference import ReferenceRun, compare_verdicts, read_references, reference_of_book
from lmphys.book.runner import run_chapter
from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError

ROOT = Path(__file__).parents[2]
CODE = """
from lmphys import book
from lmphys.stats import Interval
ledger = book.Ledger.for_page("toy/page", model=model, profile=profile)
ledger.record("slds.jump.ratio", Interval(28.0, 26, 30), controls={"shuffled": 1})
ledger.record("slds.residual.norm_modes", 1)
book.Ledger.for_page("toy/page", model="another", profile=profile).record("slds.jump.stride_cv", 0.09)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory, project_maker):
    root = project_maker(tmp_path_factory.mktemp("p"), {"toy/page": CODE})
    (root / "book" / "summary.csv").write_text("section,question,claim\nA,Is it long?,slds.jump.ratio\n")
    chapters = find_chapters(root)
    with pytest.raises(LmphysError, match="not up to date: toy/page; build the book first"):
        reference_of_book(root, chapters)
    run_chapter(chapters[0], overrides={}, into_book=True)
    return root, chapters


def test_a_run_is_kept_whole_and_runs_no_page_again(run):
    root, chapters = run
    kept = reference_of_book(root, chapters)
    path = kept.write(root)
    try:
        assert path == root / REFERENCE_LEDGERS / "smollm2--quick.json"
        (read,) = read_references(root)
        assert read == kept
        assert read.dtype == resolve_dtype("auto", resolve_device("auto"))
        rows = read.table().set_index("claim")
        assert rows["model"].to_dict() == {
            "slds.jump.ratio": "smollm2",
            "slds.residual.norm_modes": "smollm2",
            "slds.jump.stride_cv": "another",  # the page speaks of two models
        }
        assert rows["interval"]["slds.jump.ratio"] == [26.0, 30.0] and (rows["seed"] == 0).all()
        assert set(read.pages) == {"toy/page"}
        reference_of_book(root, chapters)  # its own file makes no page stale
    finally:
        path.unlink()


def test_verdicts_are_set_beside_each_other(run):
    root, chapters = run
    kept = reference_of_book(root, chapters)
    other_ratio = {"obtained": 2.0, "interval": None, "verdict": "contradicted"}
    changed = [row | (other_ratio if row["claim"] == "slds.jump.ratio" else {}) for row in kept.rows]
    other = ReferenceRun(**{**vars(kept), "rows": changed})
    compared = compare_verdicts(kept.table(), other).set_index("claim")
    assert compared["same"].to_dict() == {
        "slds.jump.ratio": False,
        "slds.residual.norm_modes": True,
        "slds.jump.stride_cv": True,
    }
    assert compared.loc["slds.jump.ratio", ["obtained here", "obtained there"]].tolist() == [28.0, 2.0]
    path = other.write(root)
    try:
        text = ledger_page(root, chapters)
    finally:
        path.unlink()
    assert f", in {kept.dtype}." in text
    assert "## Reference run: smollm2, quick" in text
    assert "2 of 3 verdicts are the same in this book as there." in text
    assert "<td>28 [26, 30]: reproduced</td><td>2: contradicted</td>" in text
    assert text.count("lmphys-ledger") == 1  # the whole of the same run is not shown twice


def test_rows_of_a_run_aside_are_not_those_of_the_book(run):
    root, chapters = run
    before = reference_of_book(root, chapters).rows
    run_chapter(chapters[0], overrides={"seed": 7}, into_book=False)
    assert reference_of_book(root, chapters).rows == before
    assert ledger_page(root, chapters).startswith("3 rows:")


def test_the_whole_of_another_run_is_shown(run):
    root, chapters = run
    path = ReferenceRun(**{**vars(reference_of_book(root, chapters)), "profile": "full"}).write(root)
    try:
        assert ledger_page(root, chapters).count("lmphys-ledger") == 2
    finally:
        path.unlink()


def test_the_summary_is_answered_by_the_pages(run):
    root, chapters = run
    text = summary_page(root, chapters)
    assert "3 can be judged on this model" in text
    assert re.search(
        r"<td>Is it long\?</td><td>.*?reproduced.*?</td><td>28.4, Fig. 1a</td><td>28 \[26, 30\]</td>", text
    )
    assert "## What was not tested" in text


def test_a_damaged_file_is_named(run):
    root, _ = run
    path = root / REFERENCE_LEDGERS / "broken.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"model": "x"}))
    try:
        with pytest.raises(LmphysError, match=r"broken\.json is no reference run"):
            read_references(root)
    finally:
        path.unlink()


def test_the_reference_run_of_the_book_judges_every_claim_that_can_be_judged():
    claims = load_claims(ROOT)
    (kept,) = [run for run in read_references(ROOT) if (run.model, run.profile) == ("smollm2", "quick")]
    seen = {row["claim"] for row in kept.rows}
    assert seen <= set(claims)
    assert [claim.id for claim in claims.values() if claim.comparable and claim.id not in seen] == []
