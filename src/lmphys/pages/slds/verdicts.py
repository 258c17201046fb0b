"""The rows of the paper's table of ablations, as the ledger judges them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.pages.slds.ablation import FULL, LINEAR, NO_STATE_DRIFT, TABLE, Ablation, readings
from lmphys.pages.slds.cost import Cost
from lmphys.stats.interval import Interval

SURROGATES = "surrogates of one map"


def ablation_entries(
    claims: Mapping[str, str],
    real: Ablation,
    null: Ablation,
    scores: tuple[pd.DataFrame, pd.DataFrame],
    *,
    walk_drop: float,
    position: str,
    seed: int,
) -> list[Entry]:
    """R^2, its drop and the likelihood of the three ablated models of one regime less, one part less.

    Each R^2 stands under every definition that the paper's text admits, beside the same of chains without regimes. The
    drops are those of the honest forecast of h in k coordinates. Their null is chains that lack the part: surrogates
    of one map have no regimes, but one map *is* a drift that depends on the state, which random walks lack.

    Args:
        claims: row of the table to the claim of its R^2; those of the drop and of the likelihood end in `_drop` and
            `_nll` instead of `_r2`.
        real: of the real chains.
        null: of the surrogates.
        scores: `Ablation.scores` of both.
        walk_drop: drop of the row without state drift on random walks.
        position: token whose states these are.
        seed: of the intervals.
    """
    rank, width = real.projection.rank, real.projection.basis_.shape[0]
    dropped = [ablation.drops(seed=seed) for ablation in (real, null)]
    entries = []
    for row in TABLE[1:-1]:
        mine, theirs = (readings(table, row) for table in scores)
        drop, null_drop = (table.loc[[(row, "k", "h", "predictive")]].iloc[0] for table in dropped)
        nulls = {SURROGATES: float(null_drop["drop"])}
        if row == NO_STATE_DRIFT:
            nulls = {"random walks": walk_drop}
        entries += [
            Entry(
                claims[row],
                _intervals(mine),
                {SURROGATES: _numbers(theirs)},
                f"rank {rank}, {position} token, held out by question",
            ),
            Entry(
                claims[row].replace("_r2", "_drop"),
                Interval.of_row(drop, "drop"),
                {**nulls, "no drop": 0.0},
                f"honest forecast of h in {rank} coordinates; {SURROGATES} {null_drop['drop']:.3f}",
            ),
            Entry(
                claims[row].replace("_r2", "_nll"),
                float(real.nll[row]),
                {FULL: float(real.nll[FULL])},
                f"nats per transition in all {width} dimensions, completed",
            ),
        ]
    return entries


def full_model_entry(claim: str, scores: tuple[pd.DataFrame, pd.DataFrame], note: str) -> Entry:
    """R^2 of the full model under every definition that the text admits.

    The linear map has one forecast, whatever weights have seen: it is the same control for all of them.

    Args:
        claim: of the number.
        scores: `Ablation.scores` of real chains and of surrogates of one map.
        note: a remark for the reader.
    """
    real, null = scores
    obtained, linear = _intervals(readings(real, FULL)), readings(real, LINEAR)
    of_map = {name: Interval.of_row(linear.loc[_of_one_forecast(name)], "r2") for name in obtained}
    return Entry(claim, obtained, {LINEAR: of_map, SURROGATES: _intervals(readings(null, FULL))}, note)


def cost_entry(claim: str, cost: Cost, device: str) -> Entry:
    """Logarithm to base 10 of the time of a simulated step over that of a written sentence, in the range of rounds."""
    decades = -np.log10(cost.rounds)
    value = -np.log10(cost.ratio["seconds"])
    note = f"{cost.n_chains} chains side by side on {device}; interval: {len(decades)} rounds"
    return Entry(claim, Interval(value, decades.min(), decades.max()), note=note)


def _of_one_forecast(definition: str) -> str:
    """Name in `readings` of the same target and space for a model with one forecast."""
    return "one forecast, " + definition.split(", ", 1)[1]


def _intervals(table: pd.DataFrame) -> dict[str, Interval]:
    return {str(name): Interval.of_row(row, "r2") for name, row in table.iterrows()}


def _numbers(table: pd.DataFrame) -> dict[str, float]:
    return {str(name): float(value) for name, value in table["r2"].items()}
