"""A course through the book: ten lectures with what they need, and the book as a map."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lmphys.book.chapter import Chapter
from lmphys.book.ledger import raw_html
from lmphys.book.style import PALETTE
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError

FILE = Path("book", "course.yml")
_WIDTH, _HEIGHT, _ROW = 1.62, 0.5, 0.92  # inches: a box, and from lecture to lecture
_LINE = 18  # characters of a title in a line of its box


@dataclass(frozen=True)
class Stop:
    """A page in a lecture.

    Attributes:
        page: id of the chapter.
        minutes: of reading, with the exercises on paper.
        needs: pages that it builds on.
    """

    page: str
    minutes: int
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lecture:
    """Pages that are read together.

    Attributes:
        title: what it is about.
        know: what the reader should know.
        stops: its pages.
    """

    title: str
    know: str
    stops: tuple[Stop, ...]


def read_course(root: Path) -> list[Lecture]:
    """The lectures, in their order; none where the book has no course.

    Raises:
        LmphysError: the file is no list of lectures.
    """
    path = root / FILE
    if not path.is_file():
        return []
    with given(path, "restore it: git checkout book/course.yml"):
        entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [
            Lecture(
                entry["title"],
                entry["know"],
                tuple(Stop(s["page"], int(s["minutes"]), tuple(s.get("needs", ()))) for s in entry["pages"]),
            )
            for entry in entries
        ]


def check_course(lectures: Sequence[Lecture], pages: Sequence[str]) -> None:
    """Check that every page has one place, and that what it needs comes before it.

    Raises:
        LmphysError: a page is missing, named twice, unknown, or comes before what it needs.
    """
    read: list[str] = []
    for stop in (stop for lecture in lectures for stop in lecture.stops):
        early = [page for page in stop.needs if page not in read]
        if early:
            raise LmphysError(f"{stop.page} needs {early[0]}, which comes later or never; put it before in {FILE}")
        if stop.page in read or stop.page not in pages:
            fault = "stands twice" if stop.page in read else "is no page of the book"
            raise LmphysError(f"{stop.page} {fault} in {FILE}; take it out")
        read.append(stop.page)
    missing = [page for page in pages if page not in read]
    if missing:
        raise LmphysError(f"{missing[0]} is in no lecture; give it a place in {FILE}")


def course_table(lectures: Sequence[Lecture], chapters: Mapping[str, Chapter]) -> str:
    """Markdown of the lectures: pages with their minutes and exercises, and what a reader should know."""
    parts = []
    for number, lecture in enumerate(lectures, start=1):
        minutes = sum(stop.minutes for stop in lecture.stops)
        rows = [
            f"| {{doc}}`{chapters[stop.page].title.replace('|', '/')} <chapters/{stop.page}>` | {stop.minutes} "
            f"| {chapters[stop.page].source.count('{exercise}')} |"
            for stop in lecture.stops
        ]
        head = ["| page | minutes | exercises |", "|---|---|---|"]
        parts.append(f"## {number}. {lecture.title}\n\n{minutes} minutes. To know: {lecture.know}.\n")
        parts.append("\n".join([*head, *rows]) + "\n")
    return "\n".join(parts)


def course_map(lectures: Sequence[Lecture], chapters: Mapping[str, Chapter]) -> Figure:
    """The pages as boxes, a row a lecture, with an arrow from a page to a neighbour that builds on it, else a number.

    Every box leads to its page where the drawing stands in the page itself, and not in a file of its own.
    """
    most = max(len(lecture.stops) for lecture in lectures)
    width, height = most * (_WIDTH + 0.3) + 0.3, len(lectures) * _ROW + 0.1
    with mpl.rc_context({"figure.constrained_layout.use": False}):  # the axes fill the figure
        figure = Figure(figsize=(width, height))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    place = {
        stop.page: (row, column) for row, lecture in enumerate(lectures) for column, stop in enumerate(lecture.stops)
    }
    for row, lecture in enumerate(lectures):
        y = height - (row + 1) * _ROW
        ax.text(0.2, y + _HEIGHT + 0.08, f"{row + 1}. {lecture.title}", fontsize=10, color="#444444")
        for column, stop in enumerate(lecture.stops):
            x, where = 0.3 + column * (_WIDTH + 0.3), f"chapters/{stop.page}.html"
            box = FancyBboxPatch(
                (x, y), _WIDTH, _HEIGHT, boxstyle="round,pad=0.02,rounding_size=0.08", facecolor="#fbfbf9",
                edgecolor=PALETTE[row % len(PALETTE)], linewidth=1.6, url=where, zorder=2,
            )  # fmt: skip
            ax.add_patch(box)
            label = _in_lines(chapters[stop.page].title)
            ax.text(x + _WIDTH / 2, y + _HEIGHT / 2, label, ha="center", va="center", fontsize=8.5, zorder=3, url=where)
            far = [place[need] for need in stop.needs if not _near(place[need], (row, column))]
            if far:
                after = "after " + ", ".join(f"{r + 1}.{c + 1}" for r, c in far)
                ax.text(x + _WIDTH, y - 0.05, after, ha="right", va="top", fontsize=7.5, color="#555555")
            for need in stop.needs:
                if _near(place[need], (row, column)):
                    _arrow(ax, place[need], (row, column), height)
    return figure


def _near(need: tuple[int, int], stop: tuple[int, int]) -> bool:
    """Whether an arrow between two boxes crosses no other: neighbours of a row, or of two rows and two columns."""
    (r0, c0), (r1, c1) = need, stop
    return (r0 == r1 and c1 - c0 == 1) or (r1 - r0 == 1 and abs(c1 - c0) <= 1)


def _arrow(ax: Axes, need: tuple[int, int], stop: tuple[int, int], height: float) -> None:
    """From the right or lower edge of a box to the left or upper edge of another."""
    (x0, y0), (x1, y1) = ((0.3 + c * (_WIDTH + 0.3), height - (r + 1) * _ROW) for r, c in (need, stop))
    beside = need[0] == stop[0]
    start = (x0 + _WIDTH, y0 + _HEIGHT / 2) if beside else (x0 + _WIDTH / 2, y0)
    end = (x1, y1 + _HEIGHT / 2) if beside else (x1 + _WIDTH / 2, y1 + _HEIGHT)
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#888888", "lw": 1.0}, zorder=1)


def _in_lines(title: str) -> str:
    """A title in at most three lines."""
    lines = [""]
    for word in title.split():
        if len(lines[-1]) + len(word) >= _LINE and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines[:3]) + ("…" if len(lines) > 3 else "")


def course_page(lectures: Sequence[Lecture], chapters: Mapping[str, Chapter], drawing: str) -> str:
    """Markdown of the map and the lectures.

    Args:
        lectures: in their order.
        chapters: by id.
        drawing: SVG of the map.
    """
    svg = drawing[drawing.index("<svg") :]
    label = html.escape(
        "The pages of the book in ten rows, one for each lecture, with arrows and numbers for what they build on"
    )
    box = f'<div class="lmphys-wide lmphys-map" role="img" aria-label="{label}">{svg}</div>'
    return f"{raw_html(box)}\n\n{course_table(lectures, chapters)}"
