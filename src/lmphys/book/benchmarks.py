"""What was measured last on each kind of machine: `data/benchmarks.json`.

`python -m benchmarks --record` writes speed and memory, `lmphys reference` the budgets of the pages.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.files import write_atomically

BENCHMARKS_FILE = Path("data", "benchmarks.json")
_ROW = {"what": str, "ours": str, "plain": str, "ratio": float, "at_least": float, "at_most": float}
_GROWTH = {"along": str, "value": int, "ours_s": float, "floor_s": float, "ssm_s": float, "dynamax_s": float}
_MIDDLE = {"N": int, "K": int, "k": int}
_RATES = {"drawn": float, "read": float}
_BUDGET = {"seconds": float, "drawn": int, "read": int}


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        what: what was measured.
        ours: our number with its unit.
        plain: the number that it is compared with, from the same run.
        ratio: of the two, in the sense of the row; None where it was not measured.
        at_least: bound that the ratio must reach, if any.
        at_most: bound that it must not pass, if any.
    """

    what: str
    ours: str
    plain: str = ""
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bound(self) -> str:
        """The bounds as text, empty where there is none."""
        signs = (("≥", self.at_least), ("≤", self.at_most))
        return ", ".join(f"{sign} {bound:g}" for sign, bound in signs if bound is not None)

    @property
    def holds(self) -> bool | None:
        """Whether the ratio keeps the bounds; None where there is no ratio or no bound."""
        if self.ratio is None or not self.bound:
            return None
        return (self.at_least is None or self.ratio >= self.at_least) and (
            self.at_most is None or self.ratio <= self.at_most
        )


def benchmark_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Columns what, here, compared with, ratio, bound, holds, as text.

    `holds` is yes or no, – where the ratio of a row with a bound was not measured, empty where there is no bound.
    """
    columns = ["what", "here", "compared with", "ratio", "bound", "holds"]
    words = {True: "yes", False: "no", None: "–"}
    entries = [
        (
            *(row.what, row.ours, row.plain, "" if row.ratio is None else f"{row.ratio:,.2f}"),
            *(row.bound, words[row.holds] if row.bound else ""),
        )
        for row in rows
    ]
    return pd.DataFrame(entries, columns=columns)


@dataclass(frozen=True)
class Budget:
    """What one run of a page took.

    Attributes:
        seconds: run time, s.
        drawn: tokens that it drew from models.
        read: tokens that it read with models.
    """

    seconds: float
    drawn: int
    read: int


@dataclass(frozen=True)
class Rates:
    """Tokens per second that a machine draws from the default model and reads with it."""

    drawn: float
    read: float


# Page id to its last run by state of the cache.
Budgets = Mapping[str, Mapping[str, Budget]]
STATES = ("cold", "warm")


@dataclass(frozen=True, eq=False)
class Benchmarks:
    """What was measured on one kind of machine.

    Attributes:
        machine: name to value: processor, cores, system, GPU, versions, date and commit; empty where no speed was
            measured yet.
        rows: one a measurement.
        growth: seconds of one EM iteration where the number of transitions ("N"), of regimes ("K") or of
            dimensions ("k") varies and the others stay: `along`, `value`, `ours_s`, `floor_s`, `ssm_s`,
            `dynamax_s`; NaN where it was not measured. A time is the difference of two and may come out negative.
        middle: the values of N, K and k that stay; empty where they were not recorded.
        rates: of the default model; None where they were not measured.
        budgets: of the pages with their default parameters: "cold", where a page had to add to the cache, and "warm".
    """

    machine: dict[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    growth: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(_GROWTH)).astype(_GROWTH))
    middle: dict[str, int] = field(default_factory=dict)
    rates: Rates | None = None
    budgets: Budgets = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """As JSON values."""
        growth = self.growth.astype(object).where(self.growth.notna(), None).to_dict("records")
        rows = [asdict(row) for row in self.rows]
        for row in rows:  # JSON has no NaN
            row["ratio"] = None if row["ratio"] != row["ratio"] else row["ratio"]
        budgets = {
            page: {state: asdict(budget) for state, budget in found.items()} for page, found in self.budgets.items()
        }
        rates = asdict(self.rates) if self.rates else None
        return {
            **{"machine": self.machine, "rates": rates, "rows": rows, "growth": growth, "middle": self.middle},
            "budgets": budgets,
        }

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "Benchmarks":
        """From JSON values; raises ValueError, KeyError, TypeError or AttributeError where they are damaged."""
        middles = _checked([content["middle"]] if content["middle"] else [], _MIDDLE)
        rates = _checked([content["rates"]] if content["rates"] else [], _RATES)
        return cls(
            {str(name): str(value) for name, value in content["machine"].items()},
            tuple(Row(**entry) for entry in _checked(content["rows"], _ROW)),
            pd.DataFrame(_checked(content["growth"], _GROWTH), columns=list(_GROWTH)).astype(_GROWTH),
            middles[0] if middles else {},
            Rates(**rates[0]) if rates else None,
            {
                str(page): {state: Budget(**_checked([found[state]], _BUDGET)[0]) for state in STATES if state in found}
                for page, found in content["budgets"].items()
            },
        )


def write_benchmarks(root: Path, kind: str, **measured: Any) -> None:
    """Replace some attributes of the record of one kind of machine; all else in the file stays."""
    kept = load_benchmarks(root)
    kept[kind] = replace(kept.get(kind, Benchmarks()), **measured)
    content = {name: kept[name].content() for name in sorted(kept)}
    write_atomically(root / BENCHMARKS_FILE, json.dumps(content, indent=1, allow_nan=False) + "\n")


def load_benchmarks(root: Path) -> dict[str, Benchmarks]:
    """Kind of machine to what was measured there, of the project in `root`; empty where nothing was recorded.

    Raises:
        LmphysError: the file is damaged.
    """
    path = root / BENCHMARKS_FILE
    if not path.is_file():
        return {}
    with given(path, "measure them again: make bench", "holds no benchmarks"):
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        return {str(kind): Benchmarks.read(found) for kind, found in content.items()}


def _checked(entries: Sequence[Mapping[str, Any]], kinds: Mapping[str, type]) -> list[dict[str, Any]]:
    """The entries with the names in `kinds`; raises ValueError where a value is of another kind."""
    for number, entry in enumerate(entries):
        for name, kind in kinds.items():
            allowed = (int, float, type(None)) if kind is float else (kind,)
            if type(entry[name]) not in allowed:
                raise ValueError(f"{name} of entry {number} is {entry[name]!r}")
    return [{name: entry[name] for name in kinds} for entry in entries]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no measurement")
