"""One model against several controls, judged by the control that speaks least for the claim."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.mechanics.balance import Balance, difference, shifted_correlations
from lmphys.mechanics.energies import CANDIDATES, Candidate
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import SITES, balance_of
from lmphys.stats.interval import Interval


class Comparison(NamedTuple):
    """A model minus its hardest control.

    Attributes:
        difference: model minus control, or log of the ratio, with 95 % over chains, in pairs.
        rival: name of that control.
        own: the statistic of the model.
        controls: the statistic of every control.
        spread: largest difference, or log of the ratio, between two controls, with the sign of the claim; 0 for one.
    """

    difference: Interval
    rival: str
    own: float
    controls: dict[str, float]
    spread: float

    def __str__(self) -> str:
        return f"model {self.own:.3g}, random weights {', '.join(f'{x:.3g}' for x in self.controls.values())}"


def against(
    own: Paths,
    controls: Mapping[str, Paths],
    measure: Callable[[Paths], Balance],
    statistic: Callable[[Balance, np.ndarray], np.ndarray],
    *,
    more: bool,
    log: bool = False,
    seed: int = 0,
) -> Comparison:
    """Compare a statistic of the model's paths with that of the control that is hardest to beat.

    Args:
        own: of the model.
        controls: name -> paths along the same texts.
        measure: what is summed up, such as `speed_of`.
        statistic: a method of `Balance`.
        more: the claim is that the model has more of it, so the control with the most is the hardest; else the least.
        log: compare by the log of the ratio.
        seed: of the interval.
    """
    balances = {name: measure(paths) for name, paths in controls.items()}
    values = {name: balance.value(statistic) for name, balance in balances.items()}
    rival = (max if more else min)(values, key=lambda name: values[name])
    mine = measure(own)
    found = difference(mine, balances[rival], statistic, log=log, seed=seed)
    least, most = min(values.values()), max(values.values())
    spread = float(np.log(most / least)) if log else most - least
    return Comparison(
        Interval(*map(float, found)),
        rival,
        mine.value(statistic),
        values,
        spread if more else -spread,
    )


def readings(own: Paths, controls: Mapping[str, Paths], *, n_shifts: int = 100, seed: int = 0) -> pd.DataFrame:
    """Which claims hold under which reading of "energy", each against its hardest control.

    A claim holds where the whole interval of its effect has the claimed sign, as in the ledger.

    Returns:
        A row for each site, candidate, scale of K (it shifts C3 and C4 alone, in all models alike, so that they have
        one row) and place of the potential, at the `start` of the step or at its `end`. Boolean columns: `trades off`
        (correlation of the terms below zero and below the 2.5 % point of circular shifts), `random steadier` (by the
        coefficient of variation), `random trades off more` (by the correlation) and `training lowers the mean`.
    """
    rows = {}
    for site in SITES:
        for candidate in CANDIDATES:
            for scale in ("K/D", "K") if candidate in CANDIDATES[:2] else ("K/D",):
                for place in ("start", "end"):
                    options = {"per_dimension": scale == "K/D", "arriving": place == "end"}
                    rows[site, candidate.name, scale, place] = _reading(
                        own, controls, candidate, site, options, n_shifts, seed
                    )
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["site", "energy", "scale", "potential"])


def _reading(
    own: Paths,
    controls: Mapping[str, Paths],
    candidate: Candidate,
    site: str,
    options: dict[str, bool],
    n_shifts: int,
    seed: int,
) -> dict[str, bool]:
    def measure(paths: Paths) -> Balance:
        return balance_of(paths, candidate, site, **options)

    motion = own.motion(site, **options)
    null = shifted_correlations(*candidate.terms(motion), motion.chain, n_shifts=n_shifts, seed=seed)
    tie = measure(own).interval(Balance.correlation, seed=seed)
    steadier = against(own, controls, measure, Balance.variation, more=True, log=True, seed=seed)
    tighter = against(own, controls, measure, Balance.correlation, more=True, seed=seed)
    lower = against(own, controls, measure, Balance.mean, more=False, seed=seed)
    return {
        "trades off": bool(tie.high < min(0.0, np.quantile(null, 0.025))),
        "random steadier": bool(steadier.difference.low > 0),
        "random trades off more": bool(tighter.difference.low > 0),
        "training lowers the mean": bool(lower.difference.high < 0),
    }


def count_readings(readings: pd.DataFrame) -> pd.DataFrame:
    """In how many of its readings each candidate bears a claim out, as "3 of 8": a row an energy, a column a claim."""
    groups = readings.groupby("energy")
    return groups.sum().astype(str).apply(lambda counts: counts + " of " + groups.size().astype(str))
