"""Compare the ledgers of two runs row by row: same claims, numbers and verdicts?

    python tools/compare_ledgers.py BEFORE AFTER [--rtol 1e-6]

BEFORE and AFTER are folders of ledger rows (`runs/ledger`) or reference ledgers (`data/reference/ledgers/*.json`). A
row is known by claim, model and profile, and among several of these by its numbers, so that a claim may move to
another page. Controls are compared by value: their names may change. Ends with status 1 where a claim is missing, a
verdict differs or a number is further off than `rtol`.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Key = tuple[str, str, str, int]


def read(place: Path) -> dict[Key, dict[str, Any]]:
    """Rows by claim, model, profile and rank by value; other seeds and notebooks run by hand are left out."""
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    grouped: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for file in files:
        if "--seed" in file.stem or file.stem.endswith("--by-hand"):
            continue
        content = json.loads(file.read_text(encoding="utf-8"))
        for row in content["rows"]:
            model, profile = (row.get(name, content.get(name)) for name in ("model", "profile"))
            grouped.setdefault((row["claim"], model, profile), []).append(row)
    found = {}
    for key, rows in grouped.items():
        for rank, row in enumerate(sorted(rows, key=lambda row: list(numbers(row["obtained"])))):
            found[*key, rank] = row
    return found


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a value, in order; those of controls sorted, since their names may differ."""
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, list):
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


def main() -> int:
    """Print what differs, the largest first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rtol", type=float, default=1e-6, help="what counts as the last digits")
    options = parser.parse_args()
    before, after = read(options.before), read(options.after)
    profiles = {key[2] for key in after}
    missing = [key for key in before if key not in after and key[2] in profiles]
    rows = []
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        far = {
            name: distance(old[name], new[name], ordered=name != "controls")
            for name in ("obtained", "interval", "controls")
        }
        if "control_intervals" in old and "control_intervals" in new:
            far["control_intervals"] = distance(old["control_intervals"], new["control_intervals"], ordered=False)
        rows.append((max(far.values()), old["verdict"] != new["verdict"], key, far, old["verdict"], new["verdict"]))
    off = sorted((row for row in rows if row[0] > options.rtol or row[1]), reverse=True)
    for _, flipped, (claim, model, profile, _), far, was, now in off:
        told = ", ".join(f"{name} {x:.1e}" for name, x in far.items() if x > options.rtol)
        print(f"{claim} ({model}, {profile}): {told}" + (f"; {was} -> {now}" if flipped else ""))
    for claim, model, profile, _ in sorted(missing):
        print(f"{claim} ({model}, {profile}): missing")
    added = sorted(key[0] for key in after if key not in before)
    if added:
        print(f"new: {', '.join(added)}")
    flips = sum(row[1] for row in off)
    print(f"{len(rows)} rows in both: {len(rows) - len(off)} equal to {options.rtol:g}, {flips} other verdicts")
    if not rows:
        print("nothing was compared: the two have no row in common")
    return int(bool(off or missing or not rows))


if __name__ == "__main__":
    sys.exit(main())
