"""How like real chains the chains are that a model simulates."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.nulls.simulated import simulated_surrogates
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.bootstrap import sum_by_group

# Maps weights of chains, (R, C), to a quantity of each of the R weighted samples, (R, ...).
Statistic = Callable[[np.ndarray], np.ndarray]


def autocorrelation(traj: Data, max_lag: int) -> np.ndarray:
    """Correlation of states `lag` steps apart, for lag 1..max_lag, (max_lag,), pooled over dimensions.

        r(lag) = sum <x, y> / sqrt(sum ||x||^2 sum ||y||^2),   x = h_t - hbar, y = h_{t+lag} - hbar,

    over all pairs inside a chain, with hbar the mean of all states. Chains that differ in their means so keep
    r above 0 at every lag. NaN for a lag that no chain is long enough for.

    Raises:
        LmphysError: `max_lag` is less than 1.
    """
    traj = as_trajectories(traj)
    return _autocorrelation(traj, max_lag)(np.ones((1, len(traj))))[0]


def dwell_times(path: np.ndarray, lengths: np.ndarray) -> pd.DataFrame:
    """Runs of equal regimes.

    Args:
        path: (N - C,) regime of each transition, as `SLDS.viterbi` gives it.
        lengths: (C,) number of states of each chain, as in `Trajectories`.

    Returns:
        One row a run, in order: `chain`, `regime`, `steps`, and `complete`, False for the last run of a chain,
        which its end cuts short. The law 1 / (1 - T_jj) of `SLDSParameters.dwell_times` is that of uncut runs;
        in short chains the complete ones are shorter, as the long ones are the likeliest to be cut.

    Raises:
        LmphysError: path and lengths disagree.
    """
    path, chain = np.asarray(path), _chain_of_step(path, lengths)
    starts = np.flatnonzero((np.diff(path, prepend=-1) != 0) | (np.diff(chain, prepend=-1) != 0))
    return pd.DataFrame(
        {
            "chain": chain[starts],
            "regime": path[starts],
            "steps": np.diff(starts, append=len(path)),
            "complete": np.diff(chain[starts], append=-1) == 0,
        }
    )


def occupancy(path: np.ndarray, n_regimes: int) -> np.ndarray:
    """Share of the steps (n,) that each regime drives, (n_regimes,)."""
    return np.bincount(path, minlength=n_regimes) / len(path)


def compare_simulated(
    model: SLDS,
    traj: Data,
    *,
    n_repeats: int = 1,
    seed: int = 0,
    max_lag: int = 5,
    n_permutations: int = 500,
) -> pd.DataFrame:
    """Distances between chains and their simulated surrogates, and a test of each.

    A permutation takes, from each chain and its surrogates, one at random as the real one. Under the hypothesis
    that the model made the chains, given h_0 and the length, all choices are equally likely, however
    the steps of one chain depend on each other: the test is exact. A model fitted on `traj` itself resembles it more
    than that, so give chains that the fit has not seen.

    Rows:
        jump norms: ||h_{t+1} - h_t||, pooled over all steps; greatest difference of the distribution functions
            (Kolmogorov-Smirnov).
        autocorrelation: greatest absolute difference of `autocorrelation` over the lags.
        occupancy: total variation between the shares of the regimes; the model decodes both sides (Viterbi).
        dwell times: Kolmogorov-Smirnov distance between the steps of the runs of decoded regimes, cut ones
            included, as the ends cut both sides alike.

    Args:
        model: fitted, K regimes.
        traj: C chains.
        n_repeats: surrogates of each chain; more of them lower the noise of the simulated side.
        seed: of the simulation and the permutations.
        max_lag: of the autocorrelation; lags that no chain is long enough for are left out.
        n_permutations: of each test.

    Returns:
        Indexed by quantity: `distance`; `p`, the share of permutations that are as far apart (the observed
        one counts as one of them); `noise`, the median distance of the permutations, which is what equal
        laws give at this size, with its 2.5 and 97.5 % points `noise_low` and `noise_high`.

    Raises:
        LmphysError: a number is less than 1, the widths differ, or there are no transitions.
    """
    for name, number in (("n_repeats", n_repeats), ("n_permutations", n_permutations)):
        if number < 1:
            raise LmphysError(f"{name} {number}: use 1 or more")
    traj = as_trajectories(traj)
    C, R = len(traj), n_repeats
    of_surrogates, of_permutations = np.random.SeedSequence(seed).spawn(2)
    surrogates = [simulated_surrogates(model, traj, seed=int(s)) for s in of_surrogates.generate_state(R)]
    both = Trajectories(np.concatenate([x.states for x in (traj, *surrogates)]), np.tile(traj.lengths, R + 1))

    chosen = np.random.default_rng(of_permutations).integers(R + 1, size=(1 + n_permutations, C))
    chosen[0] = 0  # what was observed
    real = np.zeros((1 + n_permutations, (R + 1) * C), dtype=bool)
    np.put_along_axis(real, chosen * C + np.arange(C), True, axis=1)

    path, K = model.viterbi(both), model.parameters_.n_regimes
    chain, runs = both.pairs()[2], dwell_times(path, both.lengths)
    lags = min(max_lag, int(traj.lengths.max()) - 1)
    distances = {
        "jump norms": _kolmogorov_smirnov(np.linalg.norm(both.increments(), axis=1), chain, real),
        "autocorrelation": np.abs(_difference(_autocorrelation(both, lags), real)).max(axis=1),
        "occupancy": np.abs(_difference(_shares(sum_by_group(np.eye(K)[path], chain, len(both))), real)).sum(axis=1)
        / 2,
        "dwell times": _kolmogorov_smirnov(runs["steps"].to_numpy(), runs["chain"].to_numpy(), real),
    }
    rows = {}
    for name, (observed, *permuted) in distances.items():
        # Equal distances may differ by rounding.
        as_far = int((np.array(permuted) >= observed - 1e-12).sum())
        rows[name] = {
            "distance": float(observed),
            "p": (1 + as_far) / (1 + n_permutations),
            "noise": float(np.median(permuted)),
            "noise_low": float(np.quantile(permuted, 0.025)),
            "noise_high": float(np.quantile(permuted, 0.975)),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("quantity")


def _chain_of_step(path: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    steps = np.asarray(lengths) - 1
    if steps.sum() != len(path):
        raise LmphysError(f"{len(path)} regimes for {steps.sum()} transitions: decode the chains of these lengths")
    return np.repeat(np.arange(len(steps)), steps)


def _difference(statistic: Statistic, real: np.ndarray) -> np.ndarray:
    """Of the chains taken as real minus of the others, for each row of the mask `real` (R, C)."""
    return statistic(real.astype(float)) - statistic((~real).astype(float))


def _shares(counts: np.ndarray) -> Statistic:
    """Share of each kind in weighted chains that have `counts` (C, K) of each."""

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weights @ counts
        return total / total.sum(axis=1, keepdims=True)

    return statistic


def _autocorrelation(traj: Trajectories, max_lag: int) -> Statistic:
    """`autocorrelation` of weighted chains, from sums over each of them."""
    if max_lag < 1:
        raise LmphysError(f"max_lag {max_lag}: use 1 or more, and chains of two states or more")
    # About the mean of all chains: the mean of the weighted ones is then a small correction.
    h = traj.states - traj.states.mean(axis=0, dtype=np.float64)
    chain = np.repeat(np.arange(len(traj)), traj.lengths)
    left = np.repeat(traj.offsets[1:], traj.lengths) - np.arange(len(h)) - 1
    of_states = np.column_stack([h, np.ones(len(h))])
    whole = sum_by_group(of_states, chain, len(traj))
    lags = []
    for lag in range(1, max_lag + 1):
        first = np.flatnonzero(left >= lag)
        x, y = h[first], h[first + lag]
        products = np.stack([(x * y).sum(axis=1), (x**2).sum(axis=1), (y**2).sum(axis=1), np.ones(len(x))], axis=1)
        lags.append([sum_by_group(values, chain[first], len(traj)) for values in (x, y, products)])

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weights @ whole
        mean = total[:, :-1] / total[:, -1:]
        square = (mean**2).sum(axis=1)
        result = np.empty((len(weights), max_lag))
        for column, sums in enumerate(lags):
            along_x, along_y = (((weights @ s) * mean).sum(axis=1) for s in sums[:2])
            xy, xx, yy, n = (weights @ sums[2]).T
            power = (xx - 2 * along_x + n * square) * (yy - 2 * along_y + n * square)
            with np.errstate(invalid="ignore"):  # 0/0 where no chain is long enough
                result[:, column] = (xy - along_x - along_y + n * square) / np.sqrt(power)
        return result

    return statistic


def _kolmogorov_smirnov(values: np.ndarray, chain: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Greatest distance between the distribution functions of two sets of chains, (R,).

    Args:
        values: (n,) pooled values of all chains.
        chain: (n,) chain of each.
        real: (R, C) mask of the chains of the first set; the others are the second.
    """
    order = np.argsort(values, kind="stable")
    chain = chain[order]
    # Of equal values the last counts them all.
    last = np.flatnonzero(np.diff(values[order], append=np.inf))
    distances = np.empty(len(real))
    for row, mask in enumerate(real):
        below = np.cumsum(mask[chain])
        n_first, n = below[-1], len(values)
        first, second = below[last] / n_first, (last + 1 - below[last]) / (n - n_first)
        distances[row] = np.abs(first - second).max()
    return distances
