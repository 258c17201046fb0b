"""One model against several controls, judged by the control that speaks least for the claim."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lmphys.mechanics.balance import Balance, difference
from lmphys.mechanics.paths import Paths


class Comparison(NamedTuple):
    """A model minus its hardest control.

    Attributes:
        value: difference, or log of the ratio.
        interval: 95 % over chains, in pairs.
        rival: name of that control.
        own: the statistic of the model.
        controls: the statistic of every control.
    """

    value: float
    interval: tuple[float, float]
    rival: str
    own: float
    controls: dict[str, float]

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
    return Comparison(float(found.value), (float(found.low), float(found.high)), rival, mine.value(statistic), values)
