"""Weighted votes over answers: who wins, how often that is right, and what chance would do."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from lmphys.retrieval.laws import Law
from lmphys.retrieval.pool import Pool, subsets

# Sums of weights closer than this, relative to the largest, are a tie.
_TIE = 1e-9


class Vote(NamedTuple):
    """Outcome of votes, arrays (..., Q).

    Attributes:
        accuracy: probability that the winner is right when a tie is broken by lot.
        winner: number of the winning answer; of tied ones that of the chain that was sampled first.
        right: whether that winner is right.
        leaders: number of answers that lead; above 1 in a tie.
        share: share of all weight that the winner has.
    """

    accuracy: np.ndarray
    winner: np.ndarray
    right: np.ndarray
    leaders: np.ndarray
    share: np.ndarray

    @property
    def tied(self) -> np.ndarray:
        """Whether several answers lead."""
        return self.leaders > 1


def vote(pool: Pool, log_weights: np.ndarray) -> Vote:
    """Sum the weights of the chains of each answer and take the largest sum, Eq. 5 of Awadhiya 2026.

    Args:
        pool: arrays (..., Q, K).
        log_weights: broadcast to (..., Q, K); -inf is no vote, but one chain of each question has to have one.
    """
    log_weights = np.broadcast_to(log_weights, pool.right.shape)
    weights = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True))
    same = pool.answers[..., :, None] == pool.answers[..., None, :]
    basin = np.einsum("...kj,...j->...k", same, weights)  # weight of the answer that each chain gives
    top = basin.max(axis=-1, keepdims=True)
    leads = basin >= top * (1 - _TIE)
    each = leads / same.sum(axis=-1)  # the chains of one leading answer count as one
    first = leads.argmax(axis=-1)[..., None]
    return Vote(
        accuracy=(each * pool.right).sum(axis=-1) / each.sum(axis=-1),
        winner=np.take_along_axis(pool.answers, first, -1)[..., 0],
        right=np.take_along_axis(pool.right, first, -1)[..., 0],
        leaders=each.sum(axis=-1).round().astype(int),
        share=top[..., 0] / weights.sum(axis=-1),
    )


def accuracy_curve(
    pool: Pool, laws: Mapping[str, Law], sizes: Sequence[int], *, most: int = 1000, seed: int = 0
) -> dict[str, np.ndarray]:
    """Accuracy of votes of k of the K chains, mean over subsets of them, for each size k and question.

    Args:
        pool: arrays (Q, K).
        laws: by name.
        sizes: k, each at most K.
        most: subsets of one size, see `subsets`.
        seed: of the subsets.

    Returns:
        By law (sizes, Q), and "oracle": the share of subsets in which any chain is right, the ceiling of all votes.
    """
    rows: dict[str, list[np.ndarray]] = {name: [] for name in (*laws, "oracle")}
    for size in sizes:
        part = pool.take(subsets(pool.n_chains, size, most=most, seed=seed))
        for name, law in laws.items():
            rows[name].append(vote(part, law(part)).accuracy.mean(axis=0))
        rows["oracle"].append(part.right.any(axis=-1).mean(axis=0))
    return {name: np.array(values) for name, values in rows.items()}


class McNemar(NamedTuple):
    """Questions that one of two voters gets right and the other wrong, and the exact two-sided p of a fair coin."""

    only_first: int
    only_second: int
    p: float


def mcnemar(first: np.ndarray, second: np.ndarray) -> McNemar:
    """Exact test of McNemar for two ways to answer the same questions.

    Args:
        first: (Q,) truths.
        second: (Q,) truths.
    """
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    return McNemar(b, c, float(binomtest(b, b + c).pvalue) if b + c else 1.0)


def null_accuracies(pool: Pool, law: Law, *, n: int = 200, seed: int = 0) -> np.ndarray:
    """Accuracy of a law by question when the scores are permuted among the chains of each question, (n, Q)."""
    rng = np.random.default_rng(seed)
    shuffled = (pool.permuted(rng) for _ in range(n))
    return np.array([vote(null, law(null)).accuracy for null in shuffled])


def exchanged_accuracies(pool: Pool, law: Law) -> np.ndarray:
    """Accuracy of a law by question with the scores of each of the other questions in turn, (Q - 1, Q)."""
    others = (pool.exchanged(shift) for shift in range(1, pool.n_questions))
    return np.array([vote(null, law(null)).accuracy for null in others])
