"""Reference runs: what is kept is what the book says, and what is compared is the same claim of the same page."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lmphys.book.build import ledger_page, summary_page
from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims
from lmphys.book.record import REFERENCE_LEDGERS
from lmphys.book.reference import (
    ReferenceRun,
    check_reference,
    compare_verdicts,
    not_firm,
    read_references,
    reference_of_book,
    renewed,
)
from lmphys.book.runner import run_chapter
from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest

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


def test_a_page_takes_the_place_of_its_own_rows_alone_and_says_from_where(run):
    root, chapters = run
    fresh = reference_of_book(root, chapters)
    older = [{**fresh.rows[0], "page": "toy/older"}, {**fresh.rows[1], "verdict": "undecided"}]
    kept = replace(fresh, rows=older, pages={"toy/older": 3.0, "toy/page": 9.0}, date="2025-01-01", commit="x")
    both = renewed(kept, fresh)
    assert both.rows == [older[0], *fresh.rows]
    assert both.pages == {"toy/older": 3.0, **fresh.pages} and (both.date, both.commit) == ("2025-01-01", "x")
    assert list(both.renewed) == ["toy/page"] and both.renewed["toy/page"]["date"] == fresh.date
    path = both.write(root)
    try:
        assert read_references(root) == [both]
        assert f"toy/page was run later: {fresh.machine['processor']}, {fresh.date[:10]}" in ledger_page(root, chapters)
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
        r"<td>Is it long\?</td><td>.*?reproduced.*?</td><td>28.4 ± 8, Fig. 1a</td><td>28 \[26, 30\]</td>", text
    )
    assert "## What was not tested" in text


def changed(kept, claim, **changes):
    return ReferenceRun(
        **{**vars(kept), "rows": [row | (changes if row["claim"] == claim else {}) for row in kept.rows]}
    )


def checked(root, chapters, recorded):
    path = recorded.write(root)
    try:
        return check_reference(root, chapters)
    finally:
        path.unlink()


def test_a_flip_on_a_firm_row_is_told_from_one_on_a_row_that_is_not(run):
    root, chapters = run
    kept = reference_of_book(root, chapters)
    same = checked(root, chapters, kept)
    assert same.flips == []
    counts = "3 rows in both: 3 alike to 0.001, 0 other verdicts, 0 of them on firm rows"
    assert same.lines() == [f"{counts}; 0 left out, as a clock decides them"]
    for reason, flips in (("", 1), ("seed 1: undecided", 0)):
        other = changed(kept, "slds.jump.ratio", verdict="undecided", obtained=28.01, not_firm=reason)
        found = checked(root, chapters, other)
        assert len(found.flips) == flips
        told = " (not firm, seed 1: undecided)" if reason else ""
        assert found.lines()[0] == f"slds.jump.ratio (smollm2, quick): undecided -> reproduced{told}"
        assert f"1 other verdicts, {flips} of them on firm rows" in found.lines()[-1]
    far = checked(root, chapters, changed(kept, "slds.jump.ratio", obtained=35.0))
    assert far.lines()[0] == "slds.jump.ratio (smollm2, quick): obtained 2.0e-01"
    assert far.flips == []


def test_rows_that_a_clock_decides_are_left_out_by_what_their_claim_measures(run):
    root, chapters = run
    timed = [claim.id for claim in load_claims(ROOT).values() if claim.timed]
    assert sorted(timed) == ["ebt.cost", "slds.simulation.cost"]
    path = root / "data" / "claims" / "carson2025.csv"
    before = path.read_text()
    kept = changed(reference_of_book(root, chapters), "slds.jump.ratio", verdict="undecided")
    quantity = "ratio of the medians of ‖Δh‖, sentence over token"
    measured = before.replace(f'"{quantity}",28.4', f'"{quantity} by the clock",28.4')
    assert measured != before
    recorded = kept.write(root)
    record = root / "runs" / "toy" / "page" / "run.json"
    run_before = record.read_text()
    try:
        path.write_text(measured)
        digests = json.loads(run_before)
        digests["inputs"]["data/claims/carson2025.csv"] = file_digest(path)
        record.write_text(json.dumps(digests))
        found = check_reference(root, chapters)
    finally:
        path.write_text(before)
        record.write_text(run_before)
        recorded.unlink()
    assert (found.timed, found.flips, len(found.found.both)) == (("slds.jump.ratio",), [], 2)


def test_nothing_to_compare_with_is_an_error(run):
    with pytest.raises(LmphysError, match=r"no recorded ledger .*smollm2--quick\.json; record one: lmphys reference"):
        check_reference(*run)


def test_a_row_is_not_firm_at_the_edge_of_its_band_and_where_another_seed_says_otherwise():
    claims = load_claims(ROOT)
    claim = replace(claims["slds.jump.ratio"], value=10.0, tolerance=1.0, comparison="equal", beats="none", controls=())
    row = {"claim": claim.id, "page": "p", "model": "m", "profile": "quick", "controls": {}, "control_intervals": {}}
    row |= {"interval": None, "verdict": "reproduced"}
    assert not_firm(claim, row | {"obtained": 10.5}) == ""
    # The band ends at 11: 10.995 moves past it with a thousandth of its size, 10.98 does not.
    assert not_firm(claim, row | {"obtained": 10.995}) == "within rounding of 'contradicted'"
    assert not_firm(claim, row | {"obtained": 10.98}) == ""
    # Counts are whole, and rounding does not move them.
    assert not_firm(replace(claim, tolerance=0.0), row | {"obtained": 10.0}) == ""
    seeds = [row | {"seed": 1, "verdict": "undecided"}, row | {"seed": 2}, row | {"seed": 3, "page": "other"}]
    assert not_firm(claim, row | {"obtained": 10.5}, seeds) == "seed 1: undecided"
    assert not_firm(claim, row | {"obtained": 10.5}, seeds[1:]) == ""


SEEDED = """
from lmphys import book
ledger = book.Ledger.for_page("toy/page", model=model, profile=profile)
ledger.record("slds.jump.ratio", 28.0 + 50 * seed)
ledger.record("slds.residual.norm_modes", 1.0)
"""


def test_runs_of_other_seeds_make_rows_of_the_recorded_ledger_not_firm(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": SEEDED})
    chapters = find_chapters(root)
    run_chapter(chapters[0], into_book=True)
    assert [row["not_firm"] for row in reference_of_book(root, chapters).rows] == ["", ""]
    run_chapter(chapters[0], overrides={"seed": 1})
    run_chapter(chapters[0], overrides={"seed": 2, "rank": 3})  # it differs in more than the seed
    reasons = {row["claim"]: row["not_firm"] for row in reference_of_book(root, chapters).rows}
    assert reasons == {"slds.jump.ratio": "seed 1: contradicted", "slds.residual.norm_modes": ""}


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
