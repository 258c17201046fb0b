"""How much of known regimes a fit finds again."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from lmphys.dynamics.evaluate.stability import adjusted_rand, match_regimes
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters, spawn_seeds

_PARAMETERS = ("b", "M", "Sigma", "T")


def recovery_curve(
    separations: Sequence[float],
    *,
    n_regimes: int = 3,
    width: int = 10,
    n_chains: int = 200,
    length: int | tuple[int, int] = 10,
    n_repeats: int = 3,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Fit chains with known regimes and compare with the truth.

    Args:
        separations: of the regimes, see `random_parameters`.
        n_regimes: K, of the truth and of the fit.
        width: D.
        n_chains: C.
        length: states of each chain, or a range.
        n_repeats: draws of the truth, the chains and the starts of the fit, independent of each other; the same at
            all separations.
        seed: of these.
        settings: of the `SLDS`.

    Returns:
        A row for each separation and repeat: `separation`; `repeat`; `ari`, adjusted Rand index of Viterbi regimes
        and the truth; `ari_best`, the same with the true parameters, which no fit can beat on average; and the
        relative errors `b_error`, `M_error`, `Sigma_error` and `T_error`, Frobenius norm of the difference over that
        of the truth, after matching the regimes. `b_error` is NaN at separation 0, where the true offsets are 0.

    Raises:
        LmphysError: as in `random_parameters`, `draw_chains` and `SLDS.fit`.
    """
    rows = []
    for separation, (repeat, of_repeat) in product(separations, enumerate(spawn_seeds(seed, n_repeats))):
        of_truth, of_chains, of_fit = spawn_seeds(of_repeat, 3)
        truth = random_parameters(n_regimes, width, separation=separation, seed=of_truth)
        traj = draw_chains(truth, n_chains, length, seed=of_chains)
        z = traj.sentences["regime"].to_numpy()[traj.sources() + 1]
        model = SLDS(n_regimes, **{"random_state": of_fit, **settings}).fit(traj)
        path = model.viterbi(traj)
        found = model.parameters_.permute(match_regimes(z, path, n_regimes))
        row = {"separation": separation, "repeat": repeat, "ari": adjusted_rand(z, path)}
        row["ari_best"] = adjusted_rand(z, SLDS.from_parameters(truth).viterbi(traj))
        errors = {f"{name}_error": _error(getattr(found, name), getattr(truth, name)) for name in _PARAMETERS}
        rows.append(row | errors)
    return pd.DataFrame(rows)


def _error(found: np.ndarray, true: np.ndarray) -> float:
    """||found - true|| / ||true||; NaN where the truth is 0."""
    norm = np.linalg.norm(true)
    return float(np.linalg.norm(found - true) / norm) if norm else float("nan")
