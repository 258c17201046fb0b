"""Annealed importance sampling: walkers that are taken from one energy to another, and the work that it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.generative.weights import check_effective, log_mean, log_mean_interval
from lmphys.stats.interval import Interval
from lmphys.stats.weights import effective_size


@dataclass(frozen=True, eq=False)
class Annealed:
    """M walkers at the end of a protocol.

    Attributes:
        x: (M, ...) where they are.
        work: (M,) work W done on each, nats: the sum of the changes of its energy while it stood still.
    """

    x: np.ndarray
    work: np.ndarray

    @property
    def log_ratio(self) -> float:
        """Logarithm of the mean of exp(-W): estimate of ln(Z_end / Z_start), by Jarzynski's equality."""
        return log_mean(-self.work)

    @property
    def effective_size(self) -> float:
        """Walkers of equal weight that would do as well."""
        return float(effective_size(-self.work))

    def interval(self, *, seed: int = 0) -> Interval:
        """`log_ratio` with a 95 % interval over walkers."""
        return log_mean_interval(-self.work, seed=seed)


def anneal(
    x: np.ndarray,
    energy: Callable[[np.ndarray, float], np.ndarray],
    schedule: Sequence[float] | np.ndarray,
    move: Callable[[np.ndarray, float, np.random.Generator], np.ndarray],
    rng: np.random.Generator,
    *,
    least: float | None = None,
) -> Annealed:
    """Take walkers through a schedule of energies; the weight of each is exp(-W).

    Args:
        x: (M, ...) walkers, drawn from exp(-energy(., schedule[0])) / Z.
        energy: (M,) energies of walkers at a value of the schedule.
        schedule: values λ_0, λ_1, ... of what is changed, fixed in advance: not by what these walkers do.
        move: a step that leaves exp(-energy(., λ)) / Z invariant, however slowly it mixes.
        rng: of the moves.
        least: of walkers that must be effective at the end; no such demand by default.

    Raises:
        LmphysError: the schedule has fewer than two values, or too few walkers are effective.

    Source: Jarzynski 1997, Phys. Rev. Lett. 78, 2690; Neal 2001, Annealed importance sampling.

    A Gaussian that is squeezed from the stiffness 1 to 4, exactly redrawn at each step; ln(Z_end / Z_start) is -ln 2:

    >>> rng = np.random.default_rng(0)
    >>> found = anneal(
    ...     rng.standard_normal(4000),
    ...     lambda x, k: k * x**2 / 2,
    ...     np.linspace(1, 4, 31),
    ...     lambda x, k, rng: rng.standard_normal(len(x)) / np.sqrt(k),
    ...     rng,
    ... )
    >>> print(f"{found.log_ratio:.2f}, mean work {found.work.mean():.2f}")
    -0.69, mean work 0.71
    """
    if len(schedule) < 2:
        raise LmphysError(f"a schedule of {len(schedule)} value has no change; give its start and its end")
    work = np.zeros(len(x))
    for before, after in pairwise(schedule):
        work += energy(x, after) - energy(x, before)
        x = move(x, after, rng)
    if least is not None:
        check_effective(-work, "at the end of the schedule", least)
    return Annealed(x, work)
