"""Budgets: what is kept is what the pages took, by machine and state of the cache, and each is a bar of that length."""

from dataclasses import replace

import pytest

from lmphys.book import budgets
from lmphys.book.benchmarks import Budget, load_benchmarks, write_benchmarks
from lmphys.book.budgets import BOUNDS, budget_figure, record_budgets
from lmphys.book.chapter import find_chapters
from lmphys.book.record import RunRecord
from lmphys.core.errors import LmphysError


def record_of(chapter, **changes):
    plain = RunRecord(
        key="", inputs={}, checksum="", parameters=chapter.resolve({}), seconds=30.04, device="cpu", machine="AVX2",
        cold=True, tokens_drawn=5, tokens_read=6, peak_memory_gb=None, versions={}, git="", date="", ledger={}, rows={},
    )  # fmt: skip
    return replace(plain, **changes)


@pytest.fixture
def project(tmp_path, project_maker, monkeypatch):
    """A project, and a dictionary of records that stand for those of the pages in its book."""
    root = project_maker(tmp_path / "p", {"a/one": "1", "a/two": "1", "a/three": "1"})
    chapters = find_chapters(root)
    found = {}
    monkeypatch.setattr(budgets, "book_record", lambda chapter: found.get(chapter.slug, (None, False)))
    return root, chapters, found


def test_the_last_cold_and_the_last_warm_run_are_kept_by_machine(project):
    root, chapters, found = project
    gone = {"a/gone": {"cold": Budget(1.0, 1, 1)}}
    write_benchmarks(root, "AVX2", budgets=gone)
    found["one"] = record_of(chapters[0]), True
    found["two"] = record_of(chapters[1], machine="a GPU", seconds=2.0), True
    found["three"] = record_of(chapters[2]), False  # out of date
    record_budgets(root, chapters)
    found["one"] = record_of(chapters[0], cold=False, seconds=8.0, tokens_drawn=0), True
    found["two"] = record_of(chapters[1], parameters=chapters[1].resolve({"rank": "3"})), True  # not its own
    record_budgets(root, chapters)
    kept = load_benchmarks(root)
    assert kept["AVX2"].budgets == {"a/one": {"cold": Budget(30.0, 5, 6), "warm": Budget(8.0, 0, 6)}}
    assert kept["a GPU"].budgets == {"a/two": {"cold": Budget(2.0, 5, 6)}}


def test_nothing_to_keep_is_an_error(project):
    root, chapters, _ = project
    with pytest.raises(LmphysError, match=r"no page in the book is up to date.*lmphys build"):
        record_budgets(root, chapters)


def test_bars_are_as_long_as_the_seconds_and_the_bounds_are_drawn():
    panels = {
        "this book": {"a/one": {"cold": Budget(100.0, 1, 1)}, "a/two": {"warm": Budget(40.0, 1, 1)}},
        "AVX2": {"a/two": {"cold": Budget(150.0, 1, 1), "warm": Budget(70.0, 1, 1)}},
    }
    figure = budget_figure(panels, ["a/one", "a/two"])
    assert [ax.get_title() or ax.get_title(loc="left") for ax in figure.axes] == list(panels)
    for ax, expected in zip(figure.axes, ([100.0, 40.0], [150.0, 70.0]), strict=True):
        assert [patch.get_width() for patch in ax.patches] == expected
        assert [line.get_xdata()[0] for line in ax.lines] == [BOUNDS["cold"], BOUNDS["warm"]] == [120.0, 60.0]
        assert len({line.get_linestyle() for line in ax.lines}) == 2  # not by colour alone
    rows = [round(patch.get_y() + patch.get_height() / 2) for patch in figure.axes[0].patches]
    assert rows == [0, 1]  # each on the row of its page
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a/one", "a/two"]
