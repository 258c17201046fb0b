"""What the page has judged: a trade-off within the model and within random weights, and what training changed."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import CANDIDATES
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, potential_of, speed_of, trade_offs, turning_of
from lmphys.pages.conservation.comparison import against
from lmphys.stats.interval import Interval

_PLACE = ("final_norm", "K/D", "C1")
_TRADE_OFF = "mechanics.random.tradeoff"


class Rule(NamedTuple):
    """How a claim about the model and random weights is read.

    Attributes:
        measure: what is summed up along the chains; `balance_of` stands for C1 after the final norm, per dimension.
        statistic: a method of `Balance`.
        more: the claim is that the model has more of it.
        log: compare by the log of the ratio.
    """

    measure: Callable[[Paths], Balance]
    statistic: Callable[[Balance, np.ndarray], np.ndarray]
    more: bool
    log: bool

    @property
    def of_energy(self) -> bool:
        """Whether it is the energy that is compared."""
        return self.measure is balance_of


RULES = {
    "mechanics.random.steadier": Rule(balance_of, Balance.variation, more=True, log=True),
    _TRADE_OFF: Rule(balance_of, Balance.ratio, more=True, log=False),
    "mechanics.training.energy": Rule(balance_of, Balance.mean, more=False, log=False),
    "mechanics.training.speed": Rule(speed_of, Balance.mean, more=True, log=True),
    "mechanics.training.turning": Rule(turning_of, Balance.mean, more=True, log=False),
}


def entries(own: Paths, random: Mapping[str, Paths], trade: pd.DataFrame, *, seed: int = 0) -> list[Entry]:
    """All rows but that on the alarm.

    Args:
        own: paths of the model.
        random: paths of random weights along the same texts, the first of them for the remarks.
        trade: `trade_offs` of the model.
        seed: of intervals and shuffles.
    """
    blind = next(iter(random.values()))

    def by_candidate(statistic: Callable[[Balance, np.ndarray], np.ndarray]) -> str:
        both = {c.name: [balance_of(paths, c).value(statistic) for paths in (own, blind)] for c in CANDIDATES}
        values = ", ".join(f"{name} {a:.3g} / {b:.3g}" for name, (a, b) in both.items())
        return f"model / random weights: {values}"

    found = {
        claim: against(own, random, rule.measure, rule.statistic, more=rule.more, log=rule.log, seed=seed)
        for claim, rule in RULES.items()
    }
    least = found[_TRADE_OFF].rival
    row, fresh = (table.loc[[_PLACE]].iloc[0] for table in (trade, trade_offs(random[least], seed=seed)))
    rows = [
        _within("mechanics.conservation.tradeoff", row, f"correlation {row['r']:.2f}; {by_candidate(Balance.ratio)}"),
        _within("mechanics.random.conserved", fresh, f"{least}; correlation {fresh['r']:.2f}"),
    ]
    for claim, rule in RULES.items():
        result = found[claim]
        notes = [str(result)]
        if rule.of_energy:
            notes.append(by_candidate(rule.statistic))
        if rule.of_energy and rule.statistic is not Balance.ratio:
            alone = [potential_of(paths).value(rule.statistic) for paths in (own, blind)]
            notes.append("of the potential alone {:.3g} / {:.3g}".format(*alone))
        between = {"between seeds": result.spread} if len(random) > 1 else {}
        rows.append(Entry(claim, result.difference, between, "; ".join(notes)))
    return rows


def _within(claim: str, row: pd.Series, note: str) -> Entry:
    """Whether the terms of one reader trade off: Q against the shuffled null of its own texts."""
    return Entry(claim, Interval.of_row(row, "ratio"), {"shuffled positions, lower end": row["null_low"]}, note)
