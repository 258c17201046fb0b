"""Run benchmarks one after the other; exit with 1 where a bound is broken.

    python -m benchmarks [--record] [NAME...]

--record writes all of them, the growth of a fit with its size, and the rates of the default model to
data/benchmarks.json, under the kind of this machine; the book shows them. It
ends with 1 and writes nothing where a bound could not be checked, as for a peer that is missing.
"""

import importlib
import sys
from datetime import UTC, datetime

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from lmphys.book.benchmarks import Row, benchmark_table, write_benchmarks
from lmphys.book.speed import measure_rates
from lmphys.core.devices import machine_kind
from lmphys.core.paths import project_root
from lmphys.core.provenance import git_state, machine, versions

NAMES = ("start", "chains", "memory", "fit", "train", "agree", "worlds")


def facts() -> dict[str, str]:
    """What the numbers depend on besides the code."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    packages = {name: versions()[name] for name in ("python", "torch")}
    commit = git_state(project_root())
    return machine() | {"gpu": gpu} | packages | {"date": datetime.now(UTC).date().isoformat(), "git commit": commit}


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
    rows: list[Row] = []
    for name in names or NAMES:
        print(f"benchmarks: {name}", file=sys.stderr, flush=True)
        found = importlib.import_module(f"benchmarks.{name}").run()
        unchecked = [row for row in found if row.bound and row.ratio is None]
        if record and unchecked:
            for row in unchecked:
                print(f"benchmarks: nothing is recorded: {row.what}: {row.ours}: {row.plain}", file=sys.stderr)
            return 1
        rows += found
    shown = benchmark_table(rows)
    table = Table(*shown.columns)
    for cells in shown.itertuples(index=False):
        table.add_row(*cells)
    Console(width=160).print(table)
    if record:
        print("benchmarks: growth", file=sys.stderr, flush=True)
        fit = importlib.import_module("benchmarks.fit")
        write_benchmarks(
            project_root(),
            machine_kind(),
            machine=facts(),
            rows=tuple(rows),
            growth=pd.DataFrame(fit.growth()),
            middle=fit.MIDDLE,
            rates=measure_rates(),
        )
    return int(any(row.holds is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
