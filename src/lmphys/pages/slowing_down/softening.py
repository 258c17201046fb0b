"""Chains that are known to slow down: what a test of short chains has to find before it is believed."""

from dataclasses import replace

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.approach import Approach, approach_derailment, approach_wrong_answer

KNOWN = "known to slow down"


def softening_chains(
    lengths: np.ndarray, softens: np.ndarray, *, width: int, start: float = 0.2, end: float = 0.95, seed: int = 0
) -> Trajectories:
    """Chains of a linear map whose restoring force fades in some of them: what the test should find.

    h_{t+1} = r_t h_t + N(0, I), from the stationary law. r stays at `start`, or rises evenly from there to `end`
    along the chains that soften. The noise stays the same, so variance and correlation both rise.

    Args:
        lengths: (C,) states of each chain.
        softens: (C,) bool.
        width: dimensions, independent of each other.
        start: factor r of the first step.
        end: factor r of the last step of a chain that softens.
        seed: of the noise.

    Raises:
        LmphysError: a factor is not inside (-1, 1).
    """
    if not max(abs(start), abs(end)) < 1:
        raise LmphysError(f"factors {start} and {end}: keep both between -1 and 1, where a map settles")
    rng = np.random.default_rng(seed)
    longest = int(np.max(lengths))
    progress = np.arange(longest)[:, None] / np.maximum(np.asarray(lengths) - 1, 1)
    factors = start + np.asarray(softens) * (end - start) * np.minimum(progress, 1.0)  # (T, C)
    h = np.empty((longest, len(lengths), width))
    h[0] = rng.standard_normal((len(lengths), width)) / np.sqrt(1 - start**2)
    for t in range(1, longest):
        h[t] = factors[t, :, None] * h[t - 1] + rng.standard_normal((len(lengths), width))
    return Trajectories.from_list([h[:n, c] for c, n in enumerate(lengths)])


def softened(approach: Approach, *, end: float = 0.95, seed: int = 0) -> Approach:
    """Chains of the same lengths and questions, of which those soften that have the event.

    Args:
        approach: the real chains.
        end: as in `softening_chains`.
        seed: of the noise.
    """
    real = approach.before
    soft = softening_chains(real.lengths, approach.event, width=real.width, end=end, seed=seed)
    return Approach(replace(soft, chains=real.chains), approach.event, approach.group)


def approaches(traj: Trajectories, window: int, *, seed: int = 0) -> dict[str, Approach]:
    """Chains cut before each event; first, where any chain is long enough, those that are known to slow down.

    Args:
        traj: C chains with what `approach_wrong_answer` and `approach_derailment` need.
        window: as in `rolling_indicators`.
        seed: of the noise of the known ones, and of the cuts.
    """
    wrong = approach_wrong_answer(traj, window)
    known = {KNOWN: softened(wrong, seed=seed)} if len(wrong.event) else {}
    return known | {"wrong answer": wrong, "derailment": approach_derailment(traj, window, seed=seed)}
