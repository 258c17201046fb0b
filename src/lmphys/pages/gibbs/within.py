"""Does a score tell the right chains of a question from its wrong ones?"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.retrieval.pool import Pool
from lmphys.stats.bootstrap import bootstrap_chains


class Pairs(NamedTuple):
    """Pairs of a right and a wrong chain of one question, arrays (Q,).

    Attributes:
        won: pairs in which the right chain has the higher score, ties half.
        total: all pairs.
    """

    won: np.ndarray
    total: np.ndarray


def pairs(score: np.ndarray, right: np.ndarray) -> Pairs:
    """Count the pairs of each question.

    Args:
        score: (Q, K), higher where a chain is held to be right.
        right: (Q, K) truths.
    """
    mixed = right[:, :, None] & ~right[:, None, :]
    difference = score[:, :, None] - score[:, None, :]
    won = (mixed * (np.sign(difference) + 1) / 2).sum(axis=(1, 2))
    return Pairs(won, mixed.sum(axis=(1, 2)).astype(float))


def scores_of(pool: Pool) -> dict[str, np.ndarray]:
    """Scores (Q, K) that are meant to be high for right chains, by name; without energies, length alone."""
    brief = {"short (−L)": -pool.n_tokens.astype(float)}
    if not pool.has_energies:
        return brief
    return {
        "low energy (−E)": -pool.energy,
        "−E, length taken out": -_beside(pool.energy, pool.n_tokens),
        "likely chain (−L E)": -pool.energy * pool.n_tokens,
        "low entropy (−H)": -pool.entropy,
        "low sum of H": -pool.entropy * pool.n_tokens,
        "no spike": -pool.spike,
        **brief,
    }


def _beside(score: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What a line through another score, one slope for all questions, leaves of a score within each question."""
    y, x = (a - a.mean(axis=1, keepdims=True) for a in (score, other))
    spread = (x * x).sum()
    return y - x * (x * y).sum() / spread if spread > 0 else y


def discrimination(scores: Mapping[str, np.ndarray], right: np.ndarray, *, seed: int = 0) -> pd.DataFrame:
    """Within-question discrimination of scores, Taubenfeld et al. 2025, with 95 % intervals over questions.

    Args:
        scores: name to (Q, K), see `scores_of`.
        right: (Q, K) truths.
        seed: of the bootstrap.

    Returns:
        A row a score: `value` (share of pairs in which the right chain scores higher, 1/2 for a score that knows
        nothing), `low`, `high`, `pairs`, `questions` (with a pair). NaN where no question has a right and a wrong
        chain; no interval where one has.
    """
    rows = {}
    for name, score in scores.items():
        won, total = pairs(score, right)
        mixed = total > 0
        won, total = won[mixed], total[mixed]
        value, low, high = float(won.sum() / total.sum()) if mixed.any() else np.nan, np.nan, np.nan
        if mixed.sum() > 1:
            found = bootstrap_chains(lambda w, a=won, b=total: (w @ a) / (w @ b), len(won), seed=seed)  # type: ignore[misc]
            low, high = float(found.low), float(found.high)
        rows[name] = {
            "value": value,
            "low": low,
            "high": high,
            "pairs": int(total.sum()),
            "questions": int(mixed.sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def null_discrimination(pool: Pool, *, n: int = 300, seed: int = 0) -> np.ndarray:
    """Discrimination (n,) of energies permuted among the chains of each question; NaN where there are no pairs."""
    rng = np.random.default_rng(seed)
    nulls = [pairs(-pool.permuted(rng).energy, pool.right) for _ in range(n)]
    return np.array([found.won.sum() / found.total.sum() if found.total.any() else np.nan for found in nulls])


def correlation_within(x: np.ndarray, y: np.ndarray) -> float:
    """Correlation of two scores (Q, K) after the mean of each question is taken away; NaN where one is constant."""
    x, y = (a - a.mean(axis=1, keepdims=True) for a in (x, y))
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum() / scale) if scale > 0 else np.nan


def energy_and_length(pool: Pool, *, n_null: int = 300, seed: int = 0) -> pd.Series:
    """What the energy shares with the length, and whether permuted energies discriminate as well.

    Args:
        pool: arrays (Q, K).
        n_null: permutations inside each question.
        seed: of the permutations.

    Returns:
        Numbers by name; NaN where there are no energies, or no chain is right or none wrong.
    """
    known = pool.has_energies and bool(pool.right.any()) and not pool.right.all()
    null = null_discrimination(pool, n=n_null, seed=seed) if known else np.array([np.nan])
    right, wrong = (pool.n_tokens[pool.right == truth].mean() if known else np.nan for truth in (True, False))
    won, total = pairs(-pool.energy, pool.right)
    share = won.sum() / total.sum() if known and total.any() else np.nan
    low, high = np.quantile(null, [0.025, 0.975])
    return pd.Series(
        {
            "correlation of energy and length inside a question": correlation_within(pool.energy, pool.n_tokens),
            "tokens of a right chain": right,
            "tokens of a wrong chain": wrong,
            "−E discriminates in": share,
            "−E permuted inside each question, lower end of 95 %": low,
            "upper end": high,
            "share of permutations that do as well as −E": (null >= share).mean() if known else np.nan,
        }
    )
