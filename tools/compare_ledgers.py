"""Compare the ledgers of two runs row by row: same claims, numbers and verdicts?

    python tools/compare_ledgers.py BEFORE AFTER [--rtol 1e-6]

BEFORE and AFTER are folders of ledger rows (`runs/ledger`) or reference ledgers (`data/reference/ledgers/*.json`); the
way is that of `lmphys.book.comparison`. Ends with status 1 where a claim is missing, a verdict differs or a number is
further off than `rtol`.
"""

import argparse
import sys
from pathlib import Path

from lmphys.book.comparison import compare, read_ledger_rows


def main() -> int:
    """Print what differs, the largest first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rtol", type=float, default=1e-6, help="what counts as the last digits")
    options = parser.parse_args()
    found = compare(read_ledger_rows(options.before), read_ledger_rows(options.after))
    off = found.off(options.rtol)
    for row in off:
        print(row.line(options.rtol))
    for claim, model, profile, _ in found.missing:
        print(f"{claim} ({model}, {profile}): missing")
    if found.added:
        print(f"new: {', '.join(key[0] for key in found.added)}")
    n = len(found.both)
    print(
        f"{n} rows in both: {n - len(off)} equal to {options.rtol:g}, {sum(row.flipped for row in off)} other verdicts"
    )
    if not n:
        print("nothing was compared: the two have no row in common")
    return int(bool(off or found.missing or not n))


if __name__ == "__main__":
    sys.exit(main())
