"""The early look: placeholders that say so, beside the book and never in it."""

import dataclasses
import re
from datetime import datetime

import pytest

from lmphys.book import build as builds
from lmphys.book.build import build_book
from lmphys.book.chapter import find_chapters
from lmphys.book.early import EARLY, MARK, placeholder, stage
from lmphys.book.plan import Step

NOW = datetime(2026, 1, 31, 12, 30)
CONFIG = 'title: toy\nonly_build_toc_files: true\nexecute:\n  execute_notebooks: "off"\n'


@pytest.fixture
def project(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/first": "print(6 * 7)", "toy/second": "print(6 * 8)"})
    (root / "_config.yml").write_text(CONFIG)
    return root


def steps_of(root, *seconds):
    return [Step(chapter, s, "") for chapter, s in zip(find_chapters(root), seconds, strict=True)]


def test_a_placeholder_has_title_first_paragraph_place_and_time_and_nothing_else(project):
    waiting = steps_of(project, 30.0, 60.0)
    text = placeholder(waiting, 1, NOW)
    assert text.startswith("# A toy page\n\nSome text.\n\n:::{admonition} Waiting: number 2 of 2 in the queue\n")
    assert "shows no result; it should be done about 90 s after 12:30." in text
    assert "rank" not in text
    assert "{admonition} Running now" in placeholder(waiting, 0, NOW)
    assert "it is not known how long" in placeholder(steps_of(project, None, 60.0), 1, NOW)


def test_a_stage_replaces_waiting_pages_and_leaves_the_book(project, tmp_path):
    page = project / "book" / "chapters" / "toy" / "second.ipynb"
    page.parent.mkdir(parents=True)
    page.write_text("an older page")
    folder = tmp_path / "stage"
    stage(project, folder, steps_of(project, 1.0, 1.0)[1:], NOW)
    assert page.read_text() == "an older page"
    staged = folder / "book" / "chapters" / "toy"
    assert sorted(path.name for path in staged.iterdir()) == ["second.md"]
    assert MARK in (staged / "second.md").read_text()
    assert "An early look, made at 12:30: 1 pages have not been run yet" in (folder / "_config.yml").read_text()
    assert "only_build_toc_files: true" in (folder / "_config.yml").read_text()


def test_the_early_look_comes_after_a_short_page_and_goes_with_the_whole_book(project, monkeypatch):
    made = builds.make_plan

    def plan(*arguments, **settings):
        found = made(*arguments, **settings)
        seconds = iter((10.0, 500.0))
        return dataclasses.replace(found, steps=tuple(Step(s.chapter, next(seconds), "") for s in found.steps))

    seen = {}
    early = builds.render_early

    def look(root, folder):
        done = early(root, folder)
        html = root / EARLY / "chapters" / "toy"
        seen["first"], seen["second"] = ((html / f"{name}.html").read_text() for name in ("first", "second"))
        seen["book"] = sorted(path.name for path in (root / "book" / "chapters" / "toy").iterdir())
        seen["proper"] = (root / "_build" / "html").exists()
        return done

    monkeypatch.setattr(builds, "make_plan", plan)
    monkeypatch.setattr(builds, "render_early", look)
    lines = []
    index = build_book(project, jobs=1, echo=lines.append)
    assert "an early look, 1 pages to come: _build/early/index.html" in lines
    assert re.search(r"<pre>.*42", seen["first"]) and MARK not in seen["first"]
    assert MARK in seen["second"] and "Some text." in seen["second"]
    assert not re.search(r"<pre>.*48", seen["second"])
    assert "An early look, made at" in seen["first"]
    assert seen["book"] == ["first.ipynb", "first.py"]
    assert not seen["proper"]
    # In the end, the book alone.
    assert not (project / EARLY).exists() and not (project / EARLY.with_suffix(".part")).exists()
    final = (index.parent / "chapters" / "toy" / "second.html").read_text()
    assert MARK not in final and re.search(r"<pre>.*48", final) and "An early look" not in final


def plan_of(project, steps):
    return builds.Plan(project, "m", tuple(steps), (), jobs=1)


@pytest.mark.parametrize(
    ("seconds", "looks"),
    [
        ((10.0, 500.0), [1]),
        ((90.0, 500.0), [0]),
        ((None, None), [0]),
        ((10.0, 60.0), []),
        ((10.0, None), []),
        ((None, 500.0), [0]),
    ],
)
def test_it_is_made_once_where_it_is_worth_it(project, monkeypatch, seconds, looks):
    steps = tuple(steps_of(project, *seconds))
    made = []
    monkeypatch.setattr(builds, "render_early", lambda root, folder: made.append(folder) or True)
    look = builds._EarlyLook(project, plan_of(project, steps), find_chapters(project), lambda line: None)
    found = []
    for done in range(3):
        n = len(made)
        look([step.chapter for step in steps[:done]])
        found += [done] * (len(made) - n)
    assert found == looks


def test_a_look_that_is_stopped_leaves_nothing(project, monkeypatch):
    def stopped(root, folder):
        assert folder.is_dir()
        raise KeyboardInterrupt

    monkeypatch.setattr(builds, "render_early", stopped)
    look = builds._EarlyLook(
        project, plan_of(project, steps_of(project, None, None)), find_chapters(project), lambda line: None
    )
    with pytest.raises(KeyboardInterrupt):
        look([])
    assert not (project / "_build").exists() or list((project / "_build").iterdir()) == []
