"""Where the gain of weights 1/E² comes from, how small a gain could be seen, and the same gain counted by pairs."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.pages.gibbs.within import pairs
from lmphys.retrieval.gains import gain_by_ties
from lmphys.retrieval.laws import inverse_power
from lmphys.retrieval.pool import Pool
from lmphys.stats.power import paired_power


class Gain(NamedTuple):
    """Gains of 1/E² over the majority vote, for votes of several of the K chains.

    Attributes:
        by_size: of `gain_by_ties`, indexed by the number of chains from 2, with `visible`, the smallest true gain that
            would be seen, and `needed`, the questions to see the wanted one; empty without energies or with one chain.
        by_question: (Q,) with all chains.
    """

    by_size: pd.DataFrame
    by_question: np.ndarray

    def in_points(self) -> pd.DataFrame:
        """`by_size` with shares as points."""
        return (100 * self.by_size).assign(needed=self.by_size.get("needed"))

    @property
    def n_changed(self) -> int:
        """Questions that all chains decide differently."""
        return int((self.by_question != 0).sum())


def gain_of_weights(pool: Pool, sizes: Sequence[int], wanted: float, *, seed: int = 0) -> Gain:
    """Where the gain of 1/E² comes from.

    Args:
        pool: arrays (Q, K).
        sizes: numbers of chains, 2 to K.
        wanted: a gain of interest, a share.
        seed: of subsets and bootstrap.
    """
    if not (pool.has_energies and pool.n_chains > 1):
        return Gain(pd.DataFrame(), np.zeros(pool.n_questions))
    by_size, by_question = gain_by_ties(pool, inverse_power(2), sizes, seed=seed)
    seen = [paired_power(gain, wanted) for gain in by_question]
    by_size = by_size.assign(visible=[p.visible for p in seen], needed=[p.questions for p in seen])
    return Gain(by_size, by_question[-1])


def gain_of_two_by_pairs(pool: Pool) -> float:
    """Gain of two chains under any law that falls with E, a share, from pairs instead of votes.

    A majority of two decides nothing, so the gain is the share of pairs of a right and a wrong chain times
    (discrimination - 1/2). NaN where there are no energies, or no such pairs.
    """
    won, total = pairs(-pool.energy, pool.right)
    if not pool.has_energies or not total.any():
        return float("nan")
    mixed = total.sum() / (pool.n_questions * math.comb(pool.n_chains, 2))
    return float(mixed * (won.sum() / total.sum() - 0.5))
