"""What the page has judged: is the right chain's basin the wider one, by each of three measures?"""

from collections.abc import Mapping

import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.pages.basins.comparisons import AFTER_CUTS, DISPLACED, LESS_SHARE, SHARE
from lmphys.stats.interval import Interval


def entries(returns: pd.DataFrame, displaced: pd.DataFrame, flat: pd.DataFrame) -> list[Entry]:
    """A row for each of the three ways that there are in this run.

    Args:
        returns: of `compare_returns`.
        displaced: of `compare_displaced`.
        flat: of `compare_pairs`: `c`, and `c, random weights`.
    """
    found = []
    rows = {name: row for table in (returns, displaced, flat) for name, row in table.iterrows()}
    if AFTER_CUTS in rows:
        row = rows[AFTER_CUTS]
        rivals = {"shares of the votes": rows[SHARE]["difference"], "share and energy": row["predicted"]}
        excess = "{:.2f} [{:.2f}, {:.2f}]".format(*Interval.of_row(rows[LESS_SHARE], "difference"))
        found.append(_entry("gibbs.basin.return", row, rivals, f"; return less share, paired: {excess}"))
    if DISPLACED in rows:
        row = rows[DISPLACED]
        found.append(_entry("gibbs.basin.noise", row, {"share and energy": row["predicted"]}))
    row, bare = rows["c"], rows["c, random weights"]
    rivals = {"length and energy": row["predicted"], "random weights": bare["difference"]}
    return [*found, _entry("gibbs.basin.flat", row, rivals)]


def _entry(claim: str, row: pd.Series, rivals: Mapping[str, float], remark: str = "") -> Entry:
    """Right less wrong against the permuted labels and the rivals."""
    seen = f"a difference of {row['visible']:.2g} would be seen in 80 of 100 repeats"
    note = f"{row['pairs']:.0f} pairs; p of the permutations {row['p']:.4f}; {seen}{remark}"
    return Entry(claim, Interval.of_row(row, "difference"), {"labels permuted": row["permuted"], **rivals}, note)
