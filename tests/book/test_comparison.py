"""Two ledgers: what is the same, what moved, what flipped, what only one has."""

import json
import math
import runpy
import sys
from pathlib import Path

import pytest

from lmphys.book.comparison import compare, distance, read_ledger_rows

ROOT = Path(__file__).parents[2]


def row(claim, obtained, verdict="undecided", **more):
    return {
        "claim": claim, "model": "m", "profile": "quick", "obtained": obtained, "interval": None, "controls": {},
        "control_intervals": {}, "verdict": verdict, **more,
    }  # fmt: skip


def test_distance_is_relative_to_the_larger_number_and_infinite_between_other_shapes():
    assert distance(2.0, 1.0) == 0.5
    assert distance({"a": 1.0, "b": [3.0, 4.0]}, {"a": 1.0, "c": [3.0, 5.0]}) == pytest.approx(0.2)
    assert distance(0.0, 1e-4) == pytest.approx(0.1)  # near 0 relative to 1e-3
    assert distance([1.0], [1.0, 2.0]) == math.inf
    assert distance(None, None) == 0.0
    assert distance([1.0, 2.0], [2.0, 1.0], ordered=False) == 0.0


def test_rows_are_matched_and_the_largest_difference_comes_first():
    before = [row("a", 1.0), row("b", 2.0), row("c", 3.0), row("gone", 1.0), row("old", 1.0, profile="smoke")]
    after = [row("a", 1.0), row("b", 2.2), row("c", 3.0001, "reproduced"), row("new", 1.0)]
    found = compare(before, after)
    assert [difference.key[0] for difference in found.both] == ["b", "c", "a"]
    assert [difference.key[0] for difference in found.off(1e-2)] == ["b", "c"]
    assert [difference.flipped for difference in found.both] == [False, True, False]
    assert [key[0] for key in found.missing] == ["gone"]  # the second ran no page on smoke
    assert [key[0] for key in found.added] == ["new"]
    assert found.both[0].line(1e-2) == "b (m, quick): obtained 9.1e-02"
    assert found.both[1].line(1e-2) == "c (m, quick): undecided -> reproduced"


def test_a_claim_may_move_to_another_page_and_controls_may_be_renamed():
    before = [row("a", 1.0, page="x", controls={"one": 1.0, "two": 2.0}), row("a", 5.0, page="y")]
    after = [row("a", 5.0, page="z"), row("a", 1.0, page="y", controls={"II": 2.0, "I": 1.0})]
    assert compare(before, after).off(1e-12) == []


def test_the_tool_reads_folders_and_reference_ledgers_and_ends_with_1_where_they_differ(tmp_path, monkeypatch, capsys):
    folder, file = tmp_path / "ledger", tmp_path / "reference.json"
    folder.mkdir()
    (folder / "p.json").write_text(json.dumps({"rows": [row("a", 1.0)]}))
    for name in ("p--seed1", "p--by-hand"):
        (folder / f"{name}.json").write_text(json.dumps({"rows": [row("a", 9.0)]}))
    file.write_text(json.dumps({"model": "m", "profile": "quick", "rows": [row("a", 1.0)]}))
    assert read_ledger_rows(folder) == read_ledger_rows(file) == [row("a", 1.0)]

    def status():
        monkeypatch.setattr(sys, "argv", ["compare_ledgers", str(folder), str(file)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(ROOT / "tools" / "compare_ledgers.py"), run_name="__main__")
        return end.value.code, capsys.readouterr().out

    assert status() == (0, "1 rows in both: 1 equal to 1e-06, 0 other verdicts\n")
    file.write_text(json.dumps({"rows": [row("a", 1.0, "reproduced")]}))
    assert status() == (
        1,
        "a (m, quick): undecided -> reproduced\n1 rows in both: 0 equal to 1e-06, 1 other verdicts\n",
    )
