"""The ledger as a picture: each answered question of the summary as a line, the paper's number as its scale."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lmphys.book.chapter import Chapter
from lmphys.book.claims import Claim, load_claims
from lmphys.book.ledger import put_together
from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from lmphys.book.summary import Question, read_questions, rows_of_book
from lmphys.book.verdicts import (
    CONTRADICTED,
    DEPENDS,
    MATCHED,
    NOT_COMPARABLE,
    REPRODUCED,
    SAME_DIRECTION,
    UNDECIDED,
)
from lmphys.core.boundaries import given
from lmphys.stats.interval import Interval

# A marker says whatever a colour says.
LOOKS = {
    REPRODUCED: ("o", GREEN),
    SAME_DIRECTION: (">", SKY),
    MATCHED: ("s", ORANGE),
    CONTRADICTED: ("X", VERMILION),
    UNDECIDED: ("D", PURPLE),
    DEPENDS: ("P", BLUE),
    NOT_COMPARABLE: (".", BLACK),
}
_LIMITS = (-2.4, 3.4)
_LINE = 0.23  # inches of a row
_LONGEST = 58  # characters of a question


@dataclass(frozen=True)
class Bar:
    """A row of the picture.

    Attributes:
        label: the question.
        paper: its key.
        verdict: word of the ledger.
        signed: whether the paper claims a sign only: the unit is then half the width of our interval, and no longer the
            distance of the paper's number from no effect.
        marks: a number with its interval for each definition, 0 at no effect; the paper's number is at 1.
    """

    label: str
    paper: str
    verdict: str
    signed: bool
    marks: tuple[Interval, ...]


def bars_of(questions: Sequence[Question], rows: pd.DataFrame, claims: Mapping[str, Claim]) -> list[Bar]:
    """Rows of the picture; a question without an answer, or whose claim has no scale, has none.

    Args:
        questions: in their order.
        rows: of the ledger, columns as `read_ledger`; the first row of a claim answers.
        claims: by id.
    """
    answers = rows.drop_duplicates("claim").set_index("claim")
    found = []
    for question in questions:
        if question.claim not in answers.index:
            continue
        claim, row = claims[question.claim], answers.loc[question.claim]
        numbers = put_together(row["obtained"], row["interval"])
        each = list(numbers.values()) if isinstance(numbers, Mapping) else [numbers]
        marks = [x if isinstance(x, Interval) else Interval(float(x), float(x), float(x)) for x in each]
        signed = not math.isfinite(claim.value) or claim.value == (claim.null or 0.0)
        if signed and claim.comparison != "direction":  # a bound of zero: there is nothing to measure it by
            continue
        zero = _no_effect(claim, dict(row["controls"] or {}), signed)
        if zero is None:
            continue
        unit = _half_width(marks) * (claim.sign or 1) if signed else claim.value - zero
        if unit and all(math.isfinite(part) for mark in marks for part in mark):
            scaled = tuple(_scaled(mark, zero, unit) for mark in marks)
            found.append(Bar(question.text, claim.paper, str(row["verdict"]), signed, scaled))
    return found


def _no_effect(claim: Claim, controls: Mapping[str, Any], signed: bool) -> float | None:
    """The number that a claim is measured from: where only controls are to be beaten, the hardest one of them."""
    if claim.null is not None or not signed:
        return claim.null or 0.0
    numbers = [value for value in controls.values() if not isinstance(value, Mapping)]
    return max(numbers, key=lambda x: claim.sign * x) if numbers else None


def _scaled(mark: Interval, zero: float, unit: float) -> Interval:
    return mark.map(lambda x: (x - zero) / unit).map(float)


def _half_width(marks: Sequence[Interval]) -> float:
    return max((mark.high - mark.low) / 2 for mark in marks)


def forest(bars: Sequence[Bar], names: Mapping[str, str]) -> Figure:
    """Draw the rows, those with a number of the paper above those with a sign only, paper by paper.

    Args:
        bars: see `bars_of`.
        names: key of a paper to how it is shown.
    """
    groups = [[bar for bar in bars if bar.signed == signed] for signed in (False, True)]
    heights = [max(1, len(group) + len({bar.paper for bar in group})) for group in groups]
    figure = Figure(figsize=(7.6, 1.6 + _LINE * sum(heights)), layout="constrained")
    axes = figure.subplots(2, 1, height_ratios=heights)
    scales = (
        "0: no effect; 1: the number that the paper reports",
        "0: no effect; 1: as far from it as half of our interval is wide",
    )
    for ax, group, label in zip(axes, groups, scales, strict=True):
        _draw(ax, group, names)
        ax.set_xlabel(label)
    used = [word for word in LOOKS if any(bar.verdict == word for bar in bars)]
    handles = [Line2D([], [], linestyle="", marker=LOOKS[w][0], color=LOOKS[w][1], label=w) for w in used]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _draw(ax: Axes, bars: Sequence[Bar], names: Mapping[str, str]) -> None:
    low, high = _LIMITS
    labels: list[str] = []
    for paper in dict.fromkeys(bar.paper for bar in bars):
        labels.append(names.get(paper, paper))
        for bar in (bar for bar in bars if bar.paper == paper):
            y = len(labels)
            marker, colour = LOOKS[bar.verdict]
            for mark in bar.marks:
                ax.hlines(y, max(mark.low, low), min(mark.high, high), color=colour, linewidth=1, alpha=0.6)
                beyond = "<" if mark.value < low else ">" if mark.value > high else marker
                x = min(max(mark.value, low), high)
                ax.plot(x, y, beyond, color=colour, markersize=5, fillstyle="full" if beyond == marker else "none")
            labels.append(bar.label if len(bar.label) <= _LONGEST else f"{bar.label[: _LONGEST - 1]}…")
    headings = {names.get(bar.paper, bar.paper) for bar in bars}
    ax.set_yticks(range(len(labels)), labels, fontsize=7)
    for tick in ax.get_yticklabels():
        if tick.get_text() in headings:
            tick.set_fontweight("bold")
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xlim(low - 0.1, high + 0.1)
    ax.axvline(0, color=BLACK, linewidth=0.8)
    ax.axvline(1, color=BLACK, linewidth=0.8, linestyle="--")
    ax.grid(axis="y", visible=False)


def forest_of_book(root: Path, chapters: Sequence[Chapter]) -> Figure | None:
    """The picture of the pages in the book of the project in `root`; None where nothing can be drawn."""
    claims = load_claims(root)
    rows = rows_of_book(root, chapters)
    bars = bars_of(read_questions(root, claims), rows, claims)
    return forest(bars, paper_names(root)) if bars else None


def paper_names(root: Path) -> dict[str, str]:
    """How papers are shown, "Carson & Reisizadeh 2025", by their keys in `book/references.bib`; none without that file.

    Raises:
        LmphysError: the file is damaged.
    """
    from pybtex.database import parse_file

    file = root / "book" / "references.bib"
    if not file.is_file():
        return {}
    with given(file, "restore it: git checkout book", "is damaged"):
        entries = parse_file(str(file)).entries
    names = {}
    for key, entry in entries.items():
        last = [" ".join(person.last_names).strip("{}") for person in entry.persons.get("author", ())]
        who = " & ".join(last) if len(last) < 3 else f"{last[0]} et al."
        year = entry.fields.get("year", "")
        names[key] = who if year in who else f"{who} {year}"
    return names
