"""What a model without a drift that depends on the state loses, on real chains and on chains that lack such a drift."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.simulation import simulated_surrogates
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.slds.estimator import SLDS


def without_drift(parts: Sequence[Trajectories], *, n_draws: int = 3, seed: int) -> dict[str, list[list[Trajectories]]]:
    """Chains like those of `parts` in which no drift depends on the state.

    Args:
        parts: chains to fit, and then others, of one width.
        n_draws: of each kind.
        seed: of the draws.

    Returns:
        A list of draws, with all parts each, for two kinds: `random walks`, simulated with the mean step and the noise
        of the first part; and `permuted`, the same states dealt to all places of all chains, which have no dynamics at
        all.
    """
    walk = SLDS(1, drift="none").fit(parts[0])
    numbered = [[(seed + draw * len(parts) + i, part) for i, part in enumerate(parts)] for draw in range(n_draws)]
    return {
        "random walks": [[simulated_surrogates(walk, part, seed=s) for s, part in draw] for draw in numbered],
        "permuted": [[shuffle_chains(part, seed=s) for s, part in draw] for draw in numbered],
    }


def drift_losses(
    scores: Mapping[str, pd.DataFrame],
    lacking: Mapping[str, Sequence[Sequence[Trajectories]]],
    *,
    n_regimes: int,
    seed: int,
) -> pd.DataFrame:
    """R^2 of h in k coordinates with and without M_j, and what weights that have seen the target add.

    Args:
        scores: corpus to its `Ablation.scores`.
        lacking: corpus to draws of its chains to fit and to score, as `without_drift` gives them.
        n_regimes: K.
        seed: of the starts.

    Returns:
        Indexed by corpus: `full, honest` and `without, honest`, the forecasts of the full model and of that with
        M_j = 0; `full, target seen`; `drop`, without minus full; `leak`, seen minus honest; means over draws, with
        `drop_low` and `drop_high`, the least and the greatest drop of a draw (NaN where there are no draws).
    """
    kept = {
        name: [table["r2"].xs(("k", "h"), level=("space", "target")).unstack("model")] for name, table in scores.items()
    }
    kept |= {name: [_both(a, b, n_regimes, seed) for a, b in draws] for name, draws in lacking.items()}
    rows = {}
    for name, tables in kept.items():
        each = pd.DataFrame([_honest_and_seen(table) for table in tables])
        drops = each["drop"] if len(each) > 1 else pd.Series([float("nan")])
        rows[name] = {**each.mean().to_dict(), "drop_low": drops.min(), "drop_high": drops.max()}
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("corpus")


def _both(fit: Trajectories, held_out: Trajectories, n_regimes: int, seed: int) -> pd.DataFrame:
    """R^2 of h by weights, with and without M_j."""
    drifts = {"full model": "switching", "no state drift": "none"}
    curves = {
        row: leak_curve(fit, held_out, (n_regimes,), drift=drift, n_init=2, random_state=seed)
        for row, drift in drifts.items()
    }
    return pd.DataFrame({row: curve.set_index("weights")["r2_h"] for row, curve in curves.items()})


def _honest_and_seen(table: pd.DataFrame) -> dict[str, float]:
    full, without = (table[name]["predictive"] for name in ("full model", "no state drift"))
    seen = table["full model"]["filtered_after_update"]
    return {
        "full, honest": full,
        "without, honest": without,
        "full, target seen": seen,
        "drop": without - full,
        "leak": seen - full,
    }
