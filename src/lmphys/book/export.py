"""Results as plain tables that other programs read: verdicts, numbers and loss curves, with a dictionary of columns."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lmphys.book.ledger import put_together, read_ledger
from lmphys.book.verdicts import Numbers
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.extras import needed
from lmphys.core.files import listed
from lmphys.stats.interval import Interval
from lmphys.training.checkpoint import whole_folder

FORMATS = ("csv", "parquet")
KEYS = ("claim", "page", "model", "profile", "seed")


class Column(NamedTuple):
    """A column of an exported table: text, number (float64) or whole (int64), and what it says."""

    table: str
    column: str
    type: str
    meaning: str


def _columns(table: str, *rows: tuple[str, str, str]) -> list[Column]:
    return [Column(table, *row) for row in rows]


_RUN = (
    ("claim", "text", "name of the claim: paper, subject, quantity"),
    ("page", "text", "chapter that tested it"),
    ("model", "text", "spec of the model"),
    ("profile", "text", "amount of data: smoke, quick or full"),
    ("seed", "whole", "seed of the run; -1 where an old run did not record it"),
)
DICTIONARY = (
    *_columns(
        "verdicts",
        *_RUN,
        ("paper", "text", "key of book/references.bib"),
        ("place", "text", "where in the paper"),
        ("statement", "text", "the claim, in our words"),
        ("unit", "text", "unit of value, tolerance, and of the row's numbers"),
        ("value", "number", "number of the paper; missing where it claims a sign only"),
        ("comparison", "text", "equal, at_least, at_most, direction or multiple_definitions"),
        ("tolerance", "number", "half width of the band around value that counts as equal"),
        ("verdict", "text", "computed from value, numbers, controls and their intervals"),
        ("reason", "text", "why this verdict"),
        ("lacking", "text", "what the run has too little of to be compared; empty where nothing is"),
        ("note", "text", "what the interval is over, and the like"),
        ("date", "text", "of the run, ISO 8601, UTC"),
    ),
    *_columns(
        "numbers",
        *_RUN,
        ("role", "text", "obtained, or control"),
        ("name", "text", "of the control; empty for what was obtained"),
        ("definition", "text", "reading of the quantity; empty where there is one only"),
        ("number", "number", "in the unit of the verdict's row"),
        ("low", "number", "lower end of the 95 % interval; missing where there is none"),
        ("high", "number", "upper end"),
    ),
    *_columns(
        "curves",
        ("training", "text", "recipe of lmphys train, or the folder that was named"),
        ("seed", "whole", "seed of documents and first weights; -1 where it is not known"),
        ("step", "whole", "updates so far"),
        ("examples", "whole", "documents so far"),
        ("target_tokens", "whole", "tokens that counted in the loss so far"),
        ("tokens", "whole", "tokens read so far"),
        ("seconds", "number", "since the training began"),
        ("loss", "number", "nats a target token, mean since the row before"),
        ("learning_rate", "number", "at this update"),
    ),
    *_columns(
        "dictionary",
        ("table", "text", "name of the file without its ending"),
        ("column", "text", "name of the column"),
        ("type", "text", "text, number (float64) or whole (int64)"),
        ("meaning", "text", "what it says, with its unit"),
    ),
)
_TYPES = {"text": "str", "number": "float64", "whole": "int64"}


def export_tables(root: Path, *, model: str | None = None, trainings: Sequence[Path] = ()) -> dict[str, pd.DataFrame]:
    """The results of a project, by name of the table; their columns are those of `DICTIONARY`.

    Args:
        root: folder of the project.
        model: only rows of this model.
        trainings: folders with a `loss.csv`, beside those that come with the book.

    Raises:
        LmphysError: nothing was run yet, or a file is damaged or missing.
    """
    ledger = read_ledger(root, model)
    if ledger.empty:
        raise LmphysError("no rows yet: lmphys run, or lmphys build, records them")
    tables = {
        "verdicts": ledger,
        "numbers": pd.DataFrame(list(_numbers_of(ledger))),
        "curves": pd.concat([_curve(*training) for training in [*_shipped(root), *_named(trainings)]]),
        "dictionary": pd.DataFrame(DICTIONARY),
    }
    return {name: _typed(name, table) for name, table in tables.items()}


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path, kind: str) -> list[Path]:
    """Write tables into a new folder, a file each.

    Args:
        tables: by the name of the file.
        folder: that is made.
        kind: one of `FORMATS`.

    Raises:
        LmphysError: no such format, the folder exists, or the package is missing that writes parquet.
    """
    if kind not in FORMATS:
        raise LmphysError(f"--to {kind} is unknown; choose {' or '.join(FORMATS)}")
    if folder.exists():
        raise LmphysError(f"{folder} exists already; name a new folder")
    if kind == "parquet":
        with needed("parquet"):
            import pyarrow  # noqa: F401  pandas looks for it itself, and says less of it
    with whole_folder(folder) as part:
        for name, table in tables.items():
            if kind == "parquet":
                table.to_parquet(part / f"{name}.parquet", engine="pyarrow", index=False)
            else:
                table.to_csv(part / f"{name}.csv", index=False)
    return [folder / f"{name}.{kind}" for name in tables]


def _numbers_of(ledger: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A row for each number of a ledger: what was obtained, then the controls, each by its definitions."""
    for row in ledger.to_dict("records"):
        keys = {name: row[name] for name in KEYS}
        obtained = put_together(row["obtained"], row["interval"])
        yield from _taken_apart(keys | {"role": "obtained", "name": ""}, obtained)
        ends = row["control_intervals"] or {}
        for name, control in row["controls"].items():
            yield from _taken_apart(keys | {"role": "control", "name": name}, put_together(control, ends.get(name)))


def _taken_apart(keys: dict[str, Any], numbers: Numbers) -> Iterator[dict[str, Any]]:
    by_definition = numbers if isinstance(numbers, Mapping) else {"": numbers}
    for definition, number in by_definition.items():
        value, low, high = number if isinstance(number, Interval) else (number, None, None)
        yield keys | {"definition": definition, "number": value, "low": low, "high": high}


def _shipped(root: Path) -> Iterator[tuple[str, int, Path]]:
    """Name, seed and folder of the trainings that come with the book."""
    for recipe in listed(root / "data" / "trained", "*"):
        for folder in listed(recipe, "seed-*"):
            yield recipe.name, int(folder.name.removeprefix("seed-")), folder
    yield "reasoner", 0, root / "data" / "reference" / "reasoner"


def _named(folders: Sequence[Path]) -> Iterator[tuple[str, int, Path]]:
    for folder in folders:
        yield str(folder), -1, folder


def _curve(name: str, seed: int, folder: Path) -> pd.DataFrame:
    with given(folder / "loss.csv", "name a folder that lmphys train wrote, or restore the data: git checkout data"):
        return pd.read_csv(folder / "loss.csv").assign(training=name, seed=seed)


def _typed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The columns that the dictionary lists, in its order and of its types."""
    columns = {entry.column: _TYPES[entry.type] for entry in DICTIONARY if entry.table == name}
    listed = table.reindex(columns=list(columns))
    missing = {"str": "", "int64": -1}
    filled = listed.fillna({column: missing[kind] for column, kind in columns.items() if kind in missing})
    return filled.astype(columns).reset_index(drop=True)
