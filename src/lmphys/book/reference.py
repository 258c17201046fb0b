"""Reference runs: ledgers of whole books that were run elsewhere, kept in `data/reference/ledgers/`.

They let a reader see a run that is larger than his own, and set his own verdicts beside those of another machine.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import Chapter
from lmphys.book.claims import Claim, load_claims
from lmphys.book.comparison import Comparison, Difference, Key, by_key, compare
from lmphys.book.ledger import COLUMNS, SUITED, judged_again, read_rows, typed_rows
from lmphys.book.measures import read_measures
from lmphys.book.record import REFERENCE_LEDGERS, RunRecord, Target, book_record, book_records, run_key
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import listed, model_slug, write_atomically
from lmphys.core.provenance import git_state, machine, versions

# Relative differences of numbers between processors that mean nothing.
ROUNDING = 1e-3


def book_rows(root: Path, records: Sequence[tuple[Chapter, RunRecord]]) -> pd.DataFrame:
    """The ledger rows that the pages in the book recorded, of all models they speak of; columns as `read_ledger`."""
    return typed_rows([row for file in _files(root, records) for row in read_rows(file)])


def _files(root: Path, records: Sequence[tuple[Chapter, RunRecord]]) -> list[Path]:
    files = [root / file for _, record in records for file in record.ledger]
    return [file for file in files if file.is_file()]


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
        rows: its ledger rows, JSON values with the columns of the ledger, and `not_firm`: why another run may come to
            another verdict, empty where nothing says so; see `not_firm`.
        renewed: page to date, commit and machine, where it was run later or elsewhere than the rest; see `renewed`.
        measures: numbers of its model that no claim is about, as `lmphys.book.measures` has them.
        sizes: model to the number of its parameters, where it is known.
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
    renewed: dict[str, dict[str, str]] = field(default_factory=dict)
    measures: list[dict[str, Any]] = field(default_factory=list, repr=False)
    sizes: dict[str, int] = field(default_factory=dict)

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
        self.save(path)
        return path

    def save(self, path: Path) -> None:
        """Write it to a file."""
        write_atomically(path, json.dumps(asdict(self), indent=1, allow_nan=False) + "\n")


def reference_of_book(root: Path, chapters: Sequence[Chapter]) -> ReferenceRun:
    """The pages that are in the book now, as a reference run.

    Raises:
        LmphysError: a page is missing or out of date, so that its rows would not be those of its sources.
    """
    stale = [chapter.id for chapter in chapters if not book_record(chapter)[1]]
    if stale:
        raise LmphysError(f"not up to date: {', '.join(stale)}; build the book first: lmphys build")
    records = book_records(chapters)
    return reference_of_runs(root, records, book_rows(root, records)[list(COLUMNS)].to_dict("records"))


def reference_of_runs(
    root: Path, records: Sequence[tuple[Chapter, RunRecord]], rows: Sequence[Mapping[Any, Any]]
) -> ReferenceRun:
    """Runs of pages and some of their ledger rows, as a reference run of this machine at this commit."""
    from lmphys.core.devices import resolve_device, resolve_dtype
    from lmphys.lm.size import known_size

    parameters = pd.DataFrame([record.parameters for _, record in records])
    claims, others = load_claims(root), _rows_of_other_seeds(root, records)
    plain = [_json_row(row) for row in rows]
    sizes = {model: known_size(model) for model in sorted({row["model"] for row in plain})}
    return ReferenceRun(
        model=str(parameters["model"].mode()[0]),
        profile=str(parameters["profile"].mode()[0]),
        date=max(record.date for _, record in records),
        commit=git_state(root),
        machine=machine(),
        versions=versions(),
        # Said for all pages of a sweep, whose ledger may be put together where there is no GPU.
        dtype=os.environ.get("LMPHYS_DTYPE") or resolve_dtype("auto", resolve_device("auto")),
        pages={chapter.id: round(record.seconds, 1) for chapter, record in records},
        rows=[row | {"not_firm": not_firm(claims[row["claim"]], row, others)} for row in plain],
        measures=[measure for file in _files(root, records) for measure in read_measures(file)],
        sizes={model: int(size.parameters) for model, size in sizes.items() if size is not None},
    )


def renewed(kept: ReferenceRun, fresh: ReferenceRun) -> ReferenceRun:
    """A reference run in which some pages are those of another run; each of them says from where.

    Args:
        kept: the run.
        fresh: a run of the pages that are to take the place of its own, or to be added.
    """
    there = {"date": fresh.date, "commit": fresh.commit, "dtype": fresh.dtype, "processor": fresh.machine["processor"]}
    rows, measures = ([row for row in old if row["page"] not in fresh.pages] for old in (kept.rows, kept.measures))
    return replace(
        kept,
        pages=kept.pages | fresh.pages,
        rows=[*rows, *fresh.rows],
        measures=[*measures, *fresh.measures],
        sizes=kept.sizes | fresh.sizes,
        renewed=kept.renewed | dict.fromkeys(fresh.pages, there),
    )


def not_firm(claim: Claim, row: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()) -> str:
    """Why another run may come to another verdict on a row; empty where nothing says so.

    Either a run of the same page with another seed did, or the verdict changes where the numbers and those of the
    controls move against each other by `ROUNDING` of their size, as they may from one processor to another.

    Args:
        claim: that the row judges.
        row: of the ledger.
        others: rows of runs with other seeds, of any claims.
    """
    same = [
        other for other in others if all(other[name] == row[name] for name in ("claim", "page", "model", "profile"))
    ]
    flipped = [f"seed {other['seed']}: {other['verdict']}" for other in same if other["verdict"] != row["verdict"]]
    if flipped:
        return "; ".join(flipped)
    if not claim.comparable or row.get("lacking"):
        return ""
    words = {name: found.word for name, found in judged_again(claim, row).items()}
    for sign in (1, -1):
        moved = dict(row) | {
            part: _moved(row[part], (-sign if part.startswith("control") else sign) * ROUNDING)
            for part in ("obtained", "interval", "controls", "control_intervals")
        }
        there = {name: found.word for name, found in judged_again(claim, moved).items()}
        if there != words:
            return f"within rounding of {next(there[name] for name in words if there[name] != words[name])!r}"
    return ""


def _moved(value: Any, share: float) -> Any:
    """The numbers in a value, each raised by a share of its size; whole ones are counts, and stay."""
    if isinstance(value, Mapping):
        return {name: _moved(item, share) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, share) for item in value]
    if value is None or float(value).is_integer():
        return value
    return value + share * max(abs(value), 1e-3)


def _rows_of_other_seeds(root: Path, records: Sequence[tuple[Chapter, RunRecord]]) -> list[dict[str, Any]]:
    """Ledger rows of runs that are up to date and differ from the page in the book in the seed alone."""
    rows = []
    for chapter, in_book in records:
        for path in sorted((root / "runs" / chapter.id).parent.glob(f"{chapter.slug}--*/run.json")):
            record = RunRecord.read(path.parent)
            if record is None or {**record.parameters, "seed": None} != {**in_book.parameters, "seed": None}:
                continue
            target = Target.of(chapter, record.parameters, into_book=False)
            if record.holds(run_key(chapter, record.parameters), target, root):
                rows += [row for file in record.ledger for row in read_rows(root / file)]
    return rows


@dataclass(frozen=True)
class Check:
    """The book beside its recorded ledger.

    Attributes:
        found: of recorded and present rows, without those that a clock decides.
        timed: claims that were left out for that.
        reasons: key of a recorded row to why it is not firm.
    """

    found: Comparison
    timed: tuple[str, ...]
    reasons: Mapping[Key, str]

    @property
    def flips(self) -> list[Difference]:
        """Other verdicts on rows that are firm."""
        return [row for row in self.found.both if row.flipped and row.key not in self.reasons]

    def lines(self, rtol: float = ROUNDING) -> list[str]:
        """What differs, the largest first, and a line of counts."""
        off = self.found.off(rtol)
        lines = []
        for row in off:
            reason = self.reasons.get(row.key)
            lines.append(row.line(rtol) + (f" (not firm, {reason})" if row.flipped and reason else ""))
        lines += [f"{claim} ({model}, {profile}): not in this book" for claim, model, profile, _ in self.found.missing]
        lines += [f"{claim} ({model}, {profile}): not recorded" for claim, model, profile, _ in self.found.added]
        n, flipped = len(self.found.both), sum(row.flipped for row in off)
        lines.append(
            f"{n} rows in both: {n - len(off)} alike to {rtol:g}, {flipped} other verdicts, {len(self.flips)} of "
            f"them on firm rows; {len(self.timed)} left out, as a clock decides them"
        )
        return lines


def check_reference(root: Path, chapters: Sequence[Chapter]) -> Check:
    """Compare the book as it is with the recorded ledger of its model and profile.

    Raises:
        LmphysError: a page is missing or out of date, or nothing is recorded of this model and profile.
    """
    here = reference_of_book(root, chapters)
    recorded = next((run for run in read_references(root) if run.name == here.name), None)
    if recorded is None:
        raise LmphysError(f"no recorded ledger {REFERENCE_LEDGERS / here.name}.json; record one: lmphys reference")
    claims = load_claims(root)
    timed = {row["claim"] for row in here.rows if claims[row["claim"]].timed}
    there = [row for row in recorded.rows if row["claim"] not in timed]
    found = compare(there, [row for row in here.rows if row["claim"] not in timed])
    reasons = {key: row["not_firm"] for key, row in by_key(there).items() if row.get("not_firm")}
    return Check(found, tuple(sorted(timed)), reasons)


def _json_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A ledger row as it was recorded: missing numbers are null."""
    missing = {name for name in ("value", "seed", *SUITED) if pd.isna(row[name])}
    return {str(name): None if name in missing else value for name, value in row.items()}


def read_references(root: Path) -> list[ReferenceRun]:
    """All reference runs that the project in `root` keeps.

    Raises:
        LmphysError: a file is damaged.
    """
    return [reference_from(path) for path in listed(root / REFERENCE_LEDGERS, "*.json")]


def reference_from(path: Path) -> ReferenceRun:
    """The reference run of a file.

    Raises:
        LmphysError: it is damaged.
    """
    with given(path, "write it anew: lmphys reference", "is no reference run"):
        return ReferenceRun(**json.loads(path.read_text(encoding="utf-8")))


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
