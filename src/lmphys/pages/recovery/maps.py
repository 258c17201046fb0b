"""How well implanted regimes are found again, and the most that they are worth to a forecast."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.stability import adjusted_rand
from lmphys.dynamics.nulls.implanted import (
    Along,
    Differ,
    implant,
    implanted_chains,
    independent_seeds,
    innovations_of,
)
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.regression import pooled_r2

Noise = Literal["gaussian", "real"]


def recovery_map(
    traj: Trajectories,
    separations: Sequence[float],
    sizes: Sequence[tuple[int, int | None]],
    *,
    n_regimes: int = 4,
    differ: Differ = "offset",
    along: Along = "loud",
    stay: float = 0.8,
    noise: Noise = "gaussian",
    n_repeats: int = 1,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Fit corpora with implanted regimes, of several sizes, and score the fit on fresh chains of the same truth.

    Args:
        traj: real chains in the coordinates of the fit: they give map, noise, starts and lengths.
        separations: see `implant`.
        sizes: pairs of a number of chains and their length in states; None for the lengths of the real ones.
        n_regimes: K, of the truth and of the fit.
        differ: what the regimes differ in.
        along: directions in which they do.
        stay: probability to stay in a regime.
        noise: "gaussian", or drawn from the "real" residuals of one map.
        n_repeats: draws of directions, chains and starts, the same at all separations and sizes.
        seed: of these.
        settings: of the `SLDS` of K regimes.

    Returns:
        A row for each repeat, separation and size: `separation`, `n_chains`, `length` (0 for the real ones), `repeat`;
        on fresh chains as many and as long as the real ones (or of that length): `ari`, adjusted Rand index of Viterbi
        regimes and truth, `ari_best`, the same with the true parameters, and `gain`, R^2 of the honest forecast of
        h_{t+1} minus that of one map fitted to the same chains.
    """
    base = SLDS(1).fit(traj).parameters_
    kicks = innovations_of(noise, base, traj)
    rows = []
    for repeat, of_repeat in enumerate(independent_seeds(seed, n_repeats)):
        of_truth, of_train, of_test, of_fit = independent_seeds(of_repeat, 4)
        for separation in separations:
            truth = implant(
                base, traj, n_regimes, separation=separation, differ=differ, along=along, stay=stay, seed=of_truth
            )  # fmt: skip
            for n_chains, length in sizes:
                train = implanted_chains(
                    truth, traj, n_chains=n_chains, length=length, innovations=kicks, seed=of_train
                )
                test = implanted_chains(truth, traj, length=length, innovations=kicks, seed=of_test)
                model = SLDS(n_regimes, **{"random_state": of_fit, **settings}).fit(train)
                z = test.sentences["regime"].to_numpy()[test.sources() + 1]
                rows.append(
                    {
                        "separation": separation,
                        "n_chains": n_chains,
                        "length": length or 0,
                        "repeat": repeat,
                        "ari": adjusted_rand(z, model.viterbi(test)),
                        "ari_best": adjusted_rand(z, SLDS.from_parameters(truth).viterbi(test)),
                        "gain": _r2(model, test) - _r2(SLDS(1).fit(train), test),
                    }
                )
    return pd.DataFrame(rows)


def recovery_ceiling(
    traj: Trajectories,
    separations: Sequence[float],
    stays: Sequence[float],
    *,
    n_regimes: int = 4,
    differ: Differ = "offset",
    along: Along = "loud",
    n_chains: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """What nobody can beat: the true parameters on fresh chains, by separation and by how long regimes last.

    Args:
        traj: as in `recovery_map`.
        separations: of the regimes.
        stays: probabilities to stay in a regime; 1 / n_regimes is no memory.
        n_regimes: K.
        differ: what the regimes differ in.
        along: directions in which they do.
        n_chains: of the corpora, Gaussian noise, lengths of the real ones.
        seed: of directions and chains.

    Returns:
        A row each: `separation`, `stay`, `ari`, and `gain`, R^2 of the honest forecast with the true parameters minus
        that of one map fitted to as many other chains.
    """
    base = SLDS(1).fit(traj).parameters_
    of_truth, of_train, of_test = independent_seeds(seed, 3)
    rows = []
    for stay in stays:
        for separation in separations:
            truth = implant(
                base, traj, n_regimes, separation=separation, differ=differ, along=along, stay=stay, seed=of_truth
            )  # fmt: skip
            train, test = (implanted_chains(truth, traj, n_chains=n_chains, seed=s) for s in (of_train, of_test))
            model = SLDS.from_parameters(truth)
            z = test.sentences["regime"].to_numpy()[test.sources() + 1]
            row = {"separation": separation, "stay": stay, "ari": adjusted_rand(z, model.viterbi(test))}
            rows.append(row | {"gain": _r2(model, test) - _r2(SLDS(1).fit(train), test)})
    return pd.DataFrame(rows)


def chain_counts(traj: Trajectories, shares: Sequence[float] = (0.125, 0.25, 0.5, 1, 2)) -> list[tuple[int, None]]:
    """Sizes for `recovery_map`: shares of the number of real chains, at least 8, of the real lengths."""
    return [(max(8, round(len(traj) * share)), None) for share in shares]


def cuts(traj: Trajectories, lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Sizes for `recovery_map` with the real number of steps, cut into chains of each length, at least 8 of them."""
    return [(max(8, traj.n_transitions // (length - 1)), length) for length in lengths]


def found_from(table: pd.DataFrame, n_chains: int, level: float = 0.5) -> float:
    """Separation from which on regimes are found better than a level, by linear interpolation; NaN where nowhere.

    Args:
        table: of `recovery_map`.
        n_chains: whose row of the map is followed.
        level: of the adjusted Rand index.
    """
    row = table[table["n_chains"] == n_chains].set_index("separation")["ari"].sort_index()
    return float(np.interp(level, row.cummax(), row.index)) if row.max() > level else np.nan


def _r2(model: SLDS, traj: Trajectories) -> float:
    return pooled_r2(traj.pairs()[1].astype(np.float64), model.forecasts(traj)["predictive"])
