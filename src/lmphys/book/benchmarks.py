"""The benchmarks as they were measured last: `data/benchmarks.json`, which `python -m benchmarks --record` writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lmphys.errors import LmphysError

_ROWS = {"what": str, "ours": str, "plain": str, "ratio": float, "at_least": float, "at_most": float}
_GROWTH = {"along": str, "value": int, "ours_s": float, "floor_s": float, "ssm_s": float, "dynamax_s": float}


@dataclass(frozen=True, eq=False)
class Benchmarks:
    """What was measured, and on what machine.

    Attributes:
        machine: name to value: processor, cores, system, versions, date and commit.
        rows: one row a measurement: `what`, `ours` and `plain` with their units, `ratio` of the two in the sense
            of the row, and its bounds `at_least`, `at_most`; NaN where there is none.
        growth: seconds of one EM iteration where the number of transitions ("N"), of regimes ("K") or of
            dimensions ("k") varies and the others stay: `along`, `value`, `ours_s`, `floor_s`, `ssm_s`,
            `dynamax_s`; NaN where it was not measured.
    """

    machine: dict[str, str]
    rows: pd.DataFrame
    growth: pd.DataFrame

    @property
    def readable(self) -> pd.DataFrame:
        """Columns what, here, compared with, ratio, bound, holds, as text.

        `holds` is computed from ratio and bounds: yes, no, – where the ratio was not measured, empty without a bound.
        """
        ratio, low, high = (self.rows[name] for name in ("ratio", "at_least", "at_most"))
        # A comparison with a bound that is not there is False.
        holds = np.where(ratio.isna(), "–", np.where((ratio < low) | (ratio > high), "no", "yes"))
        bounds = [
            ", ".join(f"{sign} {x:g}" for sign, x in (("≥", least), ("≤", most)) if x == x)
            for least, most in zip(low, high, strict=True)
        ]
        return pd.DataFrame(
            {
                "what": self.rows["what"],
                "here": self.rows["ours"],
                "compared with": self.rows["plain"],
                "ratio": ["" if x != x else f"{x:,.2f}" for x in ratio],
                "bound": bounds,
                "holds": np.where(low.isna() & high.isna(), "", holds),
            }
        )


def load_benchmarks(root: Path) -> Benchmarks | None:
    """The benchmarks of the project in `root`; None where none were recorded.

    Raises:
        LmphysError: the file is damaged.
    """
    path = root / "data" / "benchmarks.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        machine = {str(name): str(value) for name, value in content["machine"].items()}
        return Benchmarks(machine, _table(content["rows"], _ROWS), _table(content["growth"], _GROWTH))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LmphysError(f"{path} holds no benchmarks ({error!r}); measure them again: make bench") from error


def _table(entries: list[Mapping[str, Any]], kinds: Mapping[str, type]) -> pd.DataFrame:
    for number, entry in enumerate(entries):
        for name, kind in kinds.items():
            allowed = (int, float, type(None)) if kind is float else (kind,)
            if type(entry[name]) not in allowed:
                raise ValueError(f"{name} of entry {number} is {entry[name]!r}")
    return pd.DataFrame(entries, columns=list(kinds)).astype(kinds)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no measurement")
