"""Plans: which pages run, in which order, and how long that should take, from records alone."""

import dataclasses
import json
import re

import pytest

from lmphys.book import plan as plans
from lmphys.book import speed
from lmphys.book.benchmarks import Budget, Rates, write_benchmarks
from lmphys.book.build import build_book
from lmphys.book.chapter import Chapter, check_settings, find_chapters
from lmphys.book.plan import carry_out, duration, make_plan, scaled
from lmphys.book.record import RunRecord, Target
from lmphys.book.runner import run_chapter
from lmphys.core.devices import machine_kind
from lmphys.core.errors import LmphysError

SETTINGS = {"overrides": {}, "into_book": True, "force": False}
NAMES = ("a/one", "a/two", "a/three", "a/four")


@pytest.fixture
def project(tmp_path, project_maker):
    return project_maker(tmp_path / "p", dict.fromkeys(NAMES, "1"))


def budgets(**seconds):
    return {f"a/{name}": {"cold": Budget(s, 0, 0), "warm": Budget(s / 2, 0, 0)} for name, s in seconds.items()}


def planned(root, **settings):
    plan = make_plan(root, find_chapters(root), **{**SETTINGS, "jobs": 1, **settings})
    return [(step.chapter.slug, step.seconds) for step in plan.steps], plan


def test_pages_that_should_take_least_come_first_and_unknown_ones_last_in_the_order_of_the_contents(project):
    assert [name for name, _ in planned(project)[0]] == ["one", "two", "three", "four"]
    write_benchmarks(project, machine_kind(), budgets=budgets(one=90.0, four=20.0))
    steps, plan = planned(project)
    assert steps == [("four", 20.0), ("one", 90.0), ("two", None), ("three", None)]
    assert plan.headline() == (
        f"4 of 4 chapters to run: about 110 s on this machine ({machine_kind()}); "
        "2 of them never ran, so that nothing tells how long they take"
    )
    assert [name for name, _ in planned(project, in_order=True)[0]] == ["one", "two", "three", "four"]
    # A budget is that of the page's own parameters.
    assert {seconds for _, seconds in planned(project, overrides={"rank": "3"})[0]} == {None}


def test_a_setting_for_all_is_taken_by_those_that_know_it(project, monkeypatch):
    path = project / "chapters" / "a" / "two.py"
    path.write_text(path.read_text().replace("rank: int = 40", "order: int = 3"))
    chapters = find_chapters(project)
    lines, ran = [], {}
    check_settings(chapters, {"rank": "3", "seed": "1"}, lines.append)
    assert lines == ["rank: 3 of 4 chapters take it, the others run as they stand"]
    with pytest.raises(LmphysError, match="a/one has no parameter 'rnak', perhaps rank"):
        check_settings(chapters, {"rnak": "3"}, lines.append)
    with pytest.raises(LmphysError, match="a/two: parameter order is int"):
        check_settings(chapters, {"order": "many"}, lines.append)
    settings = {**SETTINGS, "overrides": {"rank": "3"}}
    monkeypatch.setattr(plans, "run_chapter", lambda chapter, *, overrides, **_: ran.update({chapter.slug: overrides}))
    carry_out(planned(project, **settings)[1], **settings, echo=lines.append)
    assert ran == {name: {"rank": "3"} for name in ("one", "three", "four")} | {"two": {}}


def test_what_a_page_took_here_goes_before_what_is_recorded_and_a_page_that_is_there_is_not_run(project):
    write_benchmarks(project, machine_kind(), budgets=budgets(one=90.0, two=90.0))
    first = find_chapters(project)[0]
    took = run_chapter(first, into_book=True, echo=lambda line: None).record.seconds
    steps, plan = planned(project)
    assert [name for name, _ in steps] == ["two", "three", "four"]
    assert [chapter.slug for chapter in plan.fresh] == ["one"]
    assert dict(planned(project, force=True)[0])["one"] == took


