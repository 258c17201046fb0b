"""Chains of one map whose residuals fall into heaps of known separation: what a test of several modes would show."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.stats.calibration import confidence_set
from lmphys.stats.interval import Interval
from lmphys.stats.modes import dip_test

_N_HEAPS = 3
SEPARATIONS = (0.0, 2.5, 3.0, 4.0, 6.0)


def heap_lengths(
    mean: float, sd: float, separation: float, n: int, rng: np.random.Generator, *, n_heaps: int = _N_HEAPS
) -> np.ndarray:
    """Lengths (n,) in equally full Gaussian heaps at equal distances, with a given mean and standard deviation.

    With heaps of sd w at distances s w the variance is w^2 (1 + s^2 (m^2 - 1) / 12) for m heaps. Two heaps have one
    mode up to s = 2, three up to 2.07. A draw below a hundredth of the mean is set there.

    Args:
        mean: of the lengths.
        sd: of the lengths.
        separation: s, of neighbouring heaps in units of their own sd.
        n: lengths.
        rng: where randomness comes from.
        n_heaps: m.
    """
    width = sd / np.sqrt(1 + separation**2 * (n_heaps**2 - 1) / 12)
    place = rng.integers(n_heaps, size=n) - (n_heaps - 1) / 2
    drawn = mean + width * (separation * place + rng.standard_normal(n))
    return np.maximum(drawn, mean / 100)


def heap_chains(
    drift: LinearDrift, traj: Trajectories, residuals: np.ndarray, separation: float, *, seed: int
) -> Trajectories:
    """Chains of one map with the starts and lengths of real ones, the lengths of whose noise fall into three heaps.

    Args:
        drift: the map, fitted.
        traj: C real chains of its width.
        residuals: (n, D) that give the directions of the noise, and mean and sd of its lengths.
        separation: of the heaps, see `heap_lengths`.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    lengths = np.linalg.norm(residuals, axis=1)
    drawn = heap_lengths(float(lengths.mean()), float(lengths.std()), separation, traj.n_transitions, rng)
    row = rng.integers(len(residuals), size=traj.n_transitions)
    kicks = residuals[row] * (drawn / lengths[row])[:, None]
    states = traj.states.astype(np.float64)
    sources = traj.sources()
    place = (np.arange(len(states)) - np.repeat(traj.offsets[:-1], traj.lengths))[sources]
    for t in range(int(traj.lengths.max()) - 1):
        now = place == t
        states[sources[now] + 1] = drift.step(states[sources[now]]) + kicks[now]
    return traj.with_states(states, surrogate=f"one map, three heaps {separation:g} sd apart")


def heap_calibration(
    train: Trajectories,
    test: Trajectories,
    *,
    ridge: float = 1.0,
    separations: Sequence[float] = SEPARATIONS,
    n_corpora: int = 4,
    seed: int = 0,
) -> pd.DataFrame:
    """The dip of the lengths of held-out residuals, where they are known to fall into three heaps.

    The map that fits the training chains makes both parts anew, with directions and size of the noise from its
    residuals on the test chains. Then all is done as on real chains: the map is fitted to the one part, and its
    residuals on the other are tested.

    Args:
        train: real chains to learn from.
        test: real chains of other questions.
        ridge: of the map.
        separations: of the heaps.
        n_corpora: at each separation.
        seed: of all draws.

    Returns:
        A row a corpus: `true`, its separation; `dip`, Hartigan's; and `seen`, whether its p-value is below 5 %.
    """
    drift = LinearDrift(ridge).fit(train)
    residuals = drift.residuals(test)
    seeds = iter(np.random.SeedSequence(seed).generate_state(2 * len(separations) * n_corpora).tolist())
    rows = []
    for separation, _ in product(separations, range(n_corpora)):
        seen, unseen = (heap_chains(drift, part, residuals, separation, seed=next(seeds)) for part in (train, test))
        dip, p = dip_test(np.linalg.norm(LinearDrift(ridge).fit(seen).residuals(unseen), axis=1))
        rows.append({"true": separation, "dip": dip, "seen": p < 0.05})
    return pd.DataFrame(rows)


def heap_separation(calibration: pd.DataFrame, dip: float) -> Interval:
    """Separation of three heaps whose corpora show this dip, with its 95 % confidence set (`confidence_set`).

    Without such a separation all three numbers are the nearest one: then there is no interval.

    Args:
        calibration: of `heap_calibration`.
        dip: of the real residuals.
    """
    place = confidence_set(calibration, dip, "dip")
    mean = place.band["mean"].cummax()
    value = float(np.interp(dip, mean, mean.index))
    if np.isnan(place.low):
        return Interval(value, value, value)
    return Interval(value, min(place.low, value), max(place.high, value))


def seen_from(calibration: pd.DataFrame, share: float = 0.8) -> float:
    """Least separation from which on the dip test sees the heaps in such a share of corpora; infinite if nowhere."""
    rates = calibration.groupby("true")["seen"].mean()
    never = rates[rates < share].index
    above = rates.index[rates.index > (never.max() if len(never) else -np.inf)]
    return float(above.min()) if len(above) else float("inf")
