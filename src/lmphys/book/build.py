"""Build the book: run what changed, write the generated pages, render."""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from rich.console import Console

from lmphys.book.benchmarks import benchmark_table, load_benchmarks
from lmphys.book.chapter import Chapter, find_chapters, toc_files
from lmphys.book.ledger import by_claim, format_obtained, ledger_html, read_ledger, readable, scrolling_table
from lmphys.book.plots import growth
from lmphys.book.record import Target, book_records
from lmphys.book.reference import book_rows, compare_verdicts, read_references
from lmphys.book.runner import run_chapter
from lmphys.book.sources import link_sources
from lmphys.book.style import use_style
from lmphys.book.summary import counts, summaries_of_book
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest, write_atomically
from lmphys.core.provenance import PACKAGE, git_state, machine, versions

# The page that includes this is book/status.md, and its paths count from there.
_GROWTH_FIGURE = """```{{figure}} _generated/growth.svg
:name: fig-growth
:alt: Seconds of an EM iteration against transitions, regimes and dimension, a curve for this package and each peer.

Time of one iteration of EM as one size grows and the other two stay{middle}. Both axes are logarithmic: a straight
line is a power law, its slope the power. *Bare matrix products* are the least that an exact iteration has to compute:
the whitened residuals of every regime, and the second moments of all but one, which has what they leave of the total. A
point is the difference of two timings; where noise exceeded it, or ssm would have taken minutes, there is none.
```

"""
_WARNING = re.compile(r"(WARNING|ERROR|CRITICAL|SEVERE|Extension error|Exception)\b.*")


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
    """Markdown of the ledger: the rows of the pages in the book, those of other models, and the reference runs."""
    everything, records = read_ledger(root), book_records(chapters)
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
    return _raw(ledger_html(table, raw=("page",)))