def test_a_budget_of_another_machine_is_scaled_by_tokens():
    # There: 10 s of drawing, 5 s of reading, 6 s of fits; here drawing takes half, reading and fits a third.
    there, here = Rates(drawn=100.0, read=200.0), Rates(drawn=200.0, read=600.0)
    assert scaled(Budget(21.0, 1000, 1000), there, here) == pytest.approx(5 + 5 / 3 + 2)
    assert scaled(Budget(21.0, 1000, 1000), there, there) == pytest.approx(21)


def test_rates_are_measured_once_and_only_where_nothing_else_is_known(project, monkeypatch):
    asked = []
    monkeypatch.setattr(plans, "rates_of", lambda root, kind: asked.append(kind) or Rates(50.0, 100.0))
    planned(project)
    assert asked == []
    write_benchmarks(project, "a GPU", budgets=budgets(one=3.0, two=4.0), rates=Rates(100.0, 400.0))
    steps, plan = planned(project)
    assert asked == [machine_kind()]
    assert dict(steps) == {"one": 12.0, "two": 16.0, "three": None, "four": None}
    assert "from a GPU, by tokens" in plan.lines()[1]


def test_rates_come_from_the_record_then_from_this_project_then_from_a_measurement(project, monkeypatch):
    runs = []

    class Done:
        stdout = '{"drawn": 1.5, "read": 2.5}\n'

    monkeypatch.setattr(speed.subprocess, "run", lambda command, **_: runs.append(command) or Done)
    assert speed.rates_of(project, "AVX2") == Rates(1.5, 2.5)
    assert speed.rates_of(project, "AVX2") == Rates(1.5, 2.5)
    assert len(runs) == 1
    assert speed.rates_of(project, "another") == Rates(1.5, 2.5)  # the project moved to another machine
    assert len(runs) == 2
    write_benchmarks(project, "another", rates=Rates(7.0, 8.0))
    assert speed.rates_of(project, "another") == Rates(7.0, 8.0)


def test_no_measurement_is_no_estimate(project, monkeypatch):
    def missing(command, **_):
        raise speed.subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(speed.subprocess, "run", missing)
    write_benchmarks(project, "a GPU", budgets=budgets(one=3.0), rates=Rates(100.0, 400.0))
    assert {seconds for _, seconds in planned(project)[0]} == {None}
    assert not (project / "runs" / "rates.json").exists()


def test_time_left_follows_the_pace_of_the_pages_so_far(project, monkeypatch):
    write_benchmarks(project, machine_kind(), budgets=budgets(one=10.0, two=20.0, three=30.0, four=400.0))
    clock, lines, done = [0.0], [], []

    def run(chapter, *, expected, **_):
        clock[0] += 2 * expected

    monkeypatch.setattr(plans, "run_chapter", run)
    monkeypatch.setattr(plans.time, "monotonic", lambda: clock[0])
    carry_out(planned(project, jobs=1)[1], **SETTINGS, after=lambda c: done.append(len(c)), echo=lines.append)
    assert lines == [
        "a/one: running, 1 of 4; about 8 minutes left",
        "a/two: running, 2 of 4; about 15 minutes left",
        "a/three: running, 3 of 4; about 14 minutes left",
        "a/four: running, 4 of 4; about 13 minutes left",
    ]
    assert done == [1, 2, 3, 4]
    assert [duration(s) for s in (0.4, 119.0, 121.0, 1234.0)] == ["0 s", "119 s", "2 minutes", "21 minutes"]


MEETS = """import pathlib, time
own, other = (pathlib.Path("runs", name) for name in ({own!r}, {other!r}))
own.write_text("here")
end = time.monotonic() + 60
while not other.exists():
    assert time.monotonic() < end
    time.sleep(0.05)
"""


