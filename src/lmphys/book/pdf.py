"""The rendered book as one PDF: each page printed by Chromium, links between pages led to their place in the file."""

import html
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lmphys.core.errors import LmphysError
from lmphys.core.extras import needed
from lmphys.core.files import write_atomically
from lmphys.core.progress import Progress

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TITLE = re.compile(r"<h1>(.*?)(?:<a|</h1>)", re.S)
# Milliseconds of the page's own clock: formulas are set, and figures drawn, well before.
_SETTLED = 20_000
_SECONDS = 180


def browser() -> str:
    """Path of a Chromium of the system.

    Raises:
        LmphysError: there is none.
    """
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise LmphysError("no Chromium on this machine; install it (Debian: apt install chromium) and try again")
    return found


def write_pdf(site: Path, pages: list[str], into: Path) -> int:
    """Print pages into one file and return its number of sheets.

    Args:
        site: folder of the rendered book.
        pages: in their order, relative to `site`, without ending.
        into: the file.

    Raises:
        LmphysError: a page is not there, the browser fails, or the package pypdf is missing.
    """
    with needed("printing"):
        from pypdf import PdfWriter
    missing = [page for page in pages if not (site / f"{page}.html").is_file()]
    if missing:
        raise LmphysError(f"{missing[0]} is not rendered; build the book first: make book")
    program, writer, first = browser(), PdfWriter(), dict[Path, int]()
    with tempfile.TemporaryDirectory() as folder, Progress("printing", len(pages), unit="pages") as bar:
        for page in pages:
            source, printed = (site / f"{page}.html").resolve(), Path(folder, "page.pdf")
            _print(program, source, printed, Path(folder, "profile"))
            first[source] = len(writer.pages)
            writer.append(printed, outline_item=_title(source), import_outline=False)
            printed.unlink()
            bar.advance()
        for sheet in writer.pages:
            for reference in sheet.get("/Annots") or []:
                _lead(reference.get_object(), first, writer)
        merged = Path(folder, "book.pdf")
        writer.write(merged)
        write_atomically(into, merged.read_bytes())
    return len(writer.pages)


def _print(program: str, source: Path, into: Path, profile: Path) -> None:
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
               "--allow-file-access-from-files", "--no-pdf-header-footer", f"--virtual-time-budget={_SETTLED}",
               f"--print-to-pdf={into}", source.as_uri()]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LmphysError(f"printing {source.name} took over {_SECONDS} s; try again on a quieter machine") from error
    if not into.is_file():
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise LmphysError(f"{program} could not print {source.name} ({said[-1] if said else 'it said nothing'})")


def _title(source: Path) -> str:
    """Heading of a page, without tags."""
    found = _TITLE.search(source.read_text(encoding="utf-8"))
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else source.stem


def _lead(annotation: Any, first: dict[Path, int], writer: Any) -> None:
    """Lead a link to another page of the book there; one to a file that is not printed leads nowhere any more."""
    from pypdf.generic import ArrayObject, NameObject

    target = urlsplit(str(annotation.get("/A", {}).get("/URI", "")))
    if target.scheme != "file":
        return
    del annotation[NameObject("/A")]
    sheet = first.get(Path(unquote(target.path)))
    if sheet is not None:
        place = [writer.pages[sheet].indirect_reference, NameObject("/Fit")]
        annotation[NameObject("/Dest")] = ArrayObject(place)
