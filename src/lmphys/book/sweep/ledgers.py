"""What a sweep leaves: a ledger for each model and seed, a comparison of them, and checksums of all that it made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import find_chapter, find_chapters
from lmphys.book.ledger import format_obtained
from lmphys.book.reference import ReferenceRun, reference_from, reference_of_model
from lmphys.core.files import write_atomically


def write_ledger(root: Path, job: Mapping[str, Any], path: Path) -> None:
    """Write the ledger of one model and seed, in the form of `data/reference/ledgers/`.

    Args:
        root: of the project.
        job: of the plan, see `lmphys.book.sweep.plan.LedgerJob`.
        path: the file.

    Raises:
        LmphysError: a page was not run, or not with the code and data that are there now.
    """
    chapters = find_chapters(root)
    pages = [find_chapter(chapters, name) for name in job["pages"]]
    reference_of_model(root, pages, job["model"], job["profile"], seed=job["seed"]).save(path)


def write_comparison(ledgers: Sequence[Path], path: Path) -> None:
    """Write a table of all claims, as CSV: paper's number, and of each ledger number and verdict.

    Raises:
        LmphysError: a ledger is damaged.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for file in ledgers:
        for row in reference_from(file).rows:
            kept = rows.setdefault(
                (row["claim"], row["page"]),
                {
                    "claim": row["claim"],
                    "page": row["page"],
                    "statement": row["statement"],
                    "paper": _number(row["value"]),
                },
            )
            kept[f"{file.stem}: here"] = format_obtained(row["obtained"], row["interval"])
            kept[f"{file.stem}: verdict"] = row["verdict"]
    write_atomically(path, pd.DataFrame(list(rows.values())).fillna("").to_csv(index=False))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:g}"


def write_checksums(corpora: Sequence[Path], ledgers: Sequence[Path], path: Path) -> None:
    """Write a SHA-256 for each corpus, over its shards, and for each ledger, over its rows without their dates
    and without what runs of other seeds say of them.

    Two machines that made the same have the same file.

    Args:
        corpora: files that hold the folder of a corpus in their last line, named for it.
        ledgers: files of ledgers.
        path: the file that is written.

    Raises:
        LmphysError: a corpus or ledger is damaged.
    """
    from lmphys.corpus.store import read_manifest

    sums = {}
    for file in corpora:
        folder = Path(file.read_text(encoding="utf-8").splitlines()[-1])
        sums[f"corpora/{file.stem}"] = _sum(read_manifest(folder)["shards"])
    for file in ledgers:
        sums[f"ledgers/{file.stem}"] = _sum(_timeless(reference_from(file)))
    write_atomically(path, "".join(f"{value}  {name}\n" for name, value in sorted(sums.items())))


def _timeless(run: ReferenceRun) -> list[dict[str, Any]]:
    rows = [{name: value for name, value in row.items() if name not in ("date", "not_firm")} for row in run.rows]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def _sum(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
