"""From the pages to HTML with Jupyter Book."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml
from rich.console import Console

from lmphys.book.api import PAGE, write_api
from lmphys.book.chapter import toc_files
from lmphys.book.early import EARLY, MARK
from lmphys.book.explorable import place_script
from lmphys.book.sources import link_sources
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest, files_below, write_atomically
from lmphys.core.provenance import PACKAGE

_WARNING = re.compile(r"(WARNING|ERROR|CRITICAL|SEVERE|Extension error|Exception)\b.*")


def _sources_digest(root: Path) -> str:
    """SHA-256 over the configuration, every file under `book/`, and the package, whose source the book shows."""
    files = [root / "_config.yml", *files_below(root / "book")]
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


def usable_configuration(config: Path, out: Path) -> Path:
    """The configuration, or a copy in `out` without buttons for Binder and Colab where no address of a fork is set.

    The theme fails on such buttons where it does not know what they should open.
    """
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    if "launch_buttons" not in settings or (settings.get("repository") or {}).get("url"):
        return config
    del settings["launch_buttons"]
    place = out / "runs" / "config.yml"
    place.parent.mkdir(exist_ok=True)
    write_atomically(place, yaml.safe_dump(settings, allow_unicode=True))
    return place


def run_jupyter_book(source: Path, config: Path, out: Path, log: Path, *, strict: bool) -> int:
    """Render `source` to `out/_build/html`; returns the status of Jupyter Book. With `strict` a warning is an error."""
    # Of this interpreter, whatever `jupyter-book` the PATH has; the package has no __main__.
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(source)]
    command += ["--config", str(usable_configuration(out / config, out)), "--path-output", str(out)]
    command += ["-n", "-W", "--keep-going"] if strict else ["--keep-going"]
    environment = {**os.environ, "NO_COLOR": "1"}
    log.parent.mkdir(exist_ok=True)
    with log.open("w", encoding="utf-8") as told:
        return subprocess.run(command, cwd=out, stdout=told, stderr=subprocess.STDOUT, env=environment).returncode


def left_placeholders(root: Path) -> list[str]:
    """Rendered pages of chapters, in the book proper, that are the placeholder of an early rendering."""
    html = root / "_build" / "html"
    pages = sorted((html / "chapters").rglob("*.html"))
    return [page.relative_to(html).as_posix() for page in pages if MARK in page.read_text(encoding="utf-8")]


def render(root: Path, *, force: bool = False) -> bool:
    """Render the pages with Jupyter Book, warnings counting as errors; returns False where nothing had changed.

    Raises:
        LmphysError: a warning or error (the first ones are named), or a page of the contents came out without HTML or
            is a placeholder.
    """
    stamp, log = root / "_build" / ".lmphys-built", root / "runs" / "jupyter-book.log"
    digest = _sources_digest(root)
    if not force and stamp.is_file() and stamp.read_text() == digest and not missing_html(root):
        return False
    stamp.unlink(missing_ok=True)
    begin = time.time()
    with Console(stderr=True).status("rendering the book"):
        status = run_jupyter_book(Path("book"), Path("_config.yml"), root, log, strict=True)
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8", errors="replace"))
    if status:
        found = [line.strip().replace(f"{root}/", "") for line in text.splitlines() if _WARNING.search(line)]
        found = [line for line in found if "treated as errors" not in line]
        # Sphinx repeats no warning for a page that it has read: the next build would pass with the fault inside.
        for pickle in (root / "_build" / ".doctrees").rglob("*"):
            if pickle.is_file():
                pickle.unlink()
        shown = "; ".join(dict.fromkeys(found[:3])) or f"jupyter-book ended with status {status}"
        more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
        raise LmphysError(f"rendering failed: {shown}{more}; the whole log: {log.relative_to(root)}")
    bad = missing_html(root, begin - 2)
    if bad:
        raise LmphysError(f"no new HTML for {', '.join(bad)}; see {log.relative_to(root)}, then `make clean book`")
    left = left_placeholders(root)
    if left:
        raise LmphysError(f"{', '.join(left)} is a placeholder, no result; run it again: lmphys build --force")
    link_sources(root / "_build" / "html")
    place_script(root / "_build" / "html")
    if PAGE in toc_files(root):
        with Console(stderr=True).status("writing the reference of the package"):
            write_api(root / "_build" / "html", root / "runs" / "pdoc.log")
    write_atomically(stamp, digest)
    return True


def render_early(root: Path, folder: Path) -> bool:
    """Render what `lmphys.book.early.stage` has put into `folder`, and put it in place as `_build/early`.

    A warning is no error: references to pages that wait lead nowhere yet. The real book, in `_build/html`, is not
    touched. Returns whether it came out; the log is `runs/jupyter-book-early.log`.
    """
    log, html, place = root / "runs" / "jupyter-book-early.log", folder / "_build" / "html", root / EARLY
    with Console(stderr=True).status("rendering the book early"):
        status = run_jupyter_book(folder / "book", folder / "_config.yml", folder, log, strict=False)
    if status or not (html / "index.html").is_file():
        return False
    link_sources(html)
    place_script(html)
    shutil.rmtree(place, ignore_errors=True)
    html.replace(place)
    return True
