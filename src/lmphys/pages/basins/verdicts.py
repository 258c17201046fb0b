"""What the page has judged: is the right chain's basin the wider one, and wider than its popularity tells?"""

from collections.abc import Mapping

import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Numbers
from lmphys.pages.basins.comparisons import AFTER_CUTS, DISPLACED, LESS_SHARE, SHARE
from lmphys.stats.interval import Interval


def entries(returns: pd.DataFrame, displaced: pd.DataFrame, flat: pd.DataFrame) -> list[Entry]:
    """Rows for each of the three ways that there are in this run.

    The width of a basin is judged by both of its definitions, the share of the votes and the return after a cut; that
    it is wider than its popularity tells is a row of its own, of the return less the share, chain by chain.

    Args:
        returns: of `compare_returns`.
        displaced: of `compare_displaced`.
        flat: of `compare_pairs`: `c`, and `c, random weights`.
    """
    found = []
    rows = {name: row for table in (returns, displaced, flat) for name, row in table.iterrows()}
    if AFTER_CUTS in rows:
        widths = {"share of the votes": rows[SHARE], "return after a cut": rows[AFTER_CUTS]}
        found.append(
            Entry(
                "gibbs.basin.return",
                {name: Interval.of_row(row, "difference") for name, row in widths.items()},
                {"labels permuted": {name: row["permuted"] for name, row in widths.items()}},
                "; ".join(f"{name}: {_remark(row)}" for name, row in widths.items()),
            )
        )
        row = rows[LESS_SHARE]
        found.append(_entry("gibbs.basin.beyond", row, {"share and energy": row["predicted"]}))
    if DISPLACED in rows:
        row = rows[DISPLACED]
        found.append(_entry("gibbs.basin.noise", row, {"share and energy": row["predicted"]}))
    row, bare = rows["c"], rows["c, random weights"]
    rivals = {"length and energy": row["predicted"], "random weights": bare["difference"]}
    return [*found, _entry("gibbs.basin.flat", row, rivals)]


def _entry(claim: str, row: pd.Series, rivals: Mapping[str, float]) -> Entry:
    """Right less wrong against the permuted labels and the rivals."""
    controls: dict[str, Numbers] = {"labels permuted": row["permuted"], **rivals}
    return Entry(claim, Interval.of_row(row, "difference"), controls, _remark(row))


def _remark(row: pd.Series) -> str:
    seen = f"a difference of {row['visible']:.2g} would be seen in 80 of 100 repeats"
    return f"{row['pairs']:.0f} pairs; p of the permutations {row['p']:.4f}; {seen}"
