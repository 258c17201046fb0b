"""What counts as a warning, and what the page `slowing_down` wants to be judged."""

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.slowing_down.softening import KNOWN
from lmphys.stats.interval import Interval


def real_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `compare` that are about chains of the model."""
    return table.drop(index=KNOWN, errors="ignore", level=0)


def n_tests(table: pd.DataFrame) -> int:
    """Number of tests on chains of the model that could be made."""
    return int(real_rows(table)["p"].notna().sum())


def warnings(table: pd.DataFrame) -> pd.DataFrame:
    """Which rows of `compare` are a warning.

    Returns:
        The same rows: `matched`, `p × tests`, and `warns`, whether the interval of `matched` lies above 0 and p stays
        below 0.05 after multiplication by the number of tests.
    """
    corrected = table["p"] * max(n_tests(table), 1)
    return pd.DataFrame(
        {
            "matched": table["matched"],
            "p × tests": corrected.clip(upper=1),
            "warns": (table["matched_low"] > 0) & (corrected < 0.05),
        }
    )


def in_words(table: pd.DataFrame) -> str:
    """How many tests on the chains of the model warn, and which indicators see what is known to slow down."""
    warns, tests = warnings(table)["warns"], n_tests(table)
    told = [f"{kind}, {name.replace('_', ' ')}" for kind, name in real_rows(table).index if warns[kind, name]]
    line = f"{len(told)} of {tests} tests on real chains give a warning" + "".join(f"; {name}" for name in told) + "."
    if not tests:
        line = "Too few chains of both kinds for a test: sample more questions."
    if KNOWN not in table.index.get_level_values(0):
        return line
    seen = [name.replace("_", " ") for name, warned in warns.loc[KNOWN].items() if warned]
    return f"{line}\nOf the chains known to slow down, seen by: {', '.join(seen) or 'none (no power)'}"


def entries(table: pd.DataFrame, *, window: int, rank: int) -> list[Entry]:
    """Rise of the autocorrelation before each event, from the table of `compare`."""
    return [
        Entry(
            f"severity.slowing.{str(kind).replace(' ', '_')}",
            Interval.of_row(row, "matched"),
            {"no rise": 0.0, "shuffled order": float(row["shuffled"])},
            f"p = {row['p']:.3f} of one test of {n_tests(table)}, window {window}, rank {rank}",
        )
        for kind, row in real_rows(table).xs("autocorrelation", level=1).iterrows()
    ]
