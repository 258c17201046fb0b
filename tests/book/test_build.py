import json
import re

import matplotlib as mpl
import pytest

from lmphys.book.build import build_book, ledger_page, remove_stale_pages
from lmphys.book.chapter import find_chapters
from lmphys.book.render import missing_html, render
from lmphys.book.status import status_figures, status_page
from lmphys.core.errors import LmphysError

CONFIG = """title: toy
only_build_toc_files: true
exclude_patterns: ["_generated/*"]
execute:
  execute_notebooks: "off"
"""
CODE = """from lmphys.book.ledger import Ledger
ledger = Ledger.for_page("toy/page", model=model, profile=profile)
ledger.record("slds.jump.ratio", 28.0)
ledger.show()
"""
MEASURED = {
    "machine": {"processor": "<i>fast</i> one", "date": "2026-01-31"},
    "rows": [
        {"what": "a & b", "ours": "2 s", "plain": "1 s", "ratio": 2.0, "at_least": None, "at_most": 1.5},
        {"what": "words", "ours": "```", "plain": "", "ratio": None, "at_least": None, "at_most": None},
    ],
    "growth": [
        {"along": "K", "value": value, "ours_s": seconds, "floor_s": 0.01, "ssm_s": None, "dynamax_s": None}
        for value, seconds in ((2, 0.02), (4, -0.001))
    ],
    "middle": {},
    "rates": None,
    "budgets": {"toy/page": {"cold": {"seconds": 90.0, "drawn": 5, "read": 6}}},
}
BENCHMARKS = {"a fast kind": MEASURED}
INTRO = """# Introduction

```{include} _generated/ledger_table.md
```

```{include} _generated/status_table.md
```
"""


def build(root, **options):
    lines = []
    index = build_book(root, echo=lines.append, **options)
    return index, lines