def test_pages_run_side_by_side_with_a_thread_each(tmp_path, project_maker, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cells = [MEETS.format(own=a, other=b) for a, b in (("one", "two"), ("two", "one"))]
    cells[0] += "import os\nassert os.environ['OMP_NUM_THREADS'] == '1'\n"
    root = project_maker(tmp_path / "p", {"a/one": cells[0], "a/two": cells[1]})
    plan = make_plan(root, find_chapters(root), **SETTINGS, jobs=2)
    carry_out(plan, **SETTINGS, echo=lambda line: None)
    assert all(RunRecord.read(Target.of(c, c.resolve({}), True).folder) for c in find_chapters(root))


def test_a_page_that_fails_lets_the_others_end_and_none_begin(tmp_path, project_maker):
    waits = "import pathlib, time\npathlib.Path('runs', 'two').write_text('')\ntime.sleep(1)\n"
    fails = "import pathlib, time\nwhile not pathlib.Path('runs', 'two').exists():\n    time.sleep(0.05)\n1 / 0"
    root = project_maker(tmp_path / "p", {"a/one": fails, "a/two": waits, "a/three": "1"})
    lines = []
    with pytest.raises(LmphysError, match=r"a/one.*ZeroDivisionError"):
        carry_out(make_plan(root, find_chapters(root), **SETTINGS, jobs=2), **SETTINGS, echo=lines.append)
    assert "a/two: still running, to its end" in lines
    written = [RunRecord.read(Target.of(c, c.resolve({}), True).folder) is not None for c in find_chapters(root)]
    assert written == [False, True, False]


def test_pages_of_another_model_go_first_where_one_is_read_already(project):
    _, plan = planned(project)
    running, *waiting = plan.steps
    assert plans._next(waiting, [running], {}) == 0  # all of one model: the first
    other = dataclasses.replace(waiting[1], chapter=_of_model(waiting[1].chapter, "reasoner"))
    assert plans._next([waiting[0], other], [running], {}) == 1
    assert plans._next([waiting[0], other], [running], {"model": "mine"}) == 0


def _of_model(chapter, model):
    path = chapter.path.with_name("other.py")
    path.write_text(chapter.source.replace('"smollm2"', f'"{model}"'))
    return Chapter.read(path)


def test_two_jobs_take_half_the_time_but_no_less_than_the_longest_page(project):
    write_benchmarks(project, machine_kind(), budgets=budgets(one=10.0, two=20.0, three=30.0, four=40.0))
    assert [planned(project, jobs=jobs)[1].seconds() for jobs in (1, 2, 4)] == [100.0, 50.0, 40.0]
    with pytest.raises(LmphysError, match="0 jobs: take at least 1"):
        planned(project, jobs=0)


def test_a_dry_run_tells_the_plan_and_runs_nothing(project):
    write_benchmarks(project, machine_kind(), budgets=budgets(one=10.0, two=5.0))
    lines = []
    build_book(project, dry_run=True, jobs=1, echo=lines.append)
    assert re.match(r"4 of 4 chapters to run: about 15 s", lines[0])
    assert [line.split()[1:4] for line in lines[1:3]] == [["a/two", "5", "s"], ["a/one", "10", "s"]]
    assert [line.split()[1:3] for line in lines[3:]] == [["a/three", "unknown"], ["a/four", "unknown"]]
    assert not (project / "runs").exists() and not (project / "_build").exists()


COUNTED = """import os, pathlib, torch
from lmphys.core.passes import count_passes
body = torch.nn.Embedding(3, 2)
count_passes(body)
for rows, new in ((2, 5), (4, 1), (1, 1)):
    body(torch.zeros(rows, new, dtype=torch.long));
home = pathlib.Path(os.environ["LMPHYS_HOME"])
home.mkdir(parents=True, exist_ok=True)
kept = home / "chains.txt"
if not kept.exists():
    kept.write_text("sampled");
"""


def test_a_run_records_tokens_and_whether_it_added_to_the_cache(tmp_path, monkeypatch, project_maker):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "cache"))
    (chapter,) = find_chapters(project_maker(tmp_path / "p", {"toy/page": COUNTED}))
    for cold in (True, False):
        record = run_chapter(chapter, force=True, echo=lambda line: None).record
        assert (record.tokens_drawn, record.tokens_read, record.cold) == (5, 10, cold)
        assert record.machine == machine_kind()
    folder = Target.of(chapter, chapter.resolve({}), into_book=True).folder
    assert RunRecord.read(folder) == record
    assert json.loads((folder / "run.json").read_text())["tokens_drawn"] == 5
