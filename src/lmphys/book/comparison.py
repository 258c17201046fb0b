"""Two ledgers row by row: missing rows, other verdicts, numbers that are further off than rounding."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What is compared; the parts of controls by value, since their names may change.
PARTS = ("obtained", "interval", "controls", "control_intervals")

Key = tuple[str, str, str, int]
Row = Mapping[str, Any]


def read_ledger_rows(place: Path) -> list[dict[str, Any]]:
    """Rows of a folder of ledger files or of one file; other seeds and notebooks run by hand are left out."""
    rows = []
    for file in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        if "--seed" not in file.stem and not file.stem.endswith("--by-hand"):
            content = json.loads(file.read_text(encoding="utf-8"))
            whole = {name: content[name] for name in ("model", "profile") if name in content}
            rows += [whole | row for row in content["rows"]]
    return rows


def by_key(rows: Sequence[Row]) -> dict[Key, Row]:
    """Rows by claim, model, profile and rank by value, so that a claim may move to another page."""
    grouped: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault((row["claim"], row["model"], row["profile"]), []).append(row)
    return {
        (*key, rank): row
        for key, found in grouped.items()
        for rank, row in enumerate(sorted(found, key=lambda row: list(numbers(row["obtained"]))))
    }


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a value, in order."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from numbers(item)
    elif value is not None:
        yield float(value)


def distance(before: Any, after: Any, *, ordered: bool = True) -> float:
    """Largest difference relative to the larger number (or to 1e-3); inf where the values have other numbers."""
    a, b = list(numbers(before)), list(numbers(after))
    if not ordered:
        a, b = sorted(a), sorted(b)
    if len(a) != len(b):
        return math.inf
    return max((abs(x - y) / max(abs(x), abs(y), 1e-3) for x, y in zip(a, b, strict=True)), default=0.0)


@dataclass(frozen=True)
class Difference:
    """One row in two ledgers.

    Attributes:
        key: claim, model, profile and rank.
        off: part of the row to the relative distance of its numbers.
        was, now: the verdicts.
    """

    key: Key
    off: dict[str, float]
    was: str
    now: str

    @property
    def flipped(self) -> bool:
        """Whether the verdicts differ."""
        return self.was != self.now

    @property
    def largest(self) -> float:
        """Largest distance of a number."""
        return max(self.off.values(), default=0.0)

    def line(self, rtol: float) -> str:
        """What differs, in words."""
        claim, model, profile, _ = self.key
        told = [f"{name} {x:.1e}" for name, x in self.off.items() if x > rtol]
        return f"{claim} ({model}, {profile}): " + "; ".join(
            [*([", ".join(told)] if told else []), *([f"{self.was} -> {self.now}"] if self.flipped else [])]
        )


@dataclass(frozen=True)
class Comparison:
    """Rows of two ledgers.

    Attributes:
        both: those that both have, the largest difference first.
        missing: those that only the first has, of profiles that the second has.
        added: those that only the second has.
    """

    both: tuple[Difference, ...]
    missing: tuple[Key, ...]
    added: tuple[Key, ...]

    def off(self, rtol: float) -> list[Difference]:
        """Rows with another verdict, or a number further off than `rtol`."""
        return [row for row in self.both if row.flipped or row.largest > rtol]


def compare(before: Sequence[Row], after: Sequence[Row]) -> Comparison:
    """Compare two ledgers, given as rows with the names of the ledger's columns."""
    old, new = by_key(before), by_key(after)
    profiles = {key[2] for key in new}
    both = [
        Difference(
            key,
            {
                part: distance(old[key][part], new[key][part], ordered=not part.startswith("control"))
                for part in PARTS
                if part in old[key] and part in new[key]
            },
            old[key]["verdict"],
            new[key]["verdict"],
        )
        for key in old.keys() & new.keys()
    ]
    both.sort(key=lambda row: (-row.largest, not row.flipped, row.key))
    missing = sorted(key for key in old if key not in new and key[2] in profiles)
    return Comparison(tuple(both), tuple(missing), tuple(sorted(key for key in new if key not in old)))