def _page_links(root: Path, pages: pd.Series) -> list[str]:
    listed = set(toc_files(root))
    return [f'<a href="chapters/{page}.html">{page}</a>' if f"chapters/{page}" in listed else page for page in pages]


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```\n"


def _references_section(root: Path, rows: pd.DataFrame) -> str:
    """The verdicts of the book beside those of each reference run; whole ledgers of runs that the book is not."""
    parts = []
    for reference in read_references(root):
        where = f"{reference.machine.get('processor', 'unknown machine')}, {reference.date[:10]}, in {reference.dtype}"
        parts.append(f"\n## Reference run: {reference.model}, {reference.profile}\n\nMade on {where}.\n")
        compared = compare_verdicts(rows, reference)
        moved = compared[~compared["same"]]
        parts.append(f"{len(compared) - len(moved)} of {len(compared)} verdicts are the same in this book as there.\n")
        if len(moved):
            names = zip(moved["statement"], moved["claim"], strict=True)
            table = pd.DataFrame({"claim": [f"{text} ({claim})" for text, claim in names]})
            for side in ("here", "there"):
                columns = (moved[f"{name} {side}"] for name in ("obtained", "interval", "verdict"))
                table[side] = [f"{format_obtained(x, span)}: {word}" for x, span, word in zip(*columns, strict=True)]
            parts.append(f"The others:\n\n{_raw(scrolling_table(table))}")
        if (reference.model, reference.profile) not in set(zip(rows["model"], rows["profile"], strict=True)):
            parts.append(_ledger_table(root, reference.table()))
    return "\n".join(parts)


def summary_page(root: Path, chapters: Sequence[Chapter]) -> str:
    """Markdown of the summary: the questions of `book/summary.csv`, answered by the pages in the book."""
    parts = []
    for summary in summaries_of_book(root, chapters):
        parts.append(f"## {{cite:t}}`{summary.paper}`\n\n{summary.headline}\n")
        for section, rows in summary.table.groupby("section", sort=False):
            shown = rows.drop(columns="section").assign(page=_page_links(root, rows["page"]))
            parts.append(f"### {section}\n\n{_raw(ledger_html(shown, raw=('page',)))}")
        if len(summary.untested):
            parts.append(f"### What was not tested\n\n{_raw(scrolling_table(summary.untested))}")
    return "\n".join(parts) or "No questions are asked yet; they stand in `book/summary.csv`.\n"


def status_page(root: Path, chapters: Sequence[Chapter]) -> str:
    """Markdown of the status: how each page was made, package versions, machine, benchmarks."""
    records = book_records(chapters)
    pages = pd.DataFrame(
        [
            {
                "page": f'<a href="chapters/{chapter.id}.html">{chapter.id}</a>',
                "run time": f"{record.seconds:.0f} s",
                "peak memory": "–" if record.peak_memory_gb is None else f"{record.peak_memory_gb:.1f} GB",
                "device": record.device,
                "model": record.parameters.get("model", "–"),
                "profile": record.parameters.get("profile", "–"),
                "date": record.date[:16].replace("T", " "),
                "commit": re.sub(r"^([0-9a-f]{8})[0-9a-f]{32}", r"\1", record.git),
            }
            for chapter, record in records
        ]
    )
    gpus = sorted({record.device for _, record in records if record.device.startswith("cuda")})
    facts = {**machine(), "GPU used": "; ".join(gpus) or "none", "git commit": git_state(root), **versions()}
    seconds = sum(record.seconds for _, record in records)
    return (
        f"{len(records)} pages, {seconds / 60:.1f} minutes of running in all.\n\n"
        f"{_raw(scrolling_table(pages, raw=('page',)))}\n"
        f"Machine and packages of the last build:\n\n{_facts_table(facts)}\n"
        f"## Benchmarks\n\n{_benchmarks_section(root)}"
    )


def _facts_table(facts: Mapping[str, str]) -> str:
    return _raw(scrolling_table(pd.DataFrame(facts.items(), columns=["what", "value"])))


def _benchmarks_section(root: Path) -> str:
    benchmarks = load_benchmarks(root)
    if benchmarks is None:
        return "None are recorded: `make bench` measures them, `make book` does not.\n"
    return (
        "Speed and memory beside other ways to do the same, with the bounds that they must keep. They are taken by "
        "`make bench`, at the date and on the machine below, and do not change with `make book`.\n\n"
        f"{_raw(scrolling_table(benchmark_table(benchmarks.rows)))}\n"
        f"{'' if benchmarks.growth.empty else _growth_figure(benchmarks.middle)}"
        f"Measured on:\n\n{_facts_table(benchmarks.machine)}"
    )


def _growth_figure(middle: Mapping[str, int]) -> str:
    stay = [f"${name}$ = {value:,}" for name, value in middle.items()]
    return _GROWTH_FIGURE.format(middle=f", of {', '.join(stay)}" if stay else "")


def growth_svg(root: Path) -> str | None:
    """Figure of the growth of a fit with its size, as SVG; None where none was measured. Equal times, equal text."""
    benchmarks = load_benchmarks(root)
    if benchmarks is None or benchmarks.growth.empty:
        return None
    svg = StringIO()
    with mpl.rc_context():
        use_style()
        growth(benchmarks.growth).savefig(svg, format="svg", metadata={"Date": None})
    return svg.getvalue()


def _sources_digest(root: Path) -> str:
    """SHA-256 over the configuration, every file under `book/`, and the package, whose source the book shows."""
    files = [root / "_config.yml", *sorted(p for p in (root / "book").rglob("*") if p.is_file())]
    named = [(p.relative_to(root), p) for p in files]
    named += [(p.relative_to(PACKAGE), p) for p in sorted(PACKAGE.rglob("*.py"))]
    return hashlib.sha256("\0".join(f"{name} {file_digest(p)}" for name, p in named).encode()).hexdigest()


def missing_html(root: Path, since: float = 0.0) -> list[str]:
    """Pages of the table of contents without an HTML file, or with one older than its source and than `since`."""
    bad = []
    for file in toc_files(root):
        page = root / "_build" / "html" / f"{file}.html"
        sources = [p for p in (root / "book" / f"{file}{end}" for end in (".md", ".ipynb")) if p.is_file()]
        newest = min(since, max((p.stat().st_mtime for p in sources), default=since))
        if not page.is_file() or page.stat().st_mtime < newest:
            bad.append(file)
    return bad


def _write_if_changed(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def render(root: Path, *, force: bool = False) -> bool:
    """Render the pages with Jupyter Book, warnings counting as errors; returns False where nothing had changed.

    Raises:
        LmphysError: a warning or error (the first ones are named), or a page of the contents came out without HTML.
    """
    stamp, log = root / "_build" / ".lmphys-built", root / "runs" / "jupyter-book.log"
    digest = _sources_digest(root)
    if not force and stamp.is_file() and stamp.read_text() == digest and not missing_html(root):
        return False
    stamp.unlink(missing_ok=True)
    log.parent.mkdir(exist_ok=True)
    begin = time.time()
    # Of this interpreter, whatever `jupyter-book` the PATH has; the package has no __main__.
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "book/"]
    command += ["--config", "_config.yml", "--path-output", ".", "-n", "-W", "--keep-going"]
    with Console(stderr=True).status("rendering the book"), log.open("w", encoding="utf-8") as out:
        done = subprocess.run(
            command, cwd=root, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "NO_COLOR": "1"}
        )
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8", errors="replace"))
    if done.returncode:
        found = [line.strip().replace(f"{root}/", "") for line in text.splitlines() if _WARNING.search(line)]
        found = [line for line in found if "treated as errors" not in line]
        # Sphinx repeats no warning for a page that it has read: the next build would pass with the fault inside.
        for pickle in (root / "_build" / ".doctrees").rglob("*"):
            if pickle.is_file():
                pickle.unlink()
        shown = "; ".join(dict.fromkeys(found[:3])) or f"jupyter-book ended with status {done.returncode}"
        more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
        raise LmphysError(f"rendering failed: {shown}{more}; the whole log: {log.relative_to(root)}")
    bad = missing_html(root, begin - 2)
    if bad:
        raise LmphysError(f"no new HTML for {', '.join(bad)}; see {log.relative_to(root)}, then `make clean book`")
    link_sources(root / "_build" / "html")
    write_atomically(stamp, digest)
    return True


def build_book(
    root: Path,
    *,
    force: bool = False,
    model: str | None = None,
    profile: str | None = None,
    chapters: Sequence[str] | None = None,
    echo: Callable[[str], None] = print,
) -> Path:
    """Run every chapter that is not up to date, write the generated pages and render the book.

    Args:
        root: Folder of the project.
        force: Run and render even what has not changed.
        model: Model spec of all chapters instead of their default; such pages go into the book.
        profile: smoke, quick or full instead of their default.
        chapters: Ids of the chapters to run; the others keep the page that they have. All by default.
        echo: Receives one line for each event.

    Returns:
        Path of `index.html`.

    Raises:
        LmphysError: a chapter failed, is in no table of contents or has no page yet, or the rendering failed.
    """
    everything = find_chapters(root)
    listed = {file.removeprefix("chapters/") for file in toc_files(root)}
    for chapter in everything:
        if chapter.id not in listed:
            raise LmphysError(f"chapters/{chapter.id}.py is in no table of contents; add it to book/_toc.yml")
    overrides: Mapping[str, Any] = {
        name: value for name, value in (("model", model), ("profile", profile)) if value is not None
    }
    wanted = [chapter for chapter in everything if chapters is None or chapter.id in chapters]
    for chapter in wanted:
        chapter.resolve(overrides)  # a wrong parameter of the last chapter must not cost the time of the first
    for path in remove_stale_pages(root, everything):
        echo(f"deleted {path.relative_to(root)}: its chapter is gone")
    fresh = 0
    for chapter in wanted:
        result = run_chapter(chapter, overrides=overrides, into_book=True, force=force, quiet_if_fresh=True, echo=echo)
        fresh += result.cached
    echo(f"{len(wanted) - fresh} of {len(wanted)} chapters run, {fresh} up to date")
    for chapter in everything:
        if not Target.of(chapter, {}, into_book=True).page.is_file():
            raise LmphysError(f"{chapter.id} has no page yet; run it: lmphys run {chapter.id}")
    generated = root / "book" / "_generated"
    _write_if_changed(generated / "ledger_table.md", ledger_page(root, everything))
    _write_if_changed(generated / "summary_table.md", summary_page(root, everything))
    _write_if_changed(generated / "status_table.md", status_page(root, everything))
    figure = growth_svg(root)
    if figure is None:
        (generated / "growth.svg").unlink(missing_ok=True)
    else:
        _write_if_changed(generated / "growth.svg", figure)
    index = root / "_build" / "html" / "index.html"
    echo("rendered" if render(root, force=force) else "the rendered book is up to date")
    return index
