"""The paper's own table of transfers, and the line on which its two scores lie."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.book.claims import Claim, claims_of_pairs

KINDS = ("own pair", "another task", "another model")
_RANK = 40  # the paper's number of directions


class Line(NamedTuple):
    """NLL = offset + slope R^2, by least squares."""

    slope: float
    offset: float


def paper_pairs(claims: Mapping[str, Claim]) -> pd.DataFrame:
    """The pairs of source and target with both scores, indexed by them, and their kind.

    Args:
        claims: of the project.

    Returns:
        `r2`, `nll`, and `pair`, one of `KINDS`.
    """
    pairs = claims_of_pairs(claims, "transfer")
    source, target = (pairs.index.get_level_values(i) for i in (0, 1))
    same_model = source.str.split("_").str[0] == target.str.split("_").str[0]
    return pairs.assign(pair=np.select([source == target, same_model], KINDS[:2], KINDS[2]))


def fit_line(pairs: pd.DataFrame) -> Line:
    """The line through the columns `r2` and `nll`."""
    return Line(*map(float, np.polyfit(pairs["r2"], pairs["nll"], 1)))


def describe_line(pairs: pd.DataFrame, n_states: float) -> pd.Series:
    """How close the table is to a line, and how many steps of round noise would give its slope.

    Args:
        pairs: of `paper_pairs`.
        n_states: mean number of states of a chain in the paper.
    """
    line = fit_line(pairs)
    lost = 1 - pairs.loc[pairs["pair"] == KINDS[0], "r2"].mean()
    one_step = _RANK / 2 / lost  # nats for the whole of R^2, by the equation of the page
    rows = {
        "pairs": len(pairs),
        "correlation of R² and NLL": pairs["r2"].corr(pairs["nll"]),
        "slope": line.slope,
        "typical distance from the line": (pairs["nll"] - line.offset - line.slope * pairs["r2"]).std(),
        f"slope of one step, round noise in {_RANK} dimensions": -one_step,
        "steps that make the printed slope": -line.slope / one_step,
        "steps of a chain by the paper's Fig. 2a": n_states - 1,
    }
    return pd.Series(rows, name="the paper's table")
