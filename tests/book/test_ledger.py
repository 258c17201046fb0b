import json

import numpy as np
import pytest

from lmphys.book.ledger import Entry, Ledger, format_claimed, read_ledger, readable, typed_rows
from lmphys.book.verdicts import NOT_COMPARABLE
from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval


@pytest.fixture
def project(tmp_path, monkeypatch, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": "x = 1\n"})
    monkeypatch.chdir(root)
    monkeypatch.delenv("LMPHYS_LEDGER_FOLDER", raising=False)
    return root


def test_rows_are_written_merged_and_read_back(project):
    ledger = Ledger.for_page("toy/page", model="org/model", profile="quick")
    first = ledger.record("slds.jump.ratio", Interval(np.float64(28.0), 26, 30), controls={"shuffled": np.float32(1)})
    assert first.word == "reproduced"
    assert ledger.record("slds.residual.norm_modes", 1).word == "contradicted"
    assert ledger.record("slds.residual.norm_modes", 3, note="after smoothing").word == "reproduced"
    rows = read_ledger(project)
    assert list(rows["claim"]) == ["slds.jump.ratio", "slds.residual.norm_modes"]
    assert list(rows["obtained"]) == [28.0, 3.0]
    assert rows["interval"][0] == [26.0, 30.0]
    assert rows["controls"][0] == {"shuffled": 1.0}
    assert set(rows["model"]) == {"org/model"}
    assert rows["seed"].isna().all()  # made by hand: it never stands for a page of the book
    assert ledger.path.name.endswith("--quick--by-hand.json")
    assert [path.suffix for path in (project / "runs" / "ledger").iterdir()] == [".json"]  # no temporary file is left


def test_models_do_not_overwrite_each_other_and_can_be_chosen(project):
    for model in ("smollm2", "a/b", "a-b"):
        Ledger.for_page("toy/page", model=model, profile="quick").record("slds.residual.norm_modes", 1)
    assert len(read_ledger(project)) == 3
    assert len(read_ledger(project, "a/b")) == 1
    with pytest.raises(LmphysError, match=r"there are rows of: a-b, a/b, smollm2"):
        read_ledger(project, "c")


def test_an_empty_ledger_has_the_columns(project):
    assert read_ledger(project).empty
    assert readable(read_ledger(project)).empty


def test_a_page_shows_only_what_it_recorded_in_a_table_that_scrolls(project):
    Ledger.for_page("toy/page", model="m", profile="quick").record("slds.jump.ratio", 3.0)
    ledger = Ledger.for_page("toy/page", model="m", profile="quick")
    ledger.record("slds.global_linear.r2", {"h": 0.1, "<dh>": 0.52}, controls={"shuffled": {"h": 0.0, "<dh>": 0.5}})
    html = ledger.show()._repr_html_()
    assert html.count("<tr>") == 2
    assert "overflow-x: auto" in html
    assert "\n" not in html
    assert "&lt;dh&gt;: 0.52" in html
    assert "<dh>" not in html
    assert '<span class="verdict verdict-depends-on-definition">depends on definition</span>' in html


def test_an_unknown_claim_and_a_number_that_is_none_write_nothing(project):
    ledger = Ledger.for_page("toy/page", model="m", profile="quick")
    with pytest.raises(LmphysError, match="nearest"):
        ledger.record("slds.jump.ration", 1.0)
    with pytest.raises(LmphysError, match="finite"):
        ledger.record("slds.jump.ratio", float("nan"))
    assert not ledger.path.exists()


def test_a_damaged_file_is_named(project):
    path = project / "runs" / "ledger" / "x--m--quick.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"rows": 1})[:-3])
    with pytest.raises(LmphysError, match=r"x--m--quick\.json is no ledger file"):
        read_ledger(project)


def test_a_finding_is_filled_from_the_rows_of_the_page(project):
    ledger = Ledger.for_page("toy/page", model="m", profile="quick")
    ledger.record("slds.jump.ratio", Interval(3.0, 2.5, 3.5), controls={"midway": 2.9})
    text = "Steps are {slds.jump.ratio} times as long ({slds.jump.ratio:paper} in the paper; midway"
    found = ledger.finding(text + " {slds.jump.ratio:controls}): {slds.jump.ratio:verdict}. {slds.jump.stride_cv}.")
    assert found == (
        "Steps are 3 [2.5, 3.5] times as long (28.4 in the paper; midway midway: 2.9): contradicted. *not judged here*."
    )
    assert found._repr_markdown_() == found
    with pytest.raises(LmphysError, match="nearest"):
        ledger.finding("{slds.jump.ration}")
    with pytest.raises(LmphysError, match="use one of here, paper, verdict, controls"):
        ledger.finding("{slds.jump.ratio:power}")


def test_entries_without_a_number_are_left_out_and_named(project, capsys):
    ledger = Ledger.for_page("toy/page", model="m", profile="quick")
    ledger.record_all(
        [
            Entry("slds.jump.ratio", Interval(3.0, np.nan, 3.5)),
            Entry("slds.residual.norm_modes", 3, note="kept"),
            Entry("slds.jump.stride_cv", 0.1, {"midway": np.nan}),
        ]
    )
    assert list(read_ledger(project)["claim"]) == ["slds.residual.norm_modes"]
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in printed] == ["slds.jump.ratio", "slds.jump.stride_cv"]


def test_a_row_says_what_its_run_lacks(project):
    ledger = Ledger.for_page("toy/page", model="m", profile="quick")
    ledger.record_all([Entry("slds.residual.norm_modes", 3, lacking="847 transitions of 40,000")])
    row = read_ledger(project).iloc[0]
    assert (row.verdict, row.reason, row.lacking) == (NOT_COMPARABLE, "847 transitions of 40,000", row.reason)
    # Rows of an older ledger have no such column, and lack nothing.
    assert typed_rows([{"claim": "x"}])["lacking"].tolist() == [""]


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ((0.5, "equal", 0.05, "bits"), "0.5 ± 0.05 bits"),
        ((99.1, "at_least", 4.1, "%"), "≥ 99.1 − 4.1 %"),
        ((0.0, "at_most", 0.0), "≤ 0"),
        ((0.17, "direction", 0.05), "0.17 ± 0.05 (side, then size)"),
        ((-1.0, "direction", 0.0), "-1 (side only)"),
        ((float("nan"), "direction", 0.0, "points"), "side only"),
    ],
)
def test_a_claimed_number_shows_its_tolerance_or_that_its_side_is_judged(claimed, shown):
    assert format_claimed(*claimed) == shown
