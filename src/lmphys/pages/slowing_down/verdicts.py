"""What counts as a warning, and what the page `slowing_down` wants to be judged."""

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.slowing_down.softening import KNOWN
from lmphys.stats.interval import Interval

# Fewer events than this have no interval that could be trusted.
_ENOUGH_EVENTS = 20


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
    """Rise of the autocorrelation before each event, from the table of `compare`.

    An indicator that does not see chains that are known to slow down says nothing of others, and a handful of events
    has no interval. Where that is so, the number is recorded without one, which decides nothing.
    """
    seen = KNOWN not in table.index.get_level_values(0) or bool(warnings(table)["warns"][KNOWN, "autocorrelation"])
    found = []
    for kind, row in real_rows(table).xs("autocorrelation", level=1).iterrows():
        told = [f"p = {row['p']:.3f} of one test of {n_tests(table)}, window {window}, rank {rank}"]
        if not seen:
            told.append(f"known slowing down is not seen ({float(table['matched'][KNOWN, 'autocorrelation']):.2f})")
        if row["events"] < _ENOUGH_EVENTS:
            told.append(f"{row['events']:.0f} events are too few for an interval")
        matched = Interval.of_row(row, "matched")
        nulls = Interval.of_row(row, "shuffled").map(float)
        found.append(
            Entry(
                f"severity.slowing.{str(kind).replace(' ', '_')}",
                matched if len(told) == 1 else float(matched.value),
                {"no rise": 0.0, "shuffled order": nulls},
                "; ".join(told),
            )
        )
    return found
