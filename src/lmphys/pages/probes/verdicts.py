"""What the page says in the end: what states know beyond the obvious, and what regimes follow."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lmphys.book import Entry
from lmphys.stats.interval import Interval


def beyond_the_obvious(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether a state knows a label better than position, token and family do, interval above interval, by layer.

    Args:
        tables: what is probed -> table of `probe_layers`.

    Returns:
        Indexed by what is probed and layer: AUROC of the `state`, without it (`no state`), of the null that keeps the
        place (`place alone`), and the `verdict`; or one cell `reason`.
    """
    return pd.concat({name: table if "reason" in table else _by_layer(table) for name, table in tables.items()})


def _by_layer(table: pd.DataFrame) -> pd.DataFrame:
    scores = table.set_index(["layer", "probe"])
    rows = {}
    for layer in table["layer"].unique():
        state, plain = scores.loc[(layer, "state")], scores.loc[(layer, "no state")]
        rows[layer] = {
            "state": state["auroc"],
            "no state": plain["auroc"],
            "place alone": scores["auroc"][layer, "shuffled within position"],
            "verdict": "beyond place and token" if state["auroc_low"] > plain["auroc_high"] else "not beyond",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


def within_families(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `probe_families` in which a family is read by its own probe; or one cell `reason`."""
    if "reason" in table:
        return table
    own = table[(table["train"] == table["test"]) & table["auroc"].notna()]
    return own[["train", "probe", "auroc", "auroc_low", "auroc_high", "n"]]


def what_regimes_follow(aligned: pd.DataFrame) -> str:
    """Two lines: the labels that regimes follow beyond the position, and the one they follow most.

    Args:
        aligned: of `align`.
    """
    beyond = aligned.index[aligned["verdict"] == "beyond position"]
    lines = [f"beyond position, regimes follow: {', '.join(beyond) or 'none of these labels'}"]
    if len(beyond):
        lines.append(f"most of all: {aligned['beyond'][beyond].astype(float).idxmax()}")
    return "\n".join(lines)


def phase_entry(aligned: pd.DataFrame, nulls: Mapping[str, Interval], note: str) -> Entry:
    """Mutual information of regimes with the phase, beside that of exchanged labels and of random weights.

    Args:
        aligned: of `align`.
        nulls: of `exchanged_information` and `untrained_information`.
        note: on the fit.
    """
    row: Any = aligned.loc["phase"]
    return Entry("slds.regimes.phases", Interval.of_row(row, "nmi").map(float), nulls, note)
