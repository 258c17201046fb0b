"""Tables of all candidates, for one model."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.mechanics.balance import Balance, shifted_correlations
from lmphys.mechanics.energies import C1, CANDIDATES, Candidate
from lmphys.mechanics.paths import Paths

SITES = ("final_norm", "resid_post")


def balance_of(
    paths: Paths,
    candidate: Candidate = C1,
    site: str = "final_norm",
    *,
    lag: int = 1,
    per_dimension: bool = True,
    arriving: bool = False,
) -> Balance:
    """Balance of the two terms of a candidate along paths; the options are those of `Paths.motion`."""
    motion = paths.motion(site, lag=lag, per_dimension=per_dimension, arriving=arriving)
    return Balance.of(*candidate.terms(motion), motion.chain)


def steadiness(paths: Paths, site: str = "final_norm", *, per_dimension: bool = True) -> pd.DataFrame:
    """Mean, standard deviation and coefficient of variation within chains of each energy and of its terms alone.

    Returns:
        Columns `mean`, `sd`, `variation` (of the energy), `of K`, `of U` (coefficients of variation of the terms
        alone) and `over U` (sd of the energy over that of the potential term); index the candidates.
    """
    motion = paths.motion(site, per_dimension=per_dimension)
    rows = {}
    for candidate in CANDIDATES:
        k, u = candidate.terms(motion)
        nothing = np.zeros_like(k)
        balance = Balance.of(k, u, motion.chain)
        rows[candidate.name] = {
            "mean": balance.value(Balance.mean),
            "sd": balance.value(Balance.sd),
            "variation": balance.value(Balance.variation),
            "of K": Balance.of(k, nothing, motion.chain).value(Balance.variation),
            "of U": Balance.of(nothing, u, motion.chain).value(Balance.variation),
            "over U": balance.value(Balance.over_potential),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("energy")


def trade_offs(paths: Paths, *, sites: Sequence[str] = SITES, n_shifts: int = 200, seed: int = 0) -> pd.DataFrame:
    """How far the terms of every candidate trade off: their correlation, which no scale of K can change, and its null.

    Returns:
        A row for each site and candidate: `r`, correlation of the terms within chains, with `low` and `high`; `null`,
        `null_low` and `null_high`, mean and 95 % range of it under `shifted_correlations`; `Q` and `Q, K as it is`,
        Var(K + U) / (Var K + Var U) with K over D and without; `left`, share of Var U that is left at the best mass.
    """
    rows = {}
    for site in sites:
        motion, as_it_is = (paths.motion(site, per_dimension=per_dimension) for per_dimension in (True, False))
        for candidate in CANDIDATES:
            k, u = candidate.terms(motion)
            balance = Balance.of(k, u, motion.chain)
            r = balance.interval(Balance.correlation, seed=seed)
            null = shifted_correlations(k, u, motion.chain, n_shifts=n_shifts, seed=seed)
            low, high = np.quantile(null, [0.025, 0.975])
            rows[site, candidate.name] = {
                "r": float(r.value),
                "low": float(r.low),
                "high": float(r.high),
                "null": null.mean(),
                "null_low": low,
                "null_high": high,
                "Q": balance.value(Balance.ratio),
                "Q, K as it is": Balance.of(*candidate.terms(as_it_is), as_it_is.chain).value(Balance.ratio),
                "left": balance.value(Balance.left_at_best_mass),
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["site", "energy"])


def speed_of(paths: Paths, site: str = "final_norm", *, per_dimension: bool = True) -> Balance:
    """Balance of the kinetic energy ½‖v‖² alone."""
    motion = paths.motion(site, per_dimension=per_dimension)
    return Balance.of(motion.kinetic, np.zeros_like(motion.kinetic), motion.chain)


def potential_of(paths: Paths) -> Balance:
    """Balance of log PP alone, the potential of C1."""
    motion = paths.motion()
    return Balance.of(np.zeros_like(motion.log_pp), motion.log_pp, motion.chain)


def turning_of(paths: Paths, site: str = "final_norm") -> Balance:
    """Balance of 1 - cos of the angle between successive states, which no change of scale can alter."""
    motion = paths.motion(site)
    return Balance.of(motion.turn, np.zeros_like(motion.turn), motion.chain)