@pytest.fixture(scope="module")
def built(tmp_path_factory, project_maker):
    """A book in a folder with umlauts and spaces, of a user without a home."""
    root = project_maker(tmp_path_factory.mktemp("p") / "Größe und Maß", {"toy/page": CODE})
    (root / "_config.yml").write_text(CONFIG)
    (root / "book" / "intro.md").write_text(INTRO)
    (root / "data" / "benchmarks.json").write_text(json.dumps(BENCHMARKS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", "/dev/null/home")
        return root, *build(root, overrides={"profile": "smoke"})


def test_every_page_of_the_contents_is_rendered(built):
    root, index, lines = built
    assert index.is_file()
    assert missing_html(root) == []
    assert lines[0] == "1 of 1 chapters to run: 1 of them never ran, so that nothing tells how long they take"
    assert lines[1] == "toy/page: running, 1 of 1"
    page = (root / "_build" / "html" / "chapters" / "toy" / "page.html").read_text()
    assert "How this page was made" in page
    assert "verdict-reproduced" in page
    assert 'href="../../_downloads/' in page


def test_ledger_and_status_are_rendered_from_the_runs(built):
    root, _, _ = built
    text = (root / "_build" / "html" / "intro.html").read_text()
    assert "1 rows: 1 reproduced." in text
    assert "smollm2 (smoke)" in text
    assert '<a href="chapters/toy/page.html">' in text
    benchmarks = text[text.index("<h2>Benchmarks") :]
    assert "<tr><td>a &amp; b</td><td>2 s</td><td>1 s</td><td>2.00</td><td>≤ 1.5</td><td>no</td></tr>" in benchmarks
    assert "<tr><td>words</td><td>```</td><td></td><td></td><td></td><td></td></tr>" in benchmarks
    assert "<tr><td>processor</td><td>&lt;i&gt;fast&lt;/i&gt; one</td></tr>" in benchmarks
    assert "<tr><td>date</td><td>2026-01-31</td></tr>" in benchmarks
    # The width of the reason is for the ledger alone.
    assert re.findall(r'<div class="(lmphys[^"]*)"', text) == ["lmphys-table lmphys-ledger"] + 4 * ["lmphys-table"]
    assert text.index('src="_images/budgets.svg"') < text.index("<h2>Benchmarks") < text.index("<h3>a fast kind")


def test_the_figure_of_growth_is_drawn_and_shown_with_its_caption(built):
    root, _, _ = built
    text = (root / "_build" / "html" / "intro.html").read_text()
    benchmarks = text[text.index("<h2>Benchmarks") :]
    assert re.search(r'<img alt="Seconds of an EM iteration[^>]*src="_images/growth-1\.svg"', benchmarks)
    assert benchmarks.index("<td>words</td>") < benchmarks.index("<img alt=") < benchmarks.index("Measured on:")
    assert "where noise exceeded it" in benchmarks
    drawn = (root / "book" / "_generated" / "growth-1.svg").read_text()
    assert (root / "_build" / "html" / "_images" / "growth-1.svg").read_text() == drawn
    assert drawn.startswith("<?xml")
    assert "<dc:date>" not in drawn


def test_equal_times_are_an_equal_figure_and_the_style_is_left_as_it_was(tmp_path):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "benchmarks.json"
    file.write_text(json.dumps(BENCHMARKS))
    before = mpl.rcParams.copy()
    drawn = status_figures(tmp_path, [])
    assert list(drawn) == ["growth-1.svg"]
    assert status_figures(tmp_path, []) == drawn
    assert mpl.rcParams == before
    faster = [MEASURED["growth"][0] | {"ours_s": 0.015}]
    for growth, names in (([], []), (faster, ["growth-1.svg"])):
        file.write_text(json.dumps({"a fast kind": MEASURED | {"growth": growth}}))
        figures = status_figures(tmp_path, [])
        assert list(figures) == names
        assert figures != drawn
    file.write_text(json.dumps({"another": MEASURED} | BENCHMARKS))
    assert list(status_figures(tmp_path, [])) == ["growth-1.svg", "growth-2.svg"]
    file.unlink()
    assert status_figures(tmp_path, []) == {}


def test_the_status_page_says_when_no_benchmarks_were_recorded(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": "1"})
    text = status_page(root, find_chapters(root))
    assert text.endswith("## Benchmarks\n\nNone are recorded: `make bench` measures them, `make book` does not.\n")
    (root / "data" / "benchmarks.json").write_text('{"a kind": {}}')
    with pytest.raises(LmphysError, match=r"benchmarks\.json holds no benchmarks"):
        status_page(root, find_chapters(root))


def test_a_build_without_changes_does_nothing_and_a_warning_fails_every_time(built):
    root, index, _ = built
    stamp = index.stat().st_mtime_ns
    _, lines = build(root, overrides={"profile": "smoke"})
    assert lines == ["0 of 1 chapters to run", "the rendered book is up to date"]
    assert index.stat().st_mtime_ns == stamp

    (root / "book" / "intro.md").write_text(INTRO + "\n{ref}`nowhere-at-all`\n")
    # Sphinx would pass the second time: it warns only of pages that it reads anew
    for _ in range(2):
        with pytest.raises(LmphysError) as error:
            build(root, overrides={"profile": "smoke"})
        assert "nowhere-at-all" in str(error.value)
        assert str(error.value).endswith("the whole log: runs/jupyter-book.log")
        assert "\n" not in str(error.value)
    (root / "book" / "intro.md").write_text(INTRO)


def test_a_placeholder_that_was_left_fails_the_rendering(built):
    root, _, _ = built
    intro = root / "book" / "intro.md"
    intro.write_text(INTRO + "\nMore.\n")
    page = root / "book" / "chapters" / "toy" / "page.ipynb"
    notebook = page.read_text()
    page.write_text(notebook.replace("Some text.", ":::{admonition} Waiting\\n:class: lmphys-placeholder\\nNo.\\n:::"))
    with pytest.raises(LmphysError, match=r"chapters/toy/page\.html is a placeholder, no result"):
        render(root)
    page.write_text(notebook)
    intro.write_text(INTRO)
    assert render(root)


def test_pages_of_vanished_chapters_are_deleted(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": "1"})
    gone = [root / "book" / "chapters" / "old" / f"gone{end}" for end in (".ipynb", ".py")]
    kept = root / "book" / "chapters" / "toy" / "page.ipynb"
    rows = [root / "runs" / "ledger" / f"{name}--m--quick.json" for name in ("old-gone", "toy-page")]
    for path in (*gone, kept, *rows):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    assert remove_stale_pages(root, find_chapters(root)) == gone
    assert kept.is_file()
    assert [path.is_file() for path in rows] == [False, True]


def test_a_chapter_in_no_contents_or_with_wrong_parameters_stops_before_anything_runs(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": "1 / 0", "toy/more": "1 / 0"})
    with pytest.raises(LmphysError, match="profile is str: 'fast'"):
        build(root, overrides={"profile": "fast"})
    toc = root / "book" / "_toc.yml"
    toc.write_text(toc.read_text().replace("      - file: chapters/toy/more\n", ""))
    with pytest.raises(LmphysError, match=r"chapters/toy/more\.py is in no table of contents"):
        build(root)


def test_the_ledger_page_takes_the_run_in_the_book_and_all_other_models(built):
    root, _, _ = built
    folder = root / "runs" / "ledger"
    source = next(folder.glob("toy-page--smollm2--smoke.json"))
    (row,) = json.loads(source.read_text())["rows"]
    others = [{"profile": "full"}, {"seed": 7}, {"seed": None}, {"model": "other", "profile": "full"}]
    for number, change in enumerate(others):
        (folder / f"toy-page--{number}.json").write_text(json.dumps({"rows": [row | change]}))
    try:
        text = ledger_page(root, find_chapters(root))
    finally:
        for number in range(len(others)):
            (folder / f"toy-page--{number}.json").unlink()
    assert text.startswith("2 rows: 2 reproduced.")
    assert "smollm2 (smoke)" in text
    assert "other (full)" in text
    # Of a page that waits to be run again, nothing that an earlier run recorded.
    assert ledger_page(root, []) == "No page has recorded a number yet.\n"
    assert "smollm2 (full)" not in text
