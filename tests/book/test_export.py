"""Exported tables: every number of the ledger and the curves, as they were recorded, in columns that are explained."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from lmphys.book.export import DICTIONARY, KEYS, export_tables, write_tables
from lmphys.book.ledger import COLUMNS
from lmphys.core.errors import LmphysError

ROW = dict.fromkeys(COLUMNS) | {
    **{"claim": "p.jump.ratio", "paper": "p2025", "place": "Sec. 1", "statement": "Jumps, and “quotes”,\nare large"},
    **{"unit": "", "value": 100.0, "comparison": "at_least", "tolerance": 0.1, "verdict": "undecided", "reason": "why"},
    **{"page": "a/one", "model": "m", "profile": "quick", "seed": 0, "date": "2026-01-31T00:00:00+00:00", "note": "n"},
    **{"obtained": 1 / 3, "interval": [0.1, 0.7], "controls": {}, "control_intervals": {}, "lacking": ""},
}
TWO = ROW | {
    **{"claim": "p.rank", "value": None, "seed": None, "model": "other", "obtained": {"h": 0.5, "Δh": 0.25}},
    **{"interval": {"h": [0.4, 0.6]}, "controls": {"noise": {"h": 0.1, "Δh": 0.2}, "none": 0}},
    **{"control_intervals": {"noise": {"Δh": [0.1, 0.3]}}},
}
LOSS = (
    "step,examples,target_tokens,tokens,seconds,loss,learning_rate\n10,480,6114,16588,1.4,3.3060410022735596,0.0005\n"
)


@pytest.fixture
def project(tmp_path):
    ledger = tmp_path / "runs" / "ledger"
    ledger.mkdir(parents=True)
    for name, row in (("one", ROW), ("two", TWO)):
        (ledger / f"a-{name}--m--quick.json").write_text(json.dumps({"rows": [row]}))
    for folder in ("trained/toy/seed-3", "reference/reasoner"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        (tmp_path / "data" / folder / "loss.csv").write_text(LOSS)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "loss.csv").write_text(LOSS.replace(",learning_rate", "").replace(",0.0005", ""))
    return tmp_path


def test_every_number_comes_with_what_it_is_and_its_interval(project):
    numbers = export_tables(project)["numbers"].drop(columns=["page", "profile", "seed"])
    nan = float("nan")
    expected = pd.DataFrame(
        [
            ("p.jump.ratio", "m", "obtained", "", "", 1 / 3, 0.1, 0.7),
            ("p.rank", "other", "obtained", "", "h", 0.5, 0.4, 0.6),
            ("p.rank", "other", "obtained", "", "Δh", 0.25, nan, nan),
            ("p.rank", "other", "control", "noise", "h", 0.1, nan, nan),
            ("p.rank", "other", "control", "noise", "Δh", 0.2, 0.1, 0.3),
            ("p.rank", "other", "control", "none", "", 0.0, nan, nan),
        ],
        columns=numbers.columns,
    )
    pd.testing.assert_frame_equal(numbers, expected, check_dtype=False)
    (row,) = export_tables(project, model="other")["verdicts"].to_dict("records")
    assert (row["claim"], row["seed"]) == ("p.rank", -1)  # a run of old


def test_curves_are_those_of_the_book_and_those_that_were_named(project):
    curves = export_tables(project, trainings=[project / "mine"])["curves"]
    assert list(curves["training"]) == ["toy", "reasoner", str(project / "mine")]
    assert list(curves["seed"]) == [3, 0, -1]
    assert set(curves["loss"]) == {3.3060410022735596}
    assert np.isnan(curves["learning_rate"].iloc[-1])
    with pytest.raises(
        LmphysError, match=r"nowhere.*loss.csv cannot be read .*; name a folder that lmphys train wrote"
    ):
        export_tables(project, trainings=[project / "nowhere"])


def test_the_dictionary_explains_every_column_and_files_are_read_as_they_were_written(project):
    tables = export_tables(project)
    files = write_tables(tables, project / "out", "csv")
    assert [path.name for path in files] == ["verdicts.csv", "numbers.csv", "curves.csv", "dictionary.csv"]
    kinds = {"text": "str", "number": "float64", "whole": "int64"}
    for path, (name, table) in zip(files, tables.items(), strict=True):
        explained = {entry.column: kinds[entry.type] for entry in DICTIONARY if entry.table == name}
        assert list(table.columns) == list(explained)
        read = pd.read_csv(
            path, dtype=explained, keep_default_na=False, na_values={c: [""] for c in _numeric(explained)}
        )
        pd.testing.assert_frame_equal(read, table, check_exact=True)
    assert set(KEYS) <= set(tables["verdicts"].columns) & set(tables["numbers"].columns)
    assert all(entry.meaning for entry in DICTIONARY)


def _numeric(explained):
    return [column for column, kind in explained.items() if kind != "str"]


def test_parquet_is_written_where_its_package_is(project):
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    tables = export_tables(project)
    for path, table in zip(write_tables(tables, project / "out", "parquet"), tables.values(), strict=True):
        pd.testing.assert_frame_equal(pd.read_parquet(path), table)


@pytest.mark.parametrize(
    ("kind", "folder", "message"),
    [
        ("parquet", "out", r"^parquet needs the package pyarrow, .*; pip install 'lmphys\[parquet\]'$"),
        ("xlsx", "out", "^--to xlsx is unknown; choose csv or parquet$"),
        ("csv", "mine", "mine exists already; name a new folder$"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(project, monkeypatch, kind, folder, message):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    before = sorted(project.rglob("*"))
    with pytest.raises(LmphysError, match=message):
        write_tables(export_tables(project), project / folder, kind)
    assert sorted(project.rglob("*")) == before


def test_a_project_without_runs_says_what_records_rows(tmp_path):
    with pytest.raises(LmphysError, match="no rows yet: lmphys run"):
        export_tables(tmp_path)
