"""Gains of 1/E² over the majority vote in the mean over subsets of the chains, as in the paper's Fig. 2, and its nulls.

All chains are one subset, in which a question is tied or not; fewer chains are a mean over many, and tell more.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lmphys.pages.gibbs.ways import EXCHANGED, PERMUTED
from lmphys.retrieval.laws import inverse_power, uniform
from lmphys.retrieval.pool import Pool, subsets
from lmphys.retrieval.votes import vote

# Numbers of chains of the paper's Fig. 2 with more than one subset of twelve.
SIZES = (2, 4, 6, 8, 10)


class SubsetGains(NamedTuple):
    """Gains by question, (Q,), mean over subsets and sizes: of the weights, and of each null, mean over its draws."""

    gain: np.ndarray
    nulls: dict[str, np.ndarray]


def subset_gains(
    pool: Pool, sizes: Sequence[int] = SIZES, *, most: int = 300, n_null: int = 60, seed: int = 0
) -> SubsetGains:
    """Gain of weights 1/E² over the majority vote of the same chains.

    Args:
        pool: arrays (Q, K).
        sizes: numbers of chains; those above K are left out.
        most: subsets of one size.
        n_null: draws of each null, each with a few subsets of its own; no more than there are other questions.
        seed: of subsets and nulls.

    Returns:
        Gains of 0 and no null where the chains have no energies, or one chain stands alone.
    """
    if not (pool.has_energies and pool.n_chains > 1):
        return SubsetGains(np.zeros(pool.n_questions), {})
    kept = [size for size in sizes if size <= pool.n_chains]
    rng = np.random.default_rng(seed)
    nulls: dict[str, Iterator[Pool]] = {PERMUTED: (pool.permuted(rng) for _ in range(n_null))}
    if pool.n_questions > 1:
        nulls[EXCHANGED] = (pool.exchanged(shift) for shift in range(1, min(n_null, pool.n_questions - 1) + 1))
    return SubsetGains(
        _mean_gain(pool, kept, most, lambda: seed),
        {
            name: np.mean([_mean_gain(null, kept, 20, lambda: int(rng.integers(1 << 30))) for null in drawn], axis=0)
            for name, drawn in nulls.items()
        },
    )


def _mean_gain(pool: Pool, sizes: Sequence[int], most: int, seed: Callable[[], int]) -> np.ndarray:
    """Gain (Q,) of 1/E² over the majority vote, mean over subsets and sizes."""
    law, gains = inverse_power(2), []
    for size in sizes:
        part = pool.take(subsets(pool.n_chains, size, most=most, seed=seed()))
        gains.append((vote(part, law(part)).accuracy - vote(part, uniform(part)).accuracy).mean(axis=0))
    return np.mean(gains, axis=0)
