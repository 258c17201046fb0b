"""Reference runs: ledgers of whole books that were run elsewhere, kept in `data/reference/ledgers/`.

They let a reader see a run that is larger than his own, and set his own verdicts beside those of another machine.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import Chapter
from lmphys.book.ledger import COLUMNS, read_rows, typed_rows
from lmphys.book.record import REFERENCE_LEDGERS, RunRecord, book_record, book_records
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_slug, write_atomically
from lmphys.core.provenance import git_state, machine, versions


def book_rows(root: Path, records: Sequence[tuple[Chapter, RunRecord]]) -> pd.DataFrame:
    """The ledger rows that the pages in the book recorded, of all models they speak of; columns as `read_ledger`."""
    files = [root / file for _, record in records for file in record.ledger]
    return typed_rows([row for file in files if file.is_file() for row in read_rows(file)])


@dataclass(frozen=True)
class ReferenceRun:
    """The ledger of a book that was run on another machine or day.

    Attributes:
        model: of most of its pages.
        profile: of most of its pages.
        date: of its last page, ISO 8601.
        commit: git commit that it was kept at.
        machine: name to value.
        versions: package to version.
        dtype: in which `auto` reads models there; bfloat16 has three digits.
        pages: page to run time in seconds.
        rows: its ledger rows, JSON values with the columns of the ledger.
    """

    model: str
    profile: str
    date: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    dtype: str
    pages: dict[str, float]
    rows: list[dict[str, Any]] = field(repr=False)

    @property
    def name(self) -> str:
        """Name of its file, without an ending."""
        return f"{model_slug(self.model)}--{self.profile}"

    def table(self) -> pd.DataFrame:
        """Its rows, columns as `read_ledger`."""
        return typed_rows(self.rows)

    def write(self, root: Path) -> Path:
        """Write it to the project in `root`; returns the file."""
        path = root / REFERENCE_LEDGERS / f"{self.name}.json"
        write_atomically(path, json.dumps(asdict(self), indent=1, allow_nan=False) + "\n")
        return path


def reference_of_book(root: Path, chapters: Sequence[Chapter]) -> ReferenceRun:
    """The pages that are in the book now, as a reference run.

    Raises:
        LmphysError: a page is missing or out of date, so that its rows would not be those of its sources.
    """
    from lmphys.core.devices import resolve_device, resolve_dtype

    stale = [chapter.id for chapter in chapters if not book_record(chapter)[1]]
    if stale:
        raise LmphysError(f"not up to date: {', '.join(stale)}; build the book first: lmphys build")
    records = book_records(chapters)
    parameters = pd.DataFrame([record.parameters for _, record in records])
    rows = book_rows(root, records)[list(COLUMNS)]
    return ReferenceRun(
        model=str(parameters["model"].mode()[0]),
        profile=str(parameters["profile"].mode()[0]),
        date=max(record.date for _, record in records),
        commit=git_state(root),
        machine=machine(),
        versions=versions(),
        dtype=resolve_dtype("auto", resolve_device("auto")),
        pages={chapter.id: round(record.seconds, 1) for chapter, record in records},
        rows=[_json_row(row) for row in rows.to_dict("records")],
    )


def _json_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A ledger row as it was recorded: missing numbers are null."""
    missing = {name for name in ("value", "seed") if pd.isna(row[name])}
    return {str(name): None if name in missing else value for name, value in row.items()}


def read_references(root: Path) -> list[ReferenceRun]:
    """All reference runs that the project in `root` keeps.

    Raises:
        LmphysError: a file is damaged.
    """
    found = []
    for path in sorted((root / REFERENCE_LEDGERS).glob("*.json")):
        try:
            found.append(ReferenceRun(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            raise LmphysError(f"{path} is no reference run ({error}); write it anew: lmphys reference") from error
    return found


def compare_verdicts(rows: pd.DataFrame, reference: ReferenceRun) -> pd.DataFrame:
    """Claims that both runs judged for the same page and model, with both verdicts.

    Args:
        rows: of the book, columns as `read_ledger`.
        reference: the other run.

    Returns:
        Columns claim, page, statement; obtained, interval and verdict of both, with suffixes ` here` and ` there`;
        `same`, whether the verdicts are one.
    """
    keys, shown = ["claim", "page", "model"], ["statement", "obtained", "interval", "verdict"]
    both = rows[keys + shown].merge(
        reference.table()[[*keys, *shown[1:]]], on=keys, suffixes=(" here", " there"), validate="one_to_one"
    )
    both["same"] = both["verdict here"] == both["verdict there"]
    return both.drop(columns="model")
