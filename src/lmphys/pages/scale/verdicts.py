"""What the page has judged, at the size of the whole corpus and at each smaller one."""

from collections.abc import Mapping

import pandas as pd

from lmphys.book.claims import Claim
from lmphys.book.ledger import Entry
from lmphys.book.scale import lacking_transitions
from lmphys.book.verdicts import verdict
from lmphys.pages.scale.curve import at_stage, grown
from lmphys.pages.scale.measures import (
    GAUSSIAN,
    ISOTROPIC,
    PERMUTED,
    PERSISTENCE,
    RANDOM_ORDER,
    SHUFFLED,
    STUDENT,
)
from lmphys.stats.interval import Interval

# Claim to the quantities that are its definitions (by name, or one alone), and the controls of each.
_JUDGED: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "slds.scale.gain": ({"": "honest gain"}, (GAUSSIAN, STUDENT, PERMUTED)),
    "slds.scale.leak": ({"": "leaking gain"}, (GAUSSIAN, STUDENT, PERMUTED)),
    "slds.scale.variance": ({"states": "share of states", "increments": "share of increments"}, (ISOTROPIC,)),
    "slds.scale.linear": ({"R² of h": "linear R² of h", "R² of Δh": "linear R² of Δh"}, (PERSISTENCE, SHUFFLED)),
    "slds.scale.arrow": ({"": "direction told"}, (RANDOM_ORDER,)),
}
_K = "slds.scale.k"


def entries(table: pd.DataFrame, n_parts: int = 1) -> list[Entry]:
    """Rows for the ledger.

    Args:
        table: of `read_curve`, or of one corpus (`as_curve`).
        n_parts: size at which they are judged; 1 is the whole corpus.
    """
    here = table[table["parts"] == n_parts]
    n, n_chains = (round(float(here[column].mean())) for column in ("transitions", "chains"))
    few, size = lacking_transitions(n), f"{n:,} transitions of {n_chains:,} chains"
    found = []
    for claim, (definitions, controls) in _JUDGED.items():
        numbers = {name: at_stage(table, quantity, n_parts) for name, quantity in definitions.items()}
        against = {
            of: {name: at_stage(table, quantity, n_parts, of) for name, quantity in definitions.items()}
            for of in controls
        }
        if set(definitions) == {""}:
            found.append(Entry(claim, numbers[""], {of: x[""] for of, x in against.items()}, size, few))
        else:
            found.append(Entry(claim, numbers, against, size, few))
    counted = here[here["quantity"].str.startswith("K by ")]
    if len(counted):
        names = counted["quantity"].str.removeprefix("K by ")
        picked = dict(zip(names, map(float, counted["value"]), strict=True))
        found.append(Entry(_K, picked, {}, f"K up to 12, {size}", few))
    if n_parts == 1 and table["parts"].nunique() > 1:
        least = round(float(table.loc[table["parts"] == table["parts"].max(), "transitions"].mean()))
        without = {of: grown(table, "honest gain", of) for of in (STUDENT, GAUSSIAN)}
        text = f"from {least:,} to {n:,} transitions"
        found.append(Entry("slds.scale.gain_grows", grown(table, "honest gain"), without, text, few))
    return found


def by_size(table: pd.DataFrame, claims: Mapping[str, Claim]) -> pd.DataFrame:
    """The verdict on each claim at each size of the corpus, as if the size were that of the paper.

    Returns:
        Indexed by what is claimed, a column a size (transitions), small first.
    """
    columns = {}
    for n_parts in sorted(table["parts"].unique(), reverse=True):
        n = round(float(table.loc[table["parts"] == n_parts, "transitions"].mean()))
        columns[f"{n:,}"] = {
            entry.claim: verdict(claims[entry.claim], entry.obtained, entry.controls).word
            for entry in entries(table, int(n_parts))
        }
    return pd.DataFrame(columns).rename_axis("claim").dropna()


def planted_at(table: pd.DataFrame) -> pd.DataFrame:
    """What is found of planted regimes, by kind and size: `worth`, `gain`, `low`, `high`, and the share found."""
    mine = table[table["of"].str.startswith("planted: ")]
    mine = mine.assign(of=mine["of"].str.removeprefix("planted: "))
    if mine.empty:
        nothing = pd.MultiIndex.from_arrays([[], []], names=["planted", "transitions"])
        return pd.DataFrame(columns=["worth", "gain", "target seen", "low", "high", "share found"], index=nothing)
    values = mine.pivot_table(index=["of", "transitions"], columns="quantity", values="value")
    ends = mine[mine["quantity"] == "honest gain"].set_index(["of", "transitions"])[["low", "high"]]
    found = values.rename(columns={"honest gain": "gain", "leaking gain": "target seen"})[
        ["worth", "gain", "target seen"]
    ].join(ends)
    return found.assign(**{"share found": found["gain"] / found["worth"]}).rename_axis(["planted", "transitions"])


def first_seen(planted: pd.DataFrame) -> pd.DataFrame:
    """The fewest transitions, among the sizes tried, from which on planted regimes are seen and half of them is found.

    Args:
        planted: of `planted_at`.
    """
    rows: dict[str, dict[str, object]] = {}
    for kind, part in planted.groupby(level="planted"):
        part = part.droplevel("planted").sort_index()
        rows[str(kind)] = {
            "seen from": _from(part["low"] > 0),
            "half found from": _from(part["share found"] > 0.5),
            "worth": part["worth"].iloc[-1],
        }
    columns = ["seen from", "half found from", "worth"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("planted")


def _from(holds: pd.Series) -> str:
    """First index from which on it holds up to the last."""
    last = holds[::-1].cummin()[::-1]
    return f"{int(last[last].index[0]):,}" if last.any() else "not at these sizes"


def seen_on_page(live: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of the corpus that was measured on the page beside those of recorded parts of about its size.

    Args:
        live: of `measure`.
        table: of `read_curve`.

    Returns:
        Indexed by quantity of the real chains: `here`, `low`, `high`, and the least and greatest of the recorded parts
        of the nearest size.
    """
    n = float(live["transitions"].iloc[0])
    sizes = table.groupby("parts")["transitions"].mean()
    nearest = (sizes - n).abs().idxmin()
    rows = {}
    for _, row in live[live["of"] == "real chains"].iterrows():
        same = (table["parts"] == nearest) & (table["quantity"] == row["quantity"]) & (table["of"] == row["of"])
        values = table.loc[same, "value"]
        found = Interval.of_row(row)
        rows[row["quantity"]] = {
            "here": found.value,
            "low": found.low,
            "high": found.high,
            "least of the parts": values.min(),
            "greatest": values.max(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("quantity")
