"""What a model without a drift that depends on the state loses, on real chains and on chains that lack such a drift."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.simulation import simulated_surrogates
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.slds.estimator import SLDS


def without_drift(parts: Sequence[Trajectories], *, seed: int) -> dict[str, list[Trajectories]]:
    """Chains like those of `parts` in which no drift depends on the state.

    Args:
        parts: chains to fit, and then others, of one width.
        seed: of the draws; the number of the part is added to it.

    Returns:
        `random walks`, simulated with the mean step and the noise of the first part; and `permuted`, the same states
        dealt to all places of all chains, which have no dynamics at all.
    """
    walk = SLDS(1, drift="none").fit(parts[0])
    return {
        "random walks": [simulated_surrogates(walk, part, seed=seed + i) for i, part in enumerate(parts)],
        "permuted": [shuffle_chains(part, seed=seed + i) for i, part in enumerate(parts)],
    }


def drift_losses(
    scores: Mapping[str, pd.DataFrame],
    lacking: Mapping[str, Sequence[Trajectories]],
    *,
    n_regimes: int,
    seed: int,
) -> pd.DataFrame:
    """R^2 of h in k coordinates with and without M_j, and what weights that have seen the target add.

    Args:
        scores: corpus to its `Ablation.scores`.
        lacking: corpus to its chains to fit and to score, as `without_drift` gives them.
        n_regimes: K.
        seed: of the starts.

    Returns:
        Indexed by corpus: `full, honest` and `without, honest`, the forecasts of the full model and of that with
        M_j = 0; `full, target seen`; `drop`, without minus full; `leak`, seen minus honest.
    """
    tables = {
        name: table["r2"].xs(("k", "h"), level=("space", "target")).unstack("model") for name, table in scores.items()
    }
    drifts = {"full model": "switching", "no state drift": "none"}
    for name, (fit, held_out) in lacking.items():
        curves = {
            row: leak_curve(fit, held_out, (n_regimes,), drift=drift, n_init=2, random_state=seed)
            for row, drift in drifts.items()
        }
        tables[name] = pd.DataFrame({row: curve.set_index("weights")["r2_h"] for row, curve in curves.items()})
    rows = {
        name: {
            "full, honest": table.loc["predictive", "full model"],
            "without, honest": table.loc["predictive", "no state drift"],
            "full, target seen": table.loc["filtered_after_update", "full model"],
        }
        for name, table in tables.items()
    }
    found = pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("corpus")
    return found.assign(
        drop=found["without, honest"] - found["full, honest"], leak=found["full, target seen"] - found["full, honest"]
    )
