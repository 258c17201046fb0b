import importlib
import json
import math
import mmap
import types
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmphys.book.benchmarks import Benchmarks, Budget, Rates, Row, benchmark_table, load_benchmarks, write_benchmarks
from lmphys.book.status import status_page
from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters

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
MIDDLE = {"N": 18_000, "K": 4, "k": 40}
CONTENT = {
    "machine": {"processor": "a <fast> one", "cores": 2, "date": "2026-01-31"},
    "rows": ROWS,
    "growth": GROWTH,
    "middle": MIDDLE,
    "rates": {"drawn": 160.0, "read": 345.5},
    "budgets": {"a/page": {"cold": {"seconds": 90.5, "drawn": 7, "read": 8}}},
}
KIND = "AVX2, 2 cores"


@pytest.fixture
def fit(monkeypatch):
    """The module `benchmarks.fit`."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    return importlib.import_module("benchmarks.fit")


def load(root, content):
    """What is read where `content` is that of one kind of machine."""
    (root / "data").mkdir(exist_ok=True)
    whole = content if isinstance(content, str) else json.dumps({KIND: content})
    (root / "data" / "benchmarks.json").write_text(whole)
    return load_benchmarks(root)[KIND]


def test_there_may_be_none(tmp_path):
    assert load_benchmarks(tmp_path) == {}


def test_what_was_measured_is_read_as_it_was_written(tmp_path):
    found = load(tmp_path, CONTENT)
    assert found.machine == {"processor": "a <fast> one", "cores": "2", "date": "2026-01-31"}
    assert [asdict(row) for row in found.rows] == ROWS
    np.testing.assert_array_equal(
        found.growth.drop(columns="along").to_numpy(), [[1800, 0.002, 0.001, np.nan, 1], [4, 0.02, 0.01, 7.5, np.nan]]
    )
    assert found.growth["along"].tolist() == ["N", "K"]
    assert found.growth["value"].dtype == int
    assert found.middle == MIDDLE
    assert found.rates == Rates(160.0, 345.5)
    assert found.budgets == {"a/page": {"cold": Budget(90.5, 7, 8)}}
    bare = load(tmp_path, CONTENT | {"middle": {}, "rates": None})
    assert (bare.middle, bare.rates) == ({}, None)


def test_what_was_measured_is_written_and_read_back_without_nan(tmp_path):
    growth = pd.DataFrame([{**GROWTH[0], "ours_s": -1e-4}, GROWTH[1]])  # a difference of two timings may be negative
    rows = (Row("a", "1 s", ratio=np.float64(1.5), at_most=2.0), Row("b", "nan", ratio=math.nan, at_most=1.0))
    write_benchmarks(tmp_path, KIND, machine={"gpu": "none"}, rows=rows, growth=growth, middle=MIDDLE)
    found = load_benchmarks(tmp_path)[KIND]
    assert found.machine == {"gpu": "none"}
    assert found.middle == MIDDLE
    assert found.rows == (rows[0], Row("b", "nan", at_most=1.0))
    pd.testing.assert_frame_equal(found.growth, growth.astype(found.growth.dtypes)[list(found.growth)])
    assert "NaN" not in (tmp_path / "data" / "benchmarks.json").read_text()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["benchmarks.json"]


def test_each_kind_of_machine_keeps_its_record_and_each_part_its_writer(tmp_path):
    load(tmp_path, CONTENT)
    budgets = {"a/page": {"warm": Budget(9.0, 0, 3)}}
    write_benchmarks(tmp_path, "a GPU", budgets=budgets)
    write_benchmarks(tmp_path, KIND, rates=Rates(1.0, 2.0))
    found = load_benchmarks(tmp_path)
    assert list(found) == [KIND, "a GPU"]
    assert found["a GPU"].budgets == budgets
    assert (found["a GPU"].rows, found["a GPU"].rates) == ((), None)
    first = Benchmarks.read(CONTENT)
    assert found[KIND].content() == replace(first, rates=Rates(1.0, 2.0)).content()


def test_whether_a_bound_holds_is_computed_from_the_ratio():
    rows = [Row(**row) for row in ROWS]
    assert [row.holds for row in rows] == [True, False, False, True, False, None, None, None]
    assert Row("a", "nan", ratio=math.nan, at_most=1.0).holds is False
    table = benchmark_table(rows)
    assert table.columns.tolist() == ["what", "here", "compared with", "ratio", "bound", "holds"]
    assert table["holds"].tolist() == ["yes", "no", "no", "yes", "no", "", "–", ""]
    assert table["ratio"].tolist() == ["2.00", "9.00", "1,300.00", "0.75", "0.30", "5.00", "", ""]
    bounds = ["≤ 2", "≥ 10", "≤ 20", "≥ 0.5, ≤ 1.5", "≥ 0.5, ≤ 1.5", "", "≥ 300", ""]
    assert table["bound"].tolist() == bounds


def test_the_caption_of_the_growth_names_the_sizes_that_stay(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": "1"})
    load(root, CONTENT)
    assert "stay, of $N$ = 18,000, $K$ = 4, $k$ = 40. Both axes" in status_page(root, [])
    load(root, CONTENT | {"middle": {}})
    text = status_page(root, [])
    assert "stay. Both axes" in text
    assert "```{figure} _generated/growth-1.svg\n" in text
    assert "### AVX2, 2 cores\n" in text


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The module `benchmarks.__main__` where `tmp_path` is the project, and a way to make the rows that it finds."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    command = importlib.import_module("benchmarks.__main__")

    def finds(rows):
        measure = types.SimpleNamespace(run=lambda: [Row(**row) for row in rows], growth=lambda: GROWTH, MIDDLE=MIDDLE)
        empty = types.SimpleNamespace(run=list)
        found = {f"benchmarks.{name}": measure if name == "fit" else empty for name in command.NAMES}
        monkeypatch.setattr(command.importlib, "import_module", found.__getitem__)

    monkeypatch.setattr(command, "project_root", lambda: tmp_path)
    monkeypatch.setattr(command, "machine_kind", lambda: KIND)
    monkeypatch.setattr(command, "measure_rates", lambda: Rates(3.0, 4.0))
    return command, finds


@pytest.mark.parametrize(("rows", "status"), [([*ROWS[:6], ROWS[7]], 1), ([ROWS[0], ROWS[5], ROWS[7]], 0)])
def test_a_record_is_of_all_benchmarks_and_a_broken_bound_is_status_1(tmp_path, capsys, command, rows, status):
    command, finds = command
    finds(rows)
    assert command.main(["fit"]) == status
    assert not (tmp_path / "data").exists()
    assert command.main(["--record", "fit"]) == 2
    assert command.main(["--record"]) == status
    recorded = load_benchmarks(tmp_path)[KIND]
    assert recorded.rates == Rates(3.0, 4.0)
    assert [asdict(row) for row in recorded.rows] == rows
    assert recorded.growth["value"].tolist() == [1800, 4]
    assert recorded.middle == MIDDLE
    names = ["processor", "cores", "system", "gpu", "python", "torch", "date", "git commit"]
    assert list(recorded.machine) == names
    assert ("1,300.00" in capsys.readouterr().out) == (status == 1)


def test_a_peer_that_is_missing_is_a_line_and_fails_a_record(tmp_path, capsys, command):
    command, finds = command
    finds([ROWS[0], ROWS[6]])
    assert command.main([]) == 0
    assert "not measured" in capsys.readouterr().out
    assert command.main(["--record"]) == 1
    assert "benchmarks: nothing is recorded: not measured: 5 s: not installed\n" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_seconds_of_an_iteration_leave_out_the_start(fit, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(fit.time, "perf_counter", lambda: clock[0])

    def run(n):
        clock[0] += 7.0 + 0.25 * n

    assert fit.seconds(run, 3, 18) == 0.25


def test_turns_alternate_and_the_least_after_the_warm_up_counts(fit):
    order = []
    times = {"a": iter([0.1, 3.0, 1.0, 2.0]), "b": iter([0.2, 5.0, 6.0, 4.0])}

    def measure(name):
        order.append(name)
        return next(times[name])

    assert fit.in_turns(lambda: measure("a"), lambda: measure("b"), rounds=3) == [1.0, 4.0]
    assert "".join(order) == "abababab"


@pytest.mark.parametrize("n_regimes", [1, 2, 4])
def test_the_floor_has_the_moments_of_all_regimes_but_one(fit, monkeypatch, n_regimes):
    counted = {"mm": 0, "bmm": 0}
    for name in counted:
        inner = getattr(fit.torch, name)

        def product(a, b, inner=inner, name=name, **options):
            counted[name] += a.shape[:-1].numel() * a.shape[-1] * b.shape[-1]
            return inner(a, b, **options)

        monkeypatch.setattr(fit.torch, name, product)
    n, k = 800, 5
    fit.floor(n, n_regimes, k, "float32")(3)
    assert counted["mm"] == 3 * n * (2 * k) * (n_regimes * k)
    assert counted["bmm"] == 3 * n * (2 * k) ** 2 * (n_regimes - 1)


def test_a_fit_that_stops_early_is_not_timed(fit):
    traj = draw_chains(random_parameters(2, 3, separation=2.0), 30, 6)
    timed = fit.ours(traj, fit.start_of(2, 3), "float64")
    timed(3)
    with pytest.raises(LmphysError, match=r"converged after \d+ of 2000 iterations"):
        timed(2000)


def watched(fit, monkeypatch, costs):
    """Stand-ins for the fits, each of a number of seconds an iteration, and the list of what was measured."""
    measured = []

    def seconds(name, few, many):
        measured.append((name, few, many))
        return costs[name]

    monkeypatch.setattr(fit, "seconds", seconds)
    for name in costs:
        monkeypatch.setattr(fit, name, lambda *_, name=name: name)
    return measured


def test_ours_the_floor_and_each_peer_are_timed_in_turn(fit, monkeypatch):
    measured = watched(fit, monkeypatch, {"ours": 0.01, "floor": 0.008, "dynamax": 0.1, "ssm": 4.0})
    monkeypatch.setattr(fit, "release", lambda package: f"{package} 1")
    traj = types.SimpleNamespace(width=4, n_transitions=9)
    rows = fit.peers(traj, 4)
    turns = ["ours", "floor", "dynamax"] * 4 + ["ours", "floor", "ssm"] * 4  # a round to warm up
    assert [name for name, *_ in measured] == turns
    assert [row.ratio for row in rows] == [10.0, 400.0, 500.0]
    assert [row.ours for row in rows] == ["10 ms", "10 ms", "8 ms"]
    assert [row.bound for row in rows] == ["≥ 5", "", ""]
    plain = "4 s (ssm 1, float64)"
    assert [row.plain for row in rows] == ["100 ms (dynamax 1, float32)", plain, plain]


def test_a_missing_peer_is_a_row_with_its_bound_and_the_mend(fit, monkeypatch):
    watched(fit, monkeypatch, {"ours": 0.01, "floor": 0.008})

    def missing(error):
        def peer(*_):
            raise error

        return peer

    monkeypatch.setattr(fit, "dynamax", missing(ImportError("No module named 'dynamax'")))
    monkeypatch.setattr(fit, "ssm", missing(LmphysError("ssm cannot be imported; install the lock")))
    rows = fit.peers(types.SimpleNamespace(width=4, n_transitions=9), 4)
    assert [(row.ours, row.ratio, row.bound) for row in rows] == [("not compared", None, b) for b in ("≥ 5", "")]
    why = ["No module named 'dynamax'; make bench installs dynamax", "ssm cannot be imported; install the lock"]
    assert [row.plain for row in rows] == why


def test_the_grid_sets_ours_beside_the_products_at_the_ends_of_each_size(fit, monkeypatch):
    watched(fit, monkeypatch, {"ours": 0.012, "floor": 0.01})
    drawn = []

    def draw(parameters, n_chains, length, **_):
        drawn.append(n_chains * (length - 1))
        return types.SimpleNamespace(width=parameters.width, n_transitions=drawn[-1])

    monkeypatch.setattr(fit, "draw_chains", draw)
    rows = fit.grid()
    assert [(row.bound, row.ratio) for row in rows] == [("≤ 1.5", pytest.approx(1.2))] * 2 * len(fit.GRID)
    assert drawn == [N // 9 * 9 for N, _, _ in fit.GRID]
    for place, ends in enumerate(((1_000, 180_000), (1, 16), (10, 200))):
        assert (min(point[place] for point in fit.GRID), max(point[place] for point in fit.GRID)) == ends
    assert 9 * fit.LARGEST[0] >= 4_000_000


def test_memory_of_a_mapped_fit_leaves_out_files(fit, tmp_path):
    if math.isnan(fit.anonymous_memory()):
        pytest.skip("the system does not tell anonymous memory")
    before = fit.anonymous_memory()
    mapped = np.memmap(tmp_path / "states", np.float64, "w+", shape=25_000_000)
    mapped[:] = 1.0
    assert fit.anonymous_memory() - before < 0.05
    # A private mapping: an allocator may hand out memory that it had kept, and then nothing grows.
    with mmap.mmap(-1, mapped.nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(bytes(1) * mapped.nbytes)
        assert fit.anonymous_memory() - before == pytest.approx(mapped.nbytes / 1e9, abs=0.05)


def test_growth_varies_one_size_at_a_time_and_measures_the_middle_once(fit, monkeypatch):
    measured = watched(fit, monkeypatch, {"ours": 0.01, "floor": 0.005, "dynamax": 0.1, "ssm": 4.0})
    monkeypatch.setattr(fit, "draw_chains", lambda *_, **__: None)
    points = fit.growth()
    assert [(point["along"], point["value"]) for point in points] == [
        (along, value) for along, values in fit.STEPS.items() for value in values
    ]
    assert all(fit.MIDDLE[along] in values for along, values in fit.STEPS.items())
    n_sizes = len(points) - 2
    counts = {name: sum(1 for entry in measured if entry[0] == name) for name, *_ in measured}
    slow = {("N", 54_000), ("N", 180_000), ("K", 8), ("K", 16), ("k", 80), ("k", 160)}
    assert counts == {**dict.fromkeys(("ours", "floor", "dynamax"), 4 * n_sizes), "ssm": n_sizes - len(slow)}
    turns = [name for name, *_ in measured if name != "ssm"]
    assert turns == ["ours", "floor", "dynamax"] * (4 * n_sizes)
    for point in points:
        assert point["ssm_s"] == (None if (point["along"], point["value"]) in slow else 4.0)
        assert (point["ours_s"], point["floor_s"], point["dynamax_s"]) == (0.01, 0.005, 0.1)


def test_nothing_measured_is_an_empty_table(tmp_path):
    found = load(tmp_path, CONTENT | {"rows": [], "growth": []})
    assert benchmark_table(found.rows).empty
    assert found.growth.columns.tolist() == list(GROWTH[0])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "no attribute"),
        ({name: CONTENT[name] for name in ("machine", "rows")}, "KeyError: 'middle'"),
        (CONTENT | {"machine": "fast"}, "no attribute"),
        (CONTENT | {"rows": [{"what": "a"}]}, "KeyError: 'ours'"),
        (CONTENT | {"rows": [ROWS[0] | {"ratio": "2"}]}, "ratio of entry 0 is '2'"),
        (CONTENT | {"rows": [ROWS[0] | {"ratio": math.nan}]}, "NaN is no measurement"),
        (CONTENT | {"growth": [*GROWTH, GROWTH[0] | {"value": 2.5}]}, "value of entry 2 is 2.5"),
        (CONTENT | {"growth": [GROWTH[0] | {"ours_s": True}]}, "ours_s of entry 0 is True"),
        (CONTENT | {"middle": {"N": 18_000, "k": 40}}, "KeyError: 'K'"),
        (CONTENT | {"middle": MIDDLE | {"k": 40.5}}, "k of entry 0 is 40.5"),
        (CONTENT | {"rates": {"drawn": "1", "read": 1.0}}, "drawn of entry 0 is '1'"),
        (CONTENT | {"budgets": {"a/page": {"cold": {"seconds": 1.0, "drawn": 1}}}}, "KeyError: 'read'"),
    ],
)
def test_a_damaged_file_is_refused_with_its_cause_and_mend(tmp_path, content, why):
    with pytest.raises(LmphysError, match=why) as error:
        load(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path / 'data' / 'benchmarks.json'} holds no benchmarks")
    assert str(error.value).endswith("measure them again: make bench")
    assert "\n" not in str(error.value)
