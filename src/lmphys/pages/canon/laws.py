"""Exact numbers to set beside what is learned: guesses, plateaus of the loss, and questions that come twice."""

from collections.abc import Sequence

import numpy as np

from lmphys.problems.expressions import value_law


def listed_at_random(lengths: Sequence[int] | np.ndarray) -> float:
    """Accuracy, %, of naming any word of the list, the mean over lists of these lengths."""
    return float(100 * np.mean(1 / np.asarray(lengths, dtype=float)))


def listed_not_yet_copied(lengths: Sequence[int] | np.ndarray) -> float:
    """Accuracy, %, of naming any word of the list that the copy has not reached: harmonic number over length."""
    return float(100 * np.mean([np.mean(1 / np.arange(1, n + 1)) for n in lengths]))


def not_yet_copied_by_place(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """(longest list,) the same at each place of the copy, the mean over the lists that reach it."""
    n = np.asarray(lengths)
    return np.array([100 * np.mean(1 / (n[n > place] - place)) for place in range(n.max())])


def even_guess(n_vertices: int) -> float:
    """Accuracy, %, of naming any vertex of a cycle but the one that is asked for, which no step leads back to."""
    return 100 / (n_vertices - 1)


def asked_before(n_vertices: int, n_hops: int, n_questions: int) -> np.ndarray:
    """(n_questions,) probability that a question of a document stands before it already, with its answer."""
    kinds = n_vertices * n_hops
    return 1 - (1 - 1 / kinds) ** np.arange(n_questions)


def plateaus(n_vertices: int, n_hops: int) -> np.ndarray:
    """Loss of one who knows 0, 1, ... numbers of steps, and guesses evenly where the answer may be, nats an answer.

    Cycles have 3 to `n_vertices` vertices with weights 1 / (sqrt(n_vertices) + size). A guess leaves out the vertex
    that is asked for, and those that the known steps lead to. Answers given before are not made use of.

    Args:
        n_vertices: of the largest cycles.
        n_hops: most steps.

    Returns:
        (n_hops + 1,), the last of them 0.
    """
    sizes = np.arange(3, n_vertices + 1)
    weights = 1 / (np.sqrt(n_vertices) + sizes)
    losses = []
    for known in range(n_hops + 1):
        most = np.minimum(n_hops, sizes - 1)
        unknown = np.maximum(most - known, 0) / most
        left = np.maximum(sizes - 1 - known, 1)
        losses.append(np.average(unknown * np.log(left), weights=weights))
    return np.array(losses)


def constant_guess(n_operations: int, modulus: int = 23) -> float:
    """Accuracy, %, of the best constant answer to expressions with exactly so many operations."""
    return 100 * max(value_law(n_operations, modulus))
