"""Run benchmarks one after the other; exit with 1 where a bound is broken."""

import importlib
import sys

from rich.console import Console
from rich.table import Table

NAMES = ("start", "chains", "memory")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"benchmarks: unknown {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    table = Table("what", "here", "compared with", "ratio", "bound", "")
    broken = False
    for name in names or NAMES:
        for row in importlib.import_module(f"benchmarks.{name}").run():
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            table.add_row(row.what, row.ours, row.plain, ratio, row.bound, "ok" if row.holds else "BROKEN")
            broken |= not row.holds
    Console(width=160).print(table)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
