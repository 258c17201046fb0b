"""A positive control at the headline's size: regimes of a stated worth, planted, and looked for as on real chains."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from lmphys.book import Entry
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.implanted import implant, implant_maps, implanted_chains
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.pages.recovery.maps import independent_seeds, innovations_of
from lmphys.stats.interval import Interval
from lmphys.stats.regression import pooled_r2, r2_gain

# What regimes differ in, and the noise: name -> both.
PLANTED = {
    f"{differ}, {noise} noise": (differ, noise) for differ in ("offset", "map") for noise in ("gaussian", "real")
}
_WIDEST = 12.0  # sd; offsets that are farther apart explain hardly more
_MOST = 0.8  # share of the residual that maps of their own may explain


def planted_parameters(
    traj: Trajectories, differ: str, *, n_regimes: int, worth: float, stay: float, seed: int
) -> SLDSParameters:
    """Regimes in the geometry of real chains that are worth a stated gain in R², or as much of it as their kind allows.

    A forecast that always recognises the regime of the step before gains share (1 - R²) f over one map, with `share`
    that of the residual which the known regime explains, R² that of the map, and f = ((K stay - 1) / (K - 1))² what
    the chain of regimes remembers from one step to the next. The share follows from that. Offsets, along the K - 1
    loudest directions of the noise, can explain no more than these hold of it.

    Args:
        traj: real chains in the coordinates of the fit.
        differ: "offset", or "map" (`implant_maps`).
        n_regimes: K.
        worth: gain in R² of h.
        stay: probability to stay in a regime.
        seed: of the directions.
    """
    base = SLDS(1).fit(traj).parameters_
    K, noise = n_regimes, base.Sigma[0]
    spread = float(traj.pairs()[1].astype(np.float64).var(axis=0).sum())
    memory = ((K * stay - 1) / (K - 1)) ** 2
    share = worth / (memory * float(np.trace(noise)) / spread)
    if differ == "map":
        return implant_maps(base, traj, K, share=min(share, _MOST), stay=stay, seed=seed)
    loud = np.linalg.eigvalsh(noise)[::-1][: K - 1].sum() / np.trace(noise)
    left = max(1 - share / loud, 1 / (1 + _WIDEST**2 / (2 * K)))  # share of the loud directions that stays noise
    return implant(base, traj, K, separation=float(np.sqrt(2 * K * (1 / left - 1))), stay=stay, seed=seed)


def positive_control(
    traj: Trajectories,
    kinds: Iterable[str] = tuple(PLANTED),
    *,
    n_regimes: int = 4,
    worth: float = 0.17,
    stay: float = 0.95,
    n_transitions: int | None = None,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Chains with planted regimes, split, fitted and scored as the real ones are.

    Args:
        traj: real chains in the coordinates of the fit.
        kinds: names of `PLANTED`.
        n_regimes: K, planted and fitted.
        worth: of the regimes, see `planted_parameters`.
        stay: probability to stay in a regime.
        n_transitions: of the corpora, about; None: the chains that there are, with their starts and lengths.
        seed: of all draws.
        settings: of the `SLDS` of K regimes.

    Returns:
        A row a kind, in R² of h on the chains that are not fitted, over one map: `worth`, what the true parameters
        gain; `gain` of the honest forecast of the fit, with `low` and `high` (95 %, over questions, or over chains
        where these are drawn anew); and what weights that have seen the target gain, `target seen` and `oracle`.
    """
    rows = {}
    for kind in kinds:
        differ, noise = PLANTED[kind]
        of_truth, of_train, of_test, of_fit = independent_seeds(seed, 4)
        truth = planted_parameters(traj, differ, n_regimes=n_regimes, worth=worth, stay=stay, seed=of_truth)
        kicks = innovations_of(noise, SLDS(1).fit(traj).parameters_, traj)
        parts = []
        for part, of_part, fraction in zip(traj.split(0.7, seed=seed), (of_train, of_test), (0.7, 0.3), strict=True):
            number = None
            if n_transitions is not None:
                number = round(fraction * n_transitions * len(part) / part.n_transitions)
            made = implanted_chains(truth, part, n_chains=number, innovations=kicks, seed=of_part)
            if number is not None:
                made.chains["question_id"] = np.arange(len(made))
            parts.append(made)
        train, test = parts
        found = SLDS(n_regimes, **{"random_state": of_fit, **settings}).fit(train).forecasts(test)
        one_map = SLDS(1).fit(train).forecasts(test)["predictive"]
        h_next = test.pairs()[1].astype(np.float64)
        base = pooled_r2(h_next, one_map)
        gain = r2_gain(test, found["predictive"], one_map, seed=seed)
        best = SLDS.from_parameters(truth).forecasts(test)["predictive"]
        rows[kind] = {
            "worth": pooled_r2(h_next, best) - base,
            **{end: float(x) for end, x in zip(("gain", "low", "high"), gain, strict=True)},
            "target seen": pooled_r2(h_next, found["filtered_after_update"]) - base,
            "oracle": pooled_r2(h_next, found["oracle"]) - base,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("planted")


def positive_entry(claim: str, table: pd.DataFrame, note: str) -> Entry:
    """Whether planted regimes are seen, for each kind of them.

    Args:
        claim: of the row.
        table: of `positive_control`, two kinds or more.
        note: on the size.
    """
    worth = ", ".join(f"{kind} {row.worth:.2f}" for kind, row in table.iterrows())
    found = {str(kind): Interval.of_row(row, "gain") for kind, row in table.iterrows()}
    return Entry(claim, found, note=f"{note}; worth to the true parameters: {worth}")
