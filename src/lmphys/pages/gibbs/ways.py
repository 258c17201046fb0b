"""What one can do with a budget of chains: votes, single chains, an oracle, and votes with permuted energies."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.retrieval.gains import mean_over_questions
from lmphys.retrieval.laws import inverse_power, uniform
from lmphys.retrieval.pool import Pool
from lmphys.retrieval.votes import exchanged_accuracies, null_accuracies, vote

WEIGHTED, PERMUTED, EXCHANGED = "1/E²", "1/E², permuted", "1/E², of another question"


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways to answer the same questions.

    Attributes:
        accuracy: by way, (Q,); nulls as means over their repeats.
        nulls: by null, (n, Q); none where there are no energies, or a single question.
    """

    accuracy: dict[str, np.ndarray]
    nulls: dict[str, np.ndarray]

    def table(self, *, seed: int = 0) -> pd.DataFrame:
        """A row a way: `accuracy`, `low`, `high`, 95 % over questions."""
        found = {name: mean_over_questions(x, bounds=(0, 1), seed=seed) for name, x in self.accuracy.items()}
        return pd.DataFrame(found, index=["accuracy", "low", "high"]).T.astype(float)

    def beside_permuted(self) -> pd.Series:
        """The weighted vote beside those with permuted energies; empty without a null."""
        if PERMUTED not in self.nulls:
            return pd.Series(dtype=float)
        null, got = self.nulls[PERMUTED].mean(axis=1), self.accuracy[WEIGHTED].mean()
        low, high = np.quantile(null, [0.025, 0.975])
        return pd.Series(
            {
                "accuracy with the real energies": got,
                "with permuted ones, lower end of 95 %": low,
                "upper end": high,
                "share of permutations at least as good": (null >= got - 1e-12).mean(),
            }
        )

    def controls(self, other: np.ndarray) -> dict[str, float]:
        """What the nulls gain over another way (Q,), points, mean over all draws, on the same questions as the gain."""
        return {name: 100 * float((self.accuracy[name] - other).mean()) for name in self.nulls}


def compare_ways(pool: Pool, greedy: np.ndarray, *, n_null: int = 300, seed: int = 0) -> Ways:
    """Accuracies by question of the ways to answer.

    Args:
        pool: arrays (Q, K).
        greedy: (Q,) whether one chain at temperature 0 is right.
        n_null: permutations of the energies inside each question.
        seed: of the permutations.
    """
    law = inverse_power(2)
    weighted = {WEIGHTED: vote(pool, law(pool)).accuracy} if pool.has_energies else {}
    nulls = {}
    if pool.has_energies and pool.n_questions > 1:
        nulls[PERMUTED] = null_accuracies(pool, law, n=n_null, seed=seed)
        nulls[EXCHANGED] = exchanged_accuracies(pool, law)
    accuracy = {
        "one chain": pool.right.mean(axis=1),
        "greedy, temperature 0": greedy,
        "majority": vote(pool, uniform(pool)).accuracy,
        **weighted,
        **{name: null.mean(axis=0) for name, null in nulls.items()},
        "oracle": pool.right.any(axis=1).astype(float),
    }
    return Ways(accuracy, nulls)
