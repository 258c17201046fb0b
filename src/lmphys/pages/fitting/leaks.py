"""What a score gains from weights that have seen the target, on chains with regimes and without."""

from collections.abc import Sequence

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.simulation import simulated_surrogates
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.nulls.simulated import student_surrogates
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.interval import Interval

REAL = "real chains"
PERMUTED = "permuted"
GAUSSIAN, STUDENT = "Gaussian surrogates", "Student surrogates"


def without_regimes(
    train: Trajectories, test: Trajectories, *, single: SLDS, seed: int = 0
) -> dict[str, tuple[Trajectories, Trajectories]]:
    """Corpora like the real one that have no regimes.

    In `PERMUTED` the states are permuted over all chains, so that nothing can be predicted. The others are simulated
    from one linear map, with the starts and lengths of the real chains: as much can be predicted as one map knows. The
    noise of `GAUSSIAN` is Gaussian; that of `STUDENT` has the covariance of the map's and the tail of its residuals.

    Args:
        train: chains to fit.
        test: chains of other questions, to score.
        single: one regime, fitted to `train`.
        seed: of permutations and simulations; no two seeds that are more than one apart give a draw in common.
    """
    h, h_next, _ = train.pairs()
    left = h_next - single.parameters_.means(h.astype(float))[0]
    sides = ((seed, train), (seed + 1, test))
    return {
        PERMUTED: tuple(shuffle_chains(part, seed=s) for s, part in sides),  # type: ignore[dict-item]
        GAUSSIAN: tuple(simulated_surrogates(single, part, seed=s) for s, part in sides),  # type: ignore[dict-item]
        STUDENT: tuple(student_surrogates(single, part, left, seed=s) for s, part in sides),  # type: ignore[dict-item]
    }


def leak_table(
    train: Trajectories, test: Trajectories, n_regimes: Sequence[int], *, single: SLDS, seed: int = 0
) -> pd.DataFrame:
    """`leak_curve` on real chains and on the three corpora of `without_regimes`.

    Args:
        train: chains to fit.
        test: chains of other questions, to score.
        n_regimes: the values of K.
        single: one regime, fitted to `train`; it makes the corpora.
        seed: of fits, permutations and simulations.

    Returns:
        The columns of `leak_curve` and, before them, `corpus`: `REAL`, `PERMUTED`, `GAUSSIAN` or `STUDENT`.
    """
    corpora = {REAL: (train, test), **without_regimes(train, test, single=single, seed=seed)}
    curves = {name: leak_curve(a, b, n_regimes, random_state=seed) for name, (a, b) in corpora.items()}
    return pd.concat(curves, names=["corpus", None]).reset_index(level="corpus").reset_index(drop=True)


def null_gains(
    train: Trajectories, test: Trajectories, n_regimes: int, *, single: SLDS, n_draws: int = 3, seed: int = 0
) -> dict[str, Interval]:
    """What K regimes add to the honest forecast of h where there are none: mean and range over draws, by corpus.

    Args:
        train: chains to fit.
        test: chains of other questions, to score.
        n_regimes: K.
        single: one regime, fitted to `train`.
        n_draws: of each corpus.
        seed: of the first draw and the fits.
    """
    found: dict[str, list[float]] = {}
    for draw in range(n_draws):
        for name, parts in without_regimes(train, test, single=single, seed=seed + 2 * draw).items():
            curve = leak_curve(*parts, (1, n_regimes), random_state=seed).set_index(["n_regimes", "weights"])["r2_h"]
            gain = curve.loc[n_regimes, "predictive"] - curve.loc[1, "predictive"]
            found.setdefault(name, []).append(float(gain))
    return {name: Interval(sum(each) / len(each), min(each), max(each)) for name, each in found.items()}
