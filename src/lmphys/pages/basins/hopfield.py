"""Dense Hopfield networks: memories, an energy that never rises, and basins whose depth and width can be counted."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import logsumexp, softmax
from scipy.stats import spearmanr

from lmphys.core.errors import LmphysError
from lmphys.stats.sphere import on_sphere


class DenseHopfield:
    """An associative memory of N patterns ξ_i in d dimensions, with one update a step.

    E(x) = |x|² / 2 - ln(Σ_i exp(β ξ_i · x)) / β and x ← Σ_i softmax(β ξ · x)_i ξ_i. The update goes to the minimum of a
    parabola that lies above E and touches it at x, so E falls by at least half the square of the step.

    Args:
        memories: (N, d) patterns; equal ones count as often as they stand there.
        beta: inverse temperature β, above 0.

    Raises:
        LmphysError: no memories, or β is not above 0.

    Source: Ramsauer et al. 2021 (arXiv 2008.02217), Eqs. 2 and 3, without the constant of the energy.
    """

    def __init__(self, memories: np.ndarray, beta: float) -> None:
        if np.ndim(memories) != 2 or not np.size(memories) or not beta > 0:
            raise LmphysError(f"memories {np.shape(memories)} at beta {beta}: give rows of patterns, and beta above 0")
        self.memories, self.beta = np.asarray(memories, float), float(beta)

    def weights(self, x: np.ndarray) -> np.ndarray:
        """Weight of each memory (..., N) at points (..., d); they sum to 1."""
        return softmax(self.beta * (x @ self.memories.T), axis=-1)

    def energy(self, x: np.ndarray) -> np.ndarray:
        """E (...) at points (..., d)."""
        return 0.5 * (x**2).sum(axis=-1) - logsumexp(self.beta * (x @ self.memories.T), axis=-1) / self.beta

    def update(self, x: np.ndarray) -> np.ndarray:
        """One step from points (..., d)."""
        return self.weights(x) @ self.memories

    def relax(self, x: np.ndarray, *, tolerance: float = 1e-9, most: int = 20_000) -> np.ndarray:
        """Fixed points (..., d) that points fall into.

        Args:
            x: (..., d) where to start.
            tolerance: a step shorter than this, in every row, is the end.
            most: steps.

        Raises:
            LmphysError: they do not settle, as at a critical point.
        """
        for _ in range(most):
            after = self.update(x)
            if np.linalg.norm(after - x, axis=-1).max() < tolerance:
                return after
            x = after
        raise LmphysError(f"no fixed point within {most} steps: the network is near a critical point; move beta")


class Basins(NamedTuple):
    """Basins that random starts found, the widest first.

    Attributes:
        points: (B, d) their fixed points.
        width: (B,) share of the starts that fall into each.
        energy: (B,) at the fixed points; the lower, the deeper.
    """

    points: np.ndarray
    width: np.ndarray
    energy: np.ndarray


def find_basins(network: DenseHopfield, starts: np.ndarray, *, apart: float = 1e-4) -> Basins:
    """Let points fall, and count where they end.

    Args:
        network: with minima.
        starts: (n, d).
        apart: fixed points closer than this are one.
    """
    ends = network.relax(starts)
    points: list[np.ndarray] = []
    counts: list[int] = []
    while len(ends):
        same = np.linalg.norm(ends - ends[0], axis=1) < apart
        points.append(ends[same].mean(axis=0))
        counts.append(int(same.sum()))
        ends = ends[~same]
    order = np.argsort(counts)[::-1]
    found = np.array(points)[order]
    return Basins(found, np.array(counts)[order] / len(starts), network.energy(found))


def depth_and_width(found: Mapping[str, Basins]) -> pd.DataFrame:
    """Number of basins of each network, and the rank correlation of their depth and width."""
    rows = {name: (len(each.width), spearmanr(each.width, -each.energy)[0]) for name, each in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["basins", "rank correlation"])


def uneven(n: int, d: int, rng: np.random.Generator, *, norms: tuple[float, float] = (0.9, 1.2)) -> np.ndarray:
    """Memories (n, d) in random directions, with norms spread evenly between two ends."""
    return on_sphere(n, d, rng) * np.linspace(*norms, n)[:, None]


def clusters(
    sizes: Sequence[int], norms: Sequence[float], d: int, rng: np.random.Generator, *, overlap: float = 0.9
) -> np.ndarray:
    """Memories in clusters around random directions, (sum of sizes, d).

    Args:
        sizes: memories in each cluster.
        norms: of the memories of each cluster.
        d: dimension.
        rng: of the directions.
        overlap: cosine of two memories of one cluster, in the mean.
    """
    parts = []
    for size, norm, centre in zip(sizes, norms, on_sphere(len(sizes), d, rng), strict=True):
        around = rng.standard_normal((size, d))
        around -= (around @ centre)[:, None] * centre
        around /= np.linalg.norm(around, axis=1, keepdims=True)
        parts.append(norm * (np.sqrt(overlap) * centre + np.sqrt(1 - overlap) * around))
    return np.concatenate(parts)
