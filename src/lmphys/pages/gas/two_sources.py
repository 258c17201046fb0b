"""Two sources mixed: the answer of the mean state beside its fluctuation."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval
from lmphys.thermo.mixing import response_over_fluctuation
from lmphys.thermo.windows import Windows

_DEALINGS = 30


@dataclass(frozen=True, eq=False)
class Mixture:
    """Windows of two sources.

    Attributes:
        ratio: answer over what fluctuations predict.
        dealt: the same with sources dealt out anew: mean over dealings, and 95 % of them.
        along: (W,) place of each window along the direction that parts the means.
        of_second: (W,) whether it is of the second source.
    """

    ratio: Interval
    dealt: Interval
    along: np.ndarray
    of_second: np.ndarray


def mix_two(windows: Windows, first: str, second: str, *, seed: int = 0) -> Mixture:
    """Mix the second source into the first.

    Args:
        windows: that were read; full ones of the two sources are taken.
        first: name of a source.
        second: name of the other.
        seed: of the parts, the dealing and the intervals.
    """
    pair = windows.select((windows.table["source"].isin([first, second]) & windows.table["full"]).to_numpy())
    text = np.unique(pair.table["text"].to_numpy(), return_inverse=True)[1]
    of_second = (pair.table["source"] == second).to_numpy()
    of_text = np.array([of_second[text == i][0] for i in range(int(text.max()) + 1)])
    ratio = response_over_fluctuation(pair.states, of_second, text, seed=seed)
    rng = np.random.default_rng(seed)
    nulls: list[float] = []
    while len(nulls) < _DEALINGS:
        dealt = rng.permutation(of_text)[text]
        with suppress(LmphysError):  # a third without one of the sources; dealt again
            nulls.append(response_over_fluctuation(pair.states, of_second, text, dealt=dealt, seed=seed).value)
    low, high = np.quantile(nulls, [0.025, 0.975])
    null = Interval(float(np.mean(nulls)), float(low), float(high))
    direction = pair.states[of_second].mean(axis=0) - pair.states[~of_second].mean(axis=0)
    return Mixture(ratio, null, pair.states @ (direction / np.linalg.norm(direction)), of_second)
