"""The record of a run: what a page was made from, and whether it still would come out the same."""

import errno
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lmphys.book.chapter import Chapter
from lmphys.book.ledger import SUITED
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest, files_below, model_slug, write_atomically
from lmphys.core.paths import DEFAULT_MODEL, expanded
from lmphys.core.provenance import PACKAGE

# Ledgers of whole books, see `lmphys.book.reference`.
REFERENCE_LEDGERS = Path("data", "reference", "ledgers")


def run_key(chapter: Chapter, parameters: dict[str, Any]) -> str:
    """SHA-256 over what a page depends on and is known before it runs.

    These are the text of the chapter, its resolved parameters and what they name, the chosen device and dtype, and the
    lock file. The code and the data that it uses are known once it has run: `RunRecord.inputs`. The time of day and the
    state of git are left out: they change no number.
    """
    parts = [chapter.source, json.dumps(parameters, sort_keys=True), *_contents(parameters, chapter.root)]
    parts += [os.environ.get(name, "") for name in ("LMPHYS_DEVICE", "LMPHYS_DTYPE")]
    parts.append(file_digest(chapter.root / "requirements.lock"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def short_digest(parameters: Mapping[str, Any]) -> str:
    """Six hexadecimal digits that tell these values of parameters from others, in names of files."""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:6]


def input_digests(root: Path) -> dict[str, str]:
    """Digest of every file that may be an input of a page, by the names of `lmphys.core.provenance.inputs`."""
    package = {f"lmphys/{p.relative_to(PACKAGE).as_posix()}": p for p in _files(PACKAGE) if p.suffix != ".pyi"}
    data = {p.relative_to(root).as_posix(): p for p in _files(root / "data")}
    return {name: file_digest(path) for name, path in (package | data).items()}


def _files(folder: Path) -> list[Path]:
    return [p for p in files_below(folder) if "__pycache__" not in p.parts]


def _contents(parameters: dict[str, Any], root: Path) -> list[str]:
    """What stands behind the values that name something: files, models, tasks.

    Any parameter may name a file or a model (a second model, a text to read); the names are seen from the project, as
    the kernel sees them. Importing the tasks costs a second, so only where some are asked for.
    """
    from lmphys.lm.sources import identity

    found = []
    values = [v for value in parameters.values() for v in (value if isinstance(value, list) else [value])]
    for value in dict.fromkeys(v for v in values if isinstance(v, str) and v and v != DEFAULT_MODEL):
        try:
            path = root / expanded(value)
            found.append(file_digest(path) if path.is_file() else identity(str(path) if path.is_dir() else value))
        except LmphysError:  # no name of a model, or of anything
            continue
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:  # a long text, such as a prompt
                raise
    if parameters.get("tasks"):
        from lmphys.corpus.tasks import task_identity

        found += [task_identity(str(task)) for task in parameters["tasks"]]
    return found


@dataclass(frozen=True)
class Target:
    """Where a run keeps its files.

    Attributes:
        folder: Under `runs/`: the notebook while it runs, the record, and the partial notebook of a failure.
        page: The executed notebook.
        ledger: Where its ledger rows go when it succeeds.
    """

    folder: Path
    page: Path
    ledger: Path

    @property
    def in_book(self) -> bool:
        """Whether the page is one of the book, and not beside it."""
        return self.page.parent != self.folder

    @classmethod
    def of(cls, chapter: Chapter, parameters: dict[str, Any], into_book: bool) -> "Target":
        """Target of a run with `parameters`.

        The book takes the run with default parameters, and any other with `into_book`. A run aside has a folder
        named for its model and profile. Its ledger rows join the others as long as nothing was changed but the seed and
        what suits the page to the model (`lmphys.book.ledger.SUITED`), which are columns; otherwise they stay in its
        folder, since a row says no more.
        """
        runs = chapter.root / "runs"
        defaults = chapter.resolve({})
        if into_book or parameters == defaults:
            page = chapter.root / "book" / "chapters" / f"{chapter.id}.ipynb"
            return cls(runs / chapter.id, page, runs / "ledger")
        changed = {k: v for k, v in parameters.items() if v != defaults[k] and k not in ("model", "profile")}
        name = "--".join([chapter.id, model_slug(str(parameters.get("model"))), str(parameters.get("profile"))])
        if changed:
            name += f"--{short_digest(changed)}"
        folder = runs / name
        joins = set(changed) <= {"seed", *SUITED}
        return cls(folder, folder / f"{chapter.slug}.ipynb", runs / "ledger" if joins else folder / "ledger")


@dataclass(frozen=True)
class RunRecord:
    """`run.json` of a run.

    Attributes:
        key: See `run_key`.
        inputs: Modules of the package and files of data that it used, each with its digest.
        checksum: SHA-256 of the page.
        parameters: Resolved parameters.
        seconds: Run time, s.
        device: What the run used.
        machine: Kind of machine that it ran on.
        cold: Whether it had to add to the cache: to unpack a model, or to read or sample chains.
        tokens_drawn: Tokens that it drew from models.
        tokens_read: Tokens that it read with models.
        peak_memory_gb: Largest resident memory of the kernel, GB.
        versions: Of Python and the deciding packages.
        git: Commit, and whether the checkout had changes.
        date: Of the end of the run, ISO 8601, UTC.
        ledger: Files of ledger rows, relative to the project, each with its digest.
        rows: Claim id to verdict.
    """

    key: str
    inputs: dict[str, str]
    checksum: str
    parameters: dict[str, Any]
    seconds: float
    device: str
    machine: str
    cold: bool
    tokens_drawn: int
    tokens_read: int
    peak_memory_gb: float | None
    versions: dict[str, str]
    git: str
    date: str
    ledger: dict[str, str]
    rows: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> "RunRecord | None":
        """The record in `folder`, or None where there is none, or one that says nothing.

        Raises:
            OSError: there is one, which this user may not read: the page was run.
        """
        try:
            return cls(**json.loads((folder / "run.json").read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
            return None

    def write(self, folder: Path) -> None:
        """Write `run.json` into `folder`."""
        write_atomically(folder / "run.json", json.dumps(asdict(self), indent=1))

    def holds(self, key: str, target: Target, root: Path) -> bool:
        """Whether the page and the ledger rows of this record exist unchanged and would be made again with `key`."""
        return (
            self.key == key
            and all(_digest_of(name, root) == digest for name, digest in self.inputs.items())
            and file_digest(target.page) == self.checksum
            and all(file_digest(root / file) == digest for file, digest in self.ledger.items())
        )


def _digest_of(name: str, root: Path) -> str | None:
    """Digest of an input now; None where it is gone."""
    path = PACKAGE.parent / name if name.startswith("lmphys/") else root / name
    return file_digest(path)


def book_record(chapter: Chapter) -> tuple[RunRecord | None, bool]:
    """Record of the page in the book, and whether that page is up to date for the parameters it was made with."""
    target = Target.of(chapter, {}, into_book=True)
    record = RunRecord.read(target.folder)
    if record is None:
        return None, False
    try:
        parameters = chapter.resolve(record.parameters)
    except LmphysError:  # the chapter has other parameters now
        return record, False
    return record, record.holds(run_key(chapter, parameters), target, chapter.root)


def book_records(chapters: Sequence[Chapter]) -> list[tuple[Chapter, RunRecord]]:
    """The chapters whose page is in the book, with the record of that page."""
    found = ((chapter, RunRecord.read(Target.of(chapter, {}, into_book=True).folder)) for chapter in chapters)
    return [(chapter, record) for chapter, record in found if record is not None]
