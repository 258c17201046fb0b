import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

from lmphys.book.benchmarks import load_benchmarks
from lmphys.errors import LmphysError

COLUMNS = ("what", "ours", "plain", "ratio", "at_least", "at_most")
ROWS = [
    dict(zip(COLUMNS, row, strict=True))
    for row in (
        ("inside", "2 ms", "1 ms (bare)", 2.0, None, 2.0),
        ("too slow", "1 s", "9 s", 9.004, 10.0, None),
        ("too much", "1300 MB", "1 MB", 1300.0, None, 20.0),
        ("between", "3 s", "4 s", 0.75, 0.5, 1.5),
        ("below", "3 s", "10 s", 0.3, 0.5, 1.5),
        ("no bound", "5 s", "1 s", 5, None, None),
        ("not measured", "5 s", "not installed", None, 300.0, None),
        ("a word", "0.5", "", None, None, None),
    )
]
GROWTH = [
    {"along": "N", "value": 1800, "ours_s": 0.002, "floor_s": 0.001, "ssm_s": None, "dynamax_s": 1},
    {"along": "K", "value": 4, "ours_s": 0.02, "floor_s": 0.01, "ssm_s": 7.5, "dynamax_s": None},
]
CONTENT = {
    "machine": {"processor": "a <fast> one", "cores": 2, "date": "2026-01-31"},
    "rows": ROWS,
    "growth": GROWTH,
}


def load(root, content):
    (root / "data").mkdir(exist_ok=True)
    (root / "data" / "benchmarks.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return load_benchmarks(root)


def test_there_may_be_none(tmp_path):
    assert load_benchmarks(tmp_path) is None


def test_what_was_measured_is_read_as_it_was_written(tmp_path):
    found = load(tmp_path, CONTENT)
    assert found.machine == {"processor": "a <fast> one", "cores": "2", "date": "2026-01-31"}
    for row, (_, series) in zip(ROWS, found.rows.iterrows(), strict=True):
        for name, value in row.items():
            assert math.isnan(series[name]) if value is None else series[name] == value
    np.testing.assert_array_equal(
        found.growth.drop(columns="along").to_numpy(), [[1800, 0.002, 0.001, np.nan, 1], [4, 0.02, 0.01, 7.5, np.nan]]
    )
    assert found.growth["along"].tolist() == ["N", "K"]
    assert found.growth["value"].dtype == int


def test_whether_a_bound_holds_is_computed_from_the_ratio(tmp_path, monkeypatch):
    table = load(tmp_path, CONTENT).readable
    assert table.columns.tolist() == ["what", "here", "compared with", "ratio", "bound", "holds"]
    assert table["holds"].tolist() == ["yes", "no", "no", "yes", "no", "", "–", ""]
    assert table["ratio"].tolist() == ["2.00", "9.00", "1,300.00", "0.75", "0.30", "5.00", "", ""]
    bounds = ["≤ 2", "≥ 10", "≤ 20", "≥ 0.5, ≤ 1.5", "≥ 0.5, ≤ 1.5", "", "≥ 300", ""]
    assert table["bound"].tolist() == bounds
    # `make bench` fails on the same rows.
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    report = importlib.import_module("benchmarks.report")
    assert [report.Row(**row).holds for row in ROWS] == [holds != "no" for holds in table["holds"]]


def test_nothing_measured_is_an_empty_table(tmp_path):
    found = load(tmp_path, CONTENT | {"rows": [], "growth": []})
    assert found.readable.empty
    assert found.growth.columns.tolist() == list(GROWTH[0])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "TypeError"),
        ({name: CONTENT[name] for name in ("machine", "rows")}, "KeyError.'growth'"),
        (CONTENT | {"machine": "fast"}, "AttributeError"),
        (CONTENT | {"rows": [{"what": "a"}]}, "KeyError.'ours'"),
        (CONTENT | {"rows": [ROWS[0] | {"ratio": "2"}]}, "ratio of entry 0 is '2'"),
        (CONTENT | {"rows": [ROWS[0] | {"ratio": math.nan}]}, "NaN is no measurement"),
        (CONTENT | {"growth": [*GROWTH, GROWTH[0] | {"value": 2.5}]}, "value of entry 2 is 2.5"),
        (CONTENT | {"growth": [GROWTH[0] | {"ours_s": True}]}, "ours_s of entry 0 is True"),
    ],
)
def test_a_damaged_file_is_refused_with_its_cause_and_mend(tmp_path, content, why):
    with pytest.raises(LmphysError, match=why) as error:
        load(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path / 'data' / 'benchmarks.json'} holds no benchmarks (")
    assert str(error.value).endswith("measure them again: make bench")
    assert "\n" not in str(error.value)
