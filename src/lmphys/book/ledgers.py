"""All ledgers that there are of models: those that the project keeps, those of a folder, and those of the reader."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import toc_files
from lmphys.book.ledger import read_ledger, typed_rows
from lmphys.book.measures import read_measures
from lmphys.book.parameters import PROFILES
from lmphys.book.reference import ReferenceRun, read_references, reference_from
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import files_below, listed, model_name

# In the order in which they count.
FOLDER, OWN, RECORDED = range(3)


@dataclass(frozen=True, eq=False)
class Ledgers:
    """Rows and measures of models, whoever ran them.

    Attributes:
        rows: columns as `lmphys.book.ledger.read_ledger`, the model by its name, and `source`, `FOLDER`, `OWN` or
            `RECORDED`.
        measures: columns as `lmphys.book.measures.read_measures`, and the same `source`.
        sizes: name of a model to the number of its parameters, where a ledger tells it.
        specs: name of a model to its spec on this machine, of the reader's own runs.
        runs: the recorded ones and those of the folder.
    """

    rows: pd.DataFrame
    measures: pd.DataFrame
    sizes: Mapping[str, int]
    specs: Mapping[str, str]
    runs: tuple[ReferenceRun, ...]

    def size(self, name: str) -> int | None:
        """Number of parameters of a model; what no ledger tells is asked of its configuration."""
        if name in self.sizes:
            return self.sizes[name]
        from lmphys.lm.size import known_size

        size = known_size(self.specs.get(name, name))
        return None if size is None else int(size.parameters)

    def origins(self, name: str) -> tuple[str, ...]:
        """Where the rows of a model come from, a line each."""
        lines = []
        for run in self.runs:
            if any(row["model"] == name for row in run.rows):
                where = f"{run.machine.get('processor', 'unknown machine')}, {run.dtype}"
                lines.append(f"{run.profile}, {run.date[:10]}, {where}, commit {run.commit[:8]}")
        own = self.rows[(self.rows["model"] == name) & (self.rows["source"] == OWN)]
        for profile, some in own.groupby("profile"):
            lines.append(f"{profile}, {some['date'].max()[:10]}, run here")
        return tuple(lines)


def read_ledgers(root: Path, folder: Path | None = None) -> Ledgers:
    """Everything that is known of models in the project in `root`, and in a folder of ledgers where one is named.

    Notebooks that were run by hand do not count.

    Raises:
        LmphysError: a file is damaged, or the folder has no ledger.
    """
    recorded, others, loose = read_references(root), *_of_folder(folder)
    own = read_ledger(root)
    own = own[own["seed"].notna()]
    files = listed(root / "runs" / "ledger", "*.json")
    mine = pd.DataFrame([row for file in files for row in read_measures(file) if row.get("seed") is not None])
    parts = [_with(own, OWN), _with(typed_rows(loose), FOLDER)]
    measures = [mine.assign(source=OWN)]
    for source, runs in ((RECORDED, recorded), (FOLDER, others)):
        parts += [_with(run.table(), source) for run in runs]
        measures += [pd.DataFrame(run.measures).assign(source=source) for run in runs]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    found = pd.concat([part for part in measures if len(part)] or [pd.DataFrame()], ignore_index=True)
    if len(found):
        found["interval"] = found["interval"].where(found["interval"].notna(), None)
    specs = {model_name(spec): spec for spec in own["model"].unique()}
    sizes = {model_name(name): size for run in (*recorded, *others) for name, size in run.sizes.items()}
    return Ledgers(_by_name(rows), _by_name(found), sizes, specs, (*recorded, *others))


def pages_in_order(root: Path) -> list[str]:
    """Ids of the chapters in the order of the contents."""
    prefix = "chapters/"
    return [file.removeprefix(prefix) for file in toc_files(root) if file.startswith(prefix)]


def best_first(rows: pd.DataFrame, pages: Sequence[str]) -> pd.DataFrame:
    """Rows or measures, those that count before others on the same thing.

    The largest profile comes first; then what a named folder has, what the reader ran, what is recorded; then the
    default seed and prompt; then the page that a reader meets first; then the latest.

    Args:
        rows: of `Ledgers`.
        pages: in the order of the contents.
    """
    if rows.empty:
        return rows
    place = {page: number for number, page in enumerate(pages)}
    keys = rows.assign(
        profile=-rows["profile"].map(PROFILES.index),
        seed=rows["seed"].fillna(0) != 0,
        prompt=~rows["prompt"].isin([None, "chat"]),
        page=rows["page"].map(place).fillna(len(place)),
    )
    order = ["profile", "source", "seed", "prompt", "page", "date"]
    return rows.loc[keys.sort_values(order, ascending=[True] * 5 + [False], kind="stable").index]


def _with(rows: pd.DataFrame, source: int) -> pd.DataFrame:
    return rows.assign(source=source)


def _by_name(rows: pd.DataFrame) -> pd.DataFrame:
    """Models by their names; runs of `smoke`, whose numbers mean nothing, of those alone that have no others."""
    if rows.empty:
        return rows
    rows = rows.assign(model=rows["model"].map(model_name))
    more = set(rows["model"][rows["profile"] != "smoke"])
    return rows[(rows["profile"] != "smoke") | ~rows["model"].isin(more)]


def _of_folder(folder: Path | None) -> tuple[list[ReferenceRun], list[dict[str, Any]]]:
    """Reference runs and plain ledger files below a folder; other files with the ending are passed over."""
    runs: list[ReferenceRun] = []
    rows: list[dict[str, Any]] = []
    if folder is None:
        return runs, rows
    if not folder.is_dir():
        raise LmphysError(f"no folder {folder}; give one with ledgers, as a sweep or data/reference/ledgers has them")
    for path in files_below(folder):
        if path.suffix != ".json":
            continue
        with given(path, "delete it, or have it written again", "is no ledger file"):
            content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(content.get("rows"), list):
            if "machine" in content:
                runs.append(reference_from(path))
            else:
                rows += content["rows"]
    if not runs and not rows:
        raise LmphysError(f"{folder} holds no ledger; lmphys reference --model X writes one, and so does a sweep")
    return runs, rows
