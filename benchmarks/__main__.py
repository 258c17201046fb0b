"""Run benchmarks one after the other; exit with 1 where a bound is broken.

    python -m benchmarks [--record] [NAME...]

--record writes all of them, and the growth of a fit with its size, to data/benchmarks.json, which the book shows.
"""

import importlib
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from lmphys.book.files import write_atomically
from lmphys.book.provenance import git_state, machine, versions
from lmphys.paths import project_root

NAMES = ("start", "chains", "memory", "fit", "agree")


def main(arguments: list[str]) -> int:
    record = "--record" in arguments
    names = [name for name in arguments if name != "--record"]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"benchmarks: unknown {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if record and names:
        print("benchmarks: --record takes all of them; leave the names out", file=sys.stderr)
        return 2
    rows = []
    for name in names or NAMES:
        print(f"benchmarks: {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").run()
    table = Table("what", "here", "compared with", "ratio", "bound", "")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.what, row.ours, row.plain, ratio, row.bound, "ok" if row.holds else "BROKEN")
    Console(width=160).print(table)
    if record:
        root = project_root()
        facts = machine() | {name: versions()[name] for name in ("python", "torch")}
        facts |= {"date": datetime.now(UTC).date().isoformat(), "git commit": git_state(root)}
        print("benchmarks: growth", file=sys.stderr, flush=True)
        growth = importlib.import_module("benchmarks.fit").growth()
        content = {"machine": facts, "rows": [asdict(row) for row in rows], "growth": growth}
        write_atomically(root / "data" / "benchmarks.json", json.dumps(content, indent=1) + "\n")
    return int(any(not row.holds for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
