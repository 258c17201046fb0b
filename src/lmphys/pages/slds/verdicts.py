"""The rows of the paper's table of ablations, as the ledger judges them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Numbers
from lmphys.pages.slds.ablation import (
    FULL,
    LINEAR,
    NO_PROJECTION,
    NO_REGIMES,
    NO_STATE_DRIFT,
    TABLE,
    Ablation,
    readings,
)
from lmphys.pages.slds.cost import Cost
from lmphys.pages.slds.patterns import nll_order
from lmphys.pages.slds.plain import PERSISTENCE
from lmphys.stats.interval import Interval

SURROGATES, HEAVY = "surrogates of one map", "heavy-tailed surrogates"
# Corpora without regimes whose drop is the control of a row; that without state drift has others.
_NULLS = {NO_REGIMES: (SURROGATES, HEAVY), NO_PROJECTION: (SURROGATES,)}


def ablation_entries(
    claims: Mapping[str, str],
    real: Ablation,
    nulls: Mapping[str, Ablation],
    scores: Mapping[str, pd.DataFrame],
    *,
    plain: Mapping[str, Mapping[str, Interval]],
    lost: Mapping[str, Interval],
    position: str,
    seed: int,
) -> list[Entry]:
    """R^2, its drop and the likelihood of the three ablated models of one regime less, one part less.

    Each R^2 stands under every definition that the paper's text admits, beside what it must beat: a model without
    regimes forecasts that know no motion, one without projection one linear map and the same model where there are no
    regimes, one without a drift that depends on the state the state itself. The drops are those of the honest forecast
    of h in k coordinates. Their null is chains that lack the part: surrogates of one map have no regimes, but one map
    *is* a drift that depends on the state, which random walks and permuted states lack.

    Args:
        claims: row of the table to the claim of its R^2; those of the drop and of the likelihood end in `_drop` and
            `_nll` instead of `_r2`.
        real: of the real chains.
        nulls: `SURROGATES` and `HEAVY`, of chains without regimes; the second need not have all models.
        scores: `Ablation.scores` of `FULL` for the real chains and of `SURROGATES`.
        plain: of `plain_forecasts`.
        lost: corpus without such a drift to the drop of the row without state drift.
        position: token whose states these are.
        seed: of the intervals.
    """
    rank, width = real.projection.rank, real.projection.basis_.shape[0]
    mine, theirs = scores[FULL], scores[SURROGATES]
    dropped = {name: ablation.drops(seed=seed) for name, ablation in {FULL: real, **nulls}.items()}
    entries = []
    for row in TABLE[1:-1]:
        obtained = _intervals(readings(mine, row))
        every: dict[str, dict[str, Numbers]] = {
            NO_REGIMES: {name: _spread(numbers, obtained) for name, numbers in plain.items()},
            NO_PROJECTION: {LINEAR: _of_map(mine, obtained), SURROGATES: _intervals(readings(theirs, row))},
            NO_STATE_DRIFT: {PERSISTENCE: _spread(plain[PERSISTENCE], obtained)},
        }
        controls = every[row]
        here = (row, "k", "h", "predictive")
        null_drops = {name: Interval.of_row(dropped[name].loc[[here]].iloc[0], "drop") for name in _NULLS.get(row, ())}
        entries += [
            Entry(claims[row], obtained, controls, f"rank {rank}, {position} token, held out by question"),
            Entry(
                claims[row].replace("_r2", "_drop"),
                Interval.of_row(dropped[FULL].loc[[here]].iloc[0], "drop"),
                {**(null_drops or lost), "no drop": 0.0},
                f"honest forecast of h in {rank} coordinates",
            ),
            Entry(
                claims[row].replace("_r2", "_nll"),
                float(real.nll[row]),
                {FULL: float(real.nll[FULL])},
                f"nats per transition in all {width} dimensions, completed",
            ),
        ]
    return entries


def full_model_entry(claim: str, scores: Mapping[str, pd.DataFrame], note: str) -> Entry:
    """R^2 of the full model under every definition that the text admits.

    The linear map has one forecast, whatever weights have seen: it is the same control for all of them.

    Args:
        claim: of the number.
        scores: `Ablation.scores` of `FULL` for the real chains, of `SURROGATES` and of `HEAVY`.
        note: a remark for the reader.
    """
    obtained = _intervals(readings(scores[FULL], FULL))
    nulls = {name: _intervals(readings(scores[name], FULL)) for name in (SURROGATES, HEAVY)}
    return Entry(claim, obtained, {LINEAR: _of_map(scores[FULL], obtained), **nulls}, note)


def order_entry(claim: str, real: Ablation, null: Ablation, paper: Mapping[str, float], *, seed: int) -> Entry:
    """Whether the likelihoods order the models as the paper's do, beside chains without regimes.

    Args:
        claim: of the order.
        real: of the real chains.
        null: of the surrogates of one map.
        paper: negative log-likelihood of each row of `TABLE`.
        seed: of the intervals.
    """
    order = " < ".join(real.nll[list(TABLE)].sort_values().index)
    found, control = (nll_order(ablation, paper, seed=seed) for ablation in (real, null))
    return Entry(claim, found, {SURROGATES: control}, f"here: {order}")


def cost_entry(claim: str, cost: Cost, device: str) -> Entry:
    """Logarithm to base 10 of the time of a simulated step over that of a written sentence, in the range of rounds."""
    decades = -np.log10(cost.rounds)
    value = -np.log10(cost.ratio["seconds"])
    note = f"{cost.n_chains} chains side by side on {device}; interval: {len(decades)} rounds"
    return Entry(claim, Interval(value, decades.min(), decades.max()), note=note)


def _of_map(scores: pd.DataFrame, definitions: Mapping[str, Interval]) -> dict[str, Interval]:
    """R^2 of the linear map for definitions of other models: of the same target and space."""
    linear = readings(scores, LINEAR)
    linear.index = linear.index.str.removeprefix("one forecast, ")
    return _spread(_intervals(linear), definitions)


def _spread(numbers: Mapping[str, Interval], definitions: Mapping[str, Interval]) -> dict[str, Interval]:
    """One number a target and space for all definitions, whatever the weights have seen."""
    return {name: numbers[name.split(", ", 1)[1]] for name in definitions}


def _intervals(table: pd.DataFrame) -> dict[str, Interval]:
    return {str(name): Interval.of_row(row, "r2") for name, row in table.iterrows()}
