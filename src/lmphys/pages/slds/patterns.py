"""Which definition of R^2 gives the paper's table, and whether chains without regimes give it as well."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.pages.slds.ablation import DEFINITIONS, TABLE, Ablation
from lmphys.stats.bootstrap import bootstrap_chains, chain_weights
from lmphys.stats.interval import Interval

# Share of the resampled corpora in which the rows must stand in the paper's order to be said to be in it.
IN_ORDER = 0.95


def compare_patterns(
    real: Ablation, null: Ablation, paper: Mapping[str, float], *, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """Which definition gives the rows of the paper's table, and whether chains without regimes give them as well.

    Args:
        real: of real chains.
        null: of chains that have no regimes (`Ablation.surrogates`).
        paper: R^2 of each row of `TABLE`.
        n_bootstrap: replicates over the test questions of each; the fits are given.
        seed: of the resampling.

    Returns:
        Indexed by space, target and weights. `rms`, the root mean square distance of the rows from the paper's,
        and `tau`, Kendall's rank correlation with them: 1 for the paper's order, -1 for its reverse; both also of the
        null, `null_rms` and `null_tau`. `excess`, the distance of the real chains minus that of the null; below
        0 the real chains come closer. `rms`, `null_rms` and `excess` have 95 % intervals, `..._low`, `..._high`.
        `order` and `null_order`, the share of replicates in the paper's order.

    Raises:
        LmphysError: a row of the paper is missing, or there are fewer than two chains.
    """
    missing = [name for name in TABLE if name not in paper]
    if missing:
        raise LmphysError(f"the paper's table lacks {', '.join(missing)}: give a number for each of {', '.join(TABLE)}")
    wanted = np.array([paper[name] for name in TABLE])
    columns: dict[str, np.ndarray] = {}
    replicates = {}
    for i, (name, ablation) in enumerate((("", real), ("null_", null))):
        n_questions = int(ablation.question.max()) + 1
        weights = chain_weights(n_questions, n_bootstrap, seed + i)[:, ablation.question]
        r2 = ablation.r2(np.vstack([np.ones(ablation.n_chains), weights]))[:, : len(TABLE)]
        rms = np.sqrt(((r2 - wanted[:, None]) ** 2).mean(axis=1))
        tau = _kendall(r2, wanted)
        columns |= {f"{name}rms": rms[0], f"{name}tau": tau[0], f"{name}order": (tau[1:] > 1 - 1e-9).mean(axis=0)}
        replicates[f"{name}rms"] = rms[1:]
    columns["excess"] = columns["rms"] - columns["null_rms"]
    replicates["excess"] = replicates["rms"] - replicates["null_rms"]
    for name, values in replicates.items():
        columns[f"{name}_low"], columns[f"{name}_high"] = np.quantile(values, [0.025, 0.975], axis=0)
    return pd.DataFrame(columns, index=DEFINITIONS)


def nll_order(ablation: Ablation, paper: Mapping[str, float], *, n_bootstrap: int = 500, seed: int = 0) -> Interval:
    """Kendall's rank correlation of the negative log-likelihoods of `TABLE` with the paper's, 95 % over questions.

    Args:
        ablation: with all models of `TABLE`.
        paper: negative log-likelihood of each row.
        n_bootstrap: replicates over the test questions; the fits are given.
        seed: of the resampling.
    """
    wanted = np.array([paper[name] for name in TABLE])
    surprise = ablation.surprise[: len(TABLE)].T  # all models see the same steps, so that sums have the order of means

    def statistic(weights: np.ndarray) -> np.ndarray:
        return _kendall((weights[:, ablation.question] @ surprise)[:, :, None], wanted)[:, 0]

    found = bootstrap_chains(statistic, int(ablation.question.max()) + 1, n_bootstrap=n_bootstrap, seed=seed)
    return Interval(*map(float, found))


def describe_patterns(pattern: pd.DataFrame) -> pd.Series:
    """What `compare_patterns` found, in words: the closest definition, and how many have the paper's pattern."""
    best = pattern.iloc[int(pattern["rms"].argmin())]
    nearer = pattern[pattern["excess_high"] < 0]
    found = {
        "closest definition": _named(best.name),
        "its distance from the paper": f"{best.rms:.3f}",
        "the same, surrogates of one map": f"{best.null_rms:.3f}",
        "real chains minus surrogates": f"{best.excess:+.3f} [{best.excess_low:+.3f}, {best.excess_high:+.3f}]",
        "definitions in which the real chains are closer": f"{len(nearer)} of {len(pattern)}"
        + "".join(f"; {_named(where)}" for where in nearer.index),
    }
    for name, column in {"real chains": "order", "surrogates of one map": "null_order"}.items():
        weights = pattern.index[pattern[column] >= IN_ORDER].get_level_values("weights")
        honest = (weights == "predictive").sum()
        found[f"in the paper's order, {name}"] = f"{len(weights)} definitions, {honest} of them by the honest forecast"
    return pd.Series(found, name="found")


def _named(definition: Any) -> str:
    """Space, target and weights in one text."""
    return ", ".join(definition)


def _kendall(r2: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Mean agreement of the order of pairs of rows, (R, definitions), from (R, rows, definitions)."""
    i, j = np.triu_indices(len(wanted), 1)
    return np.mean(np.sign(r2[:, i] - r2[:, j]) * np.sign(wanted[i] - wanted[j])[:, None], axis=1)
