"""What a score gains from weights that have seen the target, on chains with regimes and without."""

from collections.abc import Sequence

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.simulation import simulated_surrogates
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.slds.estimator import SLDS

REAL = "real chains"
PERMUTED = "permuted"
SINGLE = "simulated, one regime"


def leak_table(
    train: Trajectories, test: Trajectories, n_regimes: Sequence[int], *, single: SLDS, seed: int = 0
) -> pd.DataFrame:
    """`leak_curve` on real chains and on two corpora without regimes.

    In the first the states are permuted over all chains, so that nothing can be predicted. The second is simulated from
    one linear map, with the starts and lengths of the real chains: as much can be predicted as one map knows.

    Args:
        train: chains to fit.
        test: chains of other questions, to score.
        n_regimes: the values of K.
        single: one regime, fitted to `train`; it makes the second corpus.
        seed: of fits, permutations and simulations.

    Returns:
        The columns of `leak_curve` and, before them, `corpus`: `REAL`, `PERMUTED` or `SINGLE`.
    """
    corpora = {
        REAL: (train, test),
        PERMUTED: (shuffle_chains(train, seed=seed), shuffle_chains(test, seed=seed + 1)),
        SINGLE: (simulated_surrogates(single, train, seed=seed), simulated_surrogates(single, test, seed=seed + 1)),
    }
    curves = {name: leak_curve(a, b, n_regimes, random_state=seed) for name, (a, b) in corpora.items()}
    return pd.concat(curves, names=["corpus", None]).reset_index(level="corpus").reset_index(drop=True)
