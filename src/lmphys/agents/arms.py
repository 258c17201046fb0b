"""Choosing among arms that pay grades: what was seen of them, and many runs of one policy side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lmphys.core.errors import LmphysError


@dataclass(eq=False)
class Seen:
    """What R runs have seen of K arms that pay grades 0 to L - 1; a pay is its grade over L - 1.

    Attributes:
        counts: (R, K, L) how often each arm paid each grade, less what was forgotten.
        pull: pulls so far.
        n_pulls: pulls that there will be.
    """

    counts: np.ndarray
    pull: int
    n_pulls: int

    @property
    def pulled(self) -> np.ndarray:
        """(R, K) pulls of each arm."""
        return self.counts.sum(axis=-1)

    @property
    def paid(self) -> np.ndarray:
        """(R, K) sum of the pays of each arm."""
        return self.counts @ self.pays

    @property
    def pays(self) -> np.ndarray:
        """(L,) pay of each grade, from 0 to 1."""
        return np.linspace(0, 1, self.counts.shape[-1])

    def mean(self, prior: float) -> np.ndarray:
        """(R, K) expected pay of each arm, with `prior` counts of each grade before any pull."""
        n_levels = self.counts.shape[-1]
        return (self.paid + prior * n_levels / 2) / (self.pulled + prior * n_levels)


class Policy(Protocol):
    """A way to choose."""

    def choose(self, seen: Seen, rng: np.random.Generator) -> np.ndarray:
        """(R,) arm that each run pulls next."""


@dataclass(frozen=True, eq=False)
class Play:
    """What R runs of a policy did in T pulls.

    Attributes:
        arms: (R, T) pulled.
        levels: (R, T) grades that they paid.
        seen: what was seen in the end.
    """

    arms: np.ndarray
    levels: np.ndarray
    seen: Seen

    def regret(self, means: np.ndarray) -> np.ndarray:
        """(R, T) summed shortfall of the mean pay of what was pulled from that of the best arm, up to each pull.

        Args:
            means: (K,) mean pay of each arm, or (T, K) at each pull.
        """
        each = np.broadcast_to(means, (self.arms.shape[1], means.shape[-1]))
        got = each[np.arange(len(each)), self.arms]
        return (each.max(axis=1) - got).cumsum(axis=1)

    def shortfall(self, means: np.ndarray) -> np.ndarray:
        """(R,) shortfall of the arm that each run would name as the best in the end: of the largest expected pay."""
        return means.max() - means[self.seen.mean(prior=1.0).argmax(axis=1)]


def play(
    policy: Policy,
    draw: Callable[[np.ndarray, int, np.random.Generator], np.ndarray],
    *,
    n_arms: int,
    n_levels: int,
    n_pulls: int,
    n_runs: int,
    forgetting: float = 0.0,
    seed: int = 0,
) -> Play:
    """Let a policy choose, in R runs at once.

    Args:
        policy: which chooses.
        draw: grades (R,) that arms (R,) pay at a pull, numbered from 0.
        n_arms: K.
        n_levels: L.
        n_pulls: T.
        n_runs: R.
        forgetting: share of all counts that is forgotten before each pull.
        seed: of choices and pays.
    """
    if not 0 <= forgetting < 1:
        raise LmphysError(f"a share of {forgetting} cannot be forgotten; take one from 0 to below 1")
    rng = np.random.default_rng(seed)
    seen = Seen(np.zeros((n_runs, n_arms, n_levels)), 0, n_pulls)
    arms, levels = np.zeros((2, n_runs, n_pulls), dtype=int)
    runs = np.arange(n_runs)
    for pull in range(n_pulls):
        seen.pull = pull
        arms[:, pull] = policy.choose(seen, rng)
        levels[:, pull] = draw(arms[:, pull], pull, rng)
        seen.counts *= 1 - forgetting
        seen.counts[runs, arms[:, pull], levels[:, pull]] += 1
    return Play(arms, levels, seen)
