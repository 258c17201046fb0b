"""Build the book: run what changed, write the generated pages, render."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd

from lmphys.book.across_view import models_page
from lmphys.book.chapter import Chapter, check_settings, find_chapters, toc_files
from lmphys.book.course import check_course, course_map, course_page, read_course
from lmphys.book.early import EARLY, stage
from lmphys.book.forest import forest_of_book
from lmphys.book.ledger import by_claim, format_obtained, ledger_html, raw_html, read_ledger, readable, scrolling_table
from lmphys.book.plan import Plan, carry_out, make_plan
from lmphys.book.record import book_records
from lmphys.book.reference import book_rows, compare_verdicts, read_references
from lmphys.book.render import render, render_early
from lmphys.book.standing import standing_of_book
from lmphys.book.status import status_figures, status_page
from lmphys.book.style import svg_text, use_style
from lmphys.book.summary import counts, summaries_of_book
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically

# Seconds: left to run, from which an early look is worth its half minute; of a first page that it should show; of a
# page that never ran, to weigh this.
_WORTH_WAITING, _SOON, _UNKNOWN = 120.0, 60.0, 60.0

# The page that includes it is book/summary.md, and its path counts from there. On a phone it scrolls (custom.css).
_FOREST = """```{figure} _generated/forest.svg
:name: fig-forest
:figclass: lmphys-wide
:alt: A row for each question, our number with its interval, 0 at no effect and 1 at what the paper reports.

The questions below as rows, marked by their verdicts. A line is a 95 % interval, several marks are several definitions,
a hollow arrow lies beyond the edge. Above: claims of a number. Below: claims of a sign, measured in half widths of our
own interval, so that a line that keeps clear of 0 has decided.
```
"""


def remove_stale_pages(root: Path, chapters: Sequence[Chapter]) -> list[Path]:
    """Delete pages under `book/chapters/`, and their HTML, whose chapter is gone; returns the deleted pages."""
    ids = {chapter.id for chapter in chapters}
    folder = root / "book" / "chapters"
    stale = []
    for path in sorted(p for p in folder.glob("*/*") if p.suffix in (".ipynb", ".py")):
        if f"{path.parent.name}/{path.stem}" not in ids:
            path.unlink()
            page = path.relative_to(root / "book").with_suffix(".html")
            (root / "_build" / "html" / page).unlink(missing_ok=True)
            stale.append(path)
    pages = {chapter_id.replace("/", "-") for chapter_id in ids}
    for path in (root / "runs" / "ledger").glob("*.json"):
        if path.name.split("--")[0] not in pages:
            path.unlink()
    return stale


def ledger_page(root: Path, chapters: Sequence[Chapter]) -> str:
    """Markdown of the ledger: rows of the pages in the book, those of other models, and the reference runs.

    Pages that are not among `chapters` are left out, whatever they recorded once.
    """
    everything, records = read_ledger(root), book_records(chapters)
    everything = everything[everything["page"].isin([chapter.id for chapter in chapters])]
    if everything.empty:
        return "No page has recorded a number yet.\n"
    mine = book_rows(root, records)
    keys = ["claim", "page", "model"]
    shown = pd.MultiIndex.from_frame(mine[keys])
    models = {chapter.id: record.parameters.get("model") for chapter, record in records}
    # Of a page's own model the run in the book counts, whatever else was tried; other models are shown as they are.
    of_others = everything["model"] != everything["page"].map(models)
    aside = everything[of_others & ~pd.MultiIndex.from_frame(everything[keys]).isin(shown)]
    rows = pd.concat([mine, aside]) if len(aside) else mine
    rows = by_claim(rows)
    total = f"{len(rows)} rows: {counts(rows['verdict'])}.\n\n"
    return total + _ledger_table(root, rows) + _references_section(root, mine)


def _ledger_table(root: Path, rows: pd.DataFrame) -> str:
    table = readable(rows)
    table["model"] = [f"{model} ({profile})" for model, profile in zip(rows["model"], rows["profile"], strict=True)]
    table["page"] = _page_links(root, rows["page"])
    return raw_html(ledger_html(table, raw=("page",)))


def _page_links(root: Path, pages: pd.Series) -> list[str]:
    listed = set(toc_files(root))
    return [f'<a href="chapters/{page}.html">{page}</a>' if f"chapters/{page}" in listed else page for page in pages]


def _references_section(root: Path, rows: pd.DataFrame) -> str:
    """The verdicts of the book beside those of each reference run; whole ledgers of runs that the book is not."""
    parts = []
    for reference in read_references(root):
        where = f"{reference.machine.get('processor', 'unknown machine')}, {reference.date[:10]}, in {reference.dtype}"
        parts.append(f"\n## Reference run: {reference.model}, {reference.profile}\n\nMade on {where}.\n")
        parts += [
            f"{page} was run later: {other['processor']}, {other['date'][:10]}, in {other['dtype']}.\n"
            for page, other in reference.renewed.items()
        ]
        compared = compare_verdicts(rows, reference)
        moved = compared[~compared["same"]]
        parts.append(f"{len(compared) - len(moved)} of {len(compared)} verdicts are the same in this book as there.\n")
        if len(moved):
            names = zip(moved["statement"], moved["claim"], strict=True)
            table = pd.DataFrame({"claim": [f"{text} ({claim})" for text, claim in names]})
            for side in ("here", "there"):
                columns = (moved[f"{name} {side}"] for name in ("obtained", "interval", "verdict"))
                table[side] = [f"{format_obtained(x, span)}: {word}" for x, span, word in zip(*columns, strict=True)]
            parts.append(f"The others:\n\n{raw_html(scrolling_table(table))}")
        if (reference.model, reference.profile) not in set(zip(rows["model"], rows["profile"], strict=True)):
            parts.append(_ledger_table(root, reference.table()))
    return "\n".join(parts)


def summary_page(root: Path, chapters: Sequence[Chapter]) -> str:
    """Markdown of the summary: the questions of `book/summary.csv`, answered by the pages in the book."""
    stands = standing_of_book(root, chapters)
    parts = [stands, _FOREST if stands else ""]
    for summary in summaries_of_book(root, chapters):
        parts.append(f"## {{cite:t}}`{summary.paper}`\n\n{summary.headline}\n")
        for section, rows in summary.table.groupby("section", sort=False):
            shown = rows.drop(columns="section").assign(page=_page_links(root, rows["page"]))
            parts.append(f"### {section}\n\n{raw_html(ledger_html(shown, raw=('page',)))}")
        if len(summary.untested):
            parts.append(f"### What was not tested\n\n{raw_html(scrolling_table(summary.untested))}")
    return "\n\n".join(filter(None, parts)) or "No questions are asked yet; they stand in `book/summary.csv`.\n"


def _forest(root: Path, chapters: Sequence[Chapter]) -> dict[str, str]:
    """The picture of the summary as SVG, by file name."""
    with mpl.rc_context():
        use_style()
        figure = forest_of_book(root, chapters)
        return {} if figure is None else {"forest.svg": svg_text(figure)}


def _course(root: Path) -> str:
    """Markdown of the course; it speaks of all chapters, whether they have run or not."""
    chapters = {chapter.id: chapter for chapter in find_chapters(root)}
    lectures = read_course(root)
    if not lectures:
        return ""
    check_course(lectures, list(chapters))
    with mpl.rc_context():
        use_style()
        drawing = svg_text(course_map(lectures, chapters))
    return course_page(lectures, chapters, drawing)


def _write_generated(root: Path, chapters: Sequence[Chapter], folder: Path) -> None:
    """Write what the hand-written pages include of the pages of `chapters` into `folder`."""
    texts = {
        "ledger_table.md": ledger_page(root, chapters),
        "summary_table.md": summary_page(root, chapters),
        "models_table.md": models_page(root),
        "status_table.md": status_page(root, chapters),
        "course.md": _course(root),
        **status_figures(root, chapters),
        **_forest(root, chapters),
    }
    for path in folder.glob("*"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)


class _EarlyLook:
    """Renders the book once before all pages have run, as soon as there is something to read and if it is worth it."""

    def __init__(self, root: Path, plan: Plan, chapters: Sequence[Chapter], echo: Callable[[str], None]) -> None:
        self.root, self.plan, self.echo = root, plan, echo
        to_run = {step.chapter.id for step in plan.steps}
        self.others = [chapter for chapter in chapters if chapter.id not in to_run]
        first = plan.steps[0].seconds if plan.steps else None
        self.when = 1 if first is not None and first <= _SOON else 0

    def __call__(self, done: Sequence[Chapter]) -> None:
        """Look, where these pages have run and this is the time."""
        waiting = [step for step in self.plan.steps if step.chapter not in done]
        left = sum(_UNKNOWN if step.seconds is None else step.seconds for step in waiting)
        if len(done) != self.when or left / self.plan.jobs < _WORTH_WAITING:
            return
        ready = [*self.others, *done]
        folder = self.root / EARLY.with_suffix(".part")
        try:
            stage(self.root, folder, waiting, datetime.now(), self.plan.jobs)
            _write_generated(self.root, ready, folder / "book" / "_generated")
            done_well = render_early(self.root, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if done_well:
            self.echo(f"an early look, {len(waiting)} pages to come: {EARLY / 'index.html'}")
        else:
            self.echo("no early look: rendering failed; see runs/jupyter-book-early.log")


def build_book(
    root: Path,
    *,
    force: bool = False,
    overrides: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    jobs: int | None = None,
    echo: Callable[[str], None] = print,
) -> Path:
    """Run every chapter that is not up to date, write the generated pages and render the book.

    Args:
        root: Folder of the project.
        force: Run and render even what has not changed.
        overrides: Parameter values of the chapters that know them, such as model and profile of all; such pages go
            into the book.
        dry_run: Only say what would be run, in which order, and about how long it would take.
        jobs: Pages side by side; None takes one a core, as memory allows.
        echo: Receives one line for each event.

    Returns:
        Path of `index.html`.

    Raises:
        LmphysError: a chapter failed or is in no table of contents, or the rendering failed.
    """
    chapters = find_chapters(root)
    listed = {file.removeprefix("chapters/") for file in toc_files(root)}
    for chapter in chapters:
        if chapter.id not in listed:
            raise LmphysError(f"chapters/{chapter.id}.py is in no table of contents; add it to book/_toc.yml")
    overrides = overrides or {}
    check_settings(chapters, overrides, echo)  # a wrong value for the last chapter must not cost the time of the first
    index = root / "_build" / "html" / "index.html"
    plan = make_plan(root, chapters, overrides=overrides, into_book=True, force=force, jobs=jobs)
    for line in plan.lines() if dry_run else [plan.headline()]:
        echo(line)
    if dry_run:
        return index
    for path in remove_stale_pages(root, chapters):
        echo(f"deleted {path.relative_to(root)}: its chapter is gone")
    early = _EarlyLook(root, plan, chapters, echo)
    early([])
    carry_out(plan, overrides=overrides, into_book=True, force=force, after=early, echo=echo)
    _write_generated(root, chapters, root / "book" / "_generated")
    echo("rendered" if render(root, force=force) else "the rendered book is up to date")
    shutil.rmtree(root / EARLY, ignore_errors=True)
    return index
