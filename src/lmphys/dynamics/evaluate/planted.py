"""A positive control at the headline's size: regimes of a stated worth, planted, and looked for as on real chains."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.implanted import (
    implant,
    implant_maps,
    implanted_chains,
    independent_seeds,
    innovations_of,
)
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.stats.regression import pooled_r2, r2_gain

# What regimes differ in, and the noise: name -> both.
PLANTED = {
    f"{differ}, {noise} noise": (differ, noise) for differ in ("offset", "map") for noise in ("gaussian", "real")
}
_WIDEST = 12.0  # sd; offsets that are farther apart explain hardly more
_MOST = 0.9  # share of the residual that maps of their own may explain
_DIALS = np.linspace(0, 1, 9)  # of either


def planted_parameters(
    traj: Trajectories,
    differ: str,
    *,
    n_regimes: int,
    worth: float,
    stay: float,
    n_chains: int = 600,
    seed: int = 0,
) -> SLDSParameters:
    """Regimes in the geometry of real chains that are worth a stated gain in R², or as much of it as their kind allows.

    Offsets lie along the K - 1 loudest directions of the noise, maps in all (`implant_maps`). How far regimes differ is
    a dial; at several of its marks the forecast with the true parameters is set beside one map, on fresh chains. There
    is no short cut: regimes that last leave a trace in the state, from which one map profits too. The dial is then set
    where the gain first reaches the wanted one, between marks on a straight line, or else where the gain is greatest.

    Args:
        traj: real chains in the coordinates of the fit.
        differ: "offset" or "map".
        n_regimes: K.
        worth: gain in R² of h.
        stay: probability to stay in a regime.
        n_chains: fresh chains at each mark, to fit one map and as many to score.
        seed: of the directions and the chains.
    """
    base = SLDS(1).fit(traj).parameters_
    of_truth, of_train, of_test = independent_seeds(seed, 3)

    def made(dial: float) -> SLDSParameters:
        if differ == "map":
            return implant_maps(base, traj, n_regimes, share=dial * _MOST, stay=stay, seed=of_truth)
        return implant(base, traj, n_regimes, separation=dial * _WIDEST, stay=stay, seed=of_truth)

    if worth <= 0:
        return made(0.0)
    gains = [0.0]  # without any difference
    for dial in _DIALS[1:]:
        truth = made(float(dial))
        train, test = (implanted_chains(truth, traj, n_chains=n_chains, seed=s) for s in (of_train, of_test))
        models = SLDS.from_parameters(truth), SLDS(1).fit(train)
        r2 = [pooled_r2(test.pairs()[1].astype(np.float64), m.forecasts(test)["predictive"]) for m in models]
        gains.append(r2[0] - r2[1])
        if gains[-1] >= worth:
            break
    if gains[-1] < worth:
        return made(float(_DIALS[int(np.argmax(gains))]))
    return made(float(np.interp(worth, gains[-2:], _DIALS[len(gains) - 2 : len(gains)])))


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
