"""What the page has judged: a trade-off within the model and within random weights, what training changed, an alarm.

Nobody outside the paper knows its energy, so that a claim about it is judged for each of this book's candidates.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Number, Numbers
from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import C1, C2, CANDIDATES
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, potential_of, speed_of, trade_offs, turning_of
from lmphys.pages.conservation.anomaly import detection_gain
from lmphys.pages.conservation.comparison import Comparison, against
from lmphys.stats.interval import Interval

_SITE = "final_norm"
Measure = Callable[[Paths], Balance]


_PER_DIMENSION: dict[str, Measure] = {c.name: partial(balance_of, candidate=c) for c in CANDIDATES}
# C3 and C4 have the logarithm of K: another scale only adds a constant to them.
_AS_IT_IS: dict[str, Measure] = {
    f"{c.name}, K as it is": partial(balance_of, candidate=c, per_dimension=False) for c in (C1, C2)
}


class Rule(NamedTuple):
    """How a claim about the model and random weights is read.

    Attributes:
        measures: what is summed up along the chains, by definition; one, named "", where there is no choice.
        statistic: a method of `Balance`.
        more: the claim is that the model has more of it.
        log: compare by the log of the ratio.
    """

    measures: Mapping[str, Measure]
    statistic: Callable[[Balance, np.ndarray], np.ndarray]
    more: bool
    log: bool


# A correlation does not know the scale of K; mean and coefficient of variation do.
RULES = {
    "mechanics.random.steadier": Rule(_PER_DIMENSION | _AS_IT_IS, Balance.variation, more=True, log=True),
    "mechanics.random.tradeoff": Rule(_PER_DIMENSION, Balance.correlation, more=True, log=False),
    "mechanics.training.energy": Rule(_PER_DIMENSION | _AS_IT_IS, Balance.mean, more=False, log=False),
    "mechanics.training.speed": Rule({"": speed_of}, Balance.mean, more=True, log=True),
    "mechanics.training.turning": Rule({"": turning_of}, Balance.mean, more=True, log=False),
}


def entries(own: Paths, random: Mapping[str, Paths], trade: pd.DataFrame, *, seed: int = 0) -> list[Entry]:
    """All rows but those on the alarm.

    Args:
        own: paths of the model.
        random: paths of random weights along the same texts.
        trade: `trade_offs` of the model.
        seed: of intervals and shifts.
    """
    fresh = {name: trade_offs(paths, sites=(_SITE,), seed=seed) for name, paths in random.items()}
    return [
        _tied("mechanics.conservation.tradeoff", {"model": trade}),
        _tied("mechanics.random.conserved", fresh),
        *(_compared(claim, rule, own, random, seed) for claim, rule in RULES.items()),
    ]


def _tied(claim: str, tables: Mapping[str, pd.DataFrame]) -> Entry:
    """Whether terms trade off, by energy, in the reader whose terms do so least; beside shifts of its own texts."""
    obtained: dict[str, Number] = {}
    shifts: dict[str, Number] = {}
    notes = []
    for candidate in (c.name for c in CANDIDATES):
        rows: dict[str, pd.Series] = {name: table.loc[[(_SITE, candidate)]].iloc[0] for name, table in tables.items()}
        name = max(rows, key=lambda reader: float(rows[reader]["r"]))
        row = rows[name]
        obtained[candidate] = Interval.of_row(row, "r")
        shifts[candidate] = Interval(*(float(row[part]) for part in ("null", "null_low", "null_high")))
        notes.append(f"{candidate} Q {row['Q']:.3f}, left at the best mass {row['left']:.2f}")
    return Entry(claim, obtained, {"circular shifts": shifts}, "; ".join(notes))


def _compared(claim: str, rule: Rule, own: Paths, random: Mapping[str, Paths], seed: int) -> Entry:
    """The model against the random weights that speak least for the claim, by definition."""
    found = {
        name: against(own, random, measure, rule.statistic, more=rule.more, log=rule.log, seed=seed)
        for name, measure in rule.measures.items()
    }
    notes = [f"{name}: {result}" if name else str(result) for name, result in found.items()]
    if C1.name in found and rule.statistic is not Balance.correlation:
        alone = [potential_of(paths).value(rule.statistic) for paths in (own, next(iter(random.values())))]
        notes.append("the potential of C1 alone: model {:.3g}, random weights {:.3g}".format(*alone))
    between = {"between seeds": _numbers(found, lambda c: c.spread)} if len(random) > 1 else {}
    return Entry(claim, _numbers(found, lambda c: c.difference), between, "; ".join(notes))


def _numbers(found: Mapping[str, Comparison], of: Callable[[Comparison], Number]) -> Numbers:
    """A number of each comparison by definition, or the only one."""
    return of(found[""]) if "" in found else {name: of(result) for name, result in found.items()}


def energy_ratios(own: Paths, *, seed: int = 0) -> dict[str, Interval]:
    """Q of each energy after the final normalisation, by name, with intervals over chains."""
    found = {energy.name: balance_of(own, energy).interval(Balance.ratio, seed=seed) for energy in CANDIDATES}
    return {name: Interval(*map(float, ratio)) for name, ratio in found.items()}


def alarm_entries(natural: pd.DataFrame, damaged: pd.DataFrame, areas: pd.DataFrame, *, seed: int = 0) -> list[Entry]:
    """Whether the energy tells damaged stretches, and whether it does so better than the perplexity in it.

    Args:
        natural: of `stretches`.
        damaged: the same of the damaged texts.
        areas: of `detection` between the two.
        seed: of the intervals.
    """
    energy, surprisal = (Interval.of_row(areas.loc[name], "value") for name in ("energy", "surprisal"))
    gain = detection_gain(natural, damaged, "energy", seed=seed)
    others = ", ".join(f"{name} {area:.3f}" for name, area in areas["value"].items())
    return [
        Entry("mechanics.anomaly.detects", energy, {"surprisal alone": surprisal}, others),
        Entry("mechanics.anomaly.energy", Interval(*map(float, gain)), {"surprisal alone": 0.0}, others),
    ]
