"""The next word as a system in a heat bath: the law of a transformer beside the exact one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from lmphys.pages.grammars.strings import Strings
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.thermo.ensemble import thermodynamics


def exact_log_p(strings: Strings) -> np.ndarray:
    """(rows, W + 1) logarithm of the exact law; -inf for what cannot follow, a level that no temperature reaches."""
    with np.errstate(divide="ignore"):
        return np.log(strings.law.next)


def heated(log_p: np.ndarray, temperatures: Sequence[float] | np.ndarray) -> pd.DataFrame:
    """Mean energy `U` (nats) and heat capacity `C` of the next word at each temperature.

    The energy of a word is its surprise at temperature 1; means are over all prefixes, each as likely as the exact law
    makes it.
    """
    state = thermodynamics(torch.as_tensor(-log_p), temperatures)
    return pd.DataFrame(
        {"U": state.U.mean(1), "C": state.C.mean(1)}, index=pd.Index(np.asarray(temperatures), name="T")
    )


def capacity_ratio(log_p: np.ndarray, strings: Strings, *, seed: int = 0) -> Interval:
    """Mean heat capacity at temperature 1 over that of the exact law, with a 95 % interval over strings."""
    ours, exact = (
        strings.sums(thermodynamics(torch.as_tensor(-each), (1.0,)).C[0]) for each in (log_p, exact_log_p(strings))
    )
    found = bootstrap_chains(lambda weights: (weights @ ours) / (weights @ exact), len(strings), seed=seed)
    return found.map(float)
