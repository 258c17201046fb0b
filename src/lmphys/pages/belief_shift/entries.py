"""Entries into a regime of belief, and how the beliefs themselves are spread."""

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.pages.belief_shift.folds import Fold
from lmphys.pages.belief_shift.shifts import theme_difference
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval

GREATEST, LEAST = "regime of greatest belief", "regime of least belief"
# Ends and middle of the belief: the paper calls below 0.2 factual and above 0.8 misaligned.
_LOW, _HIGH, _MIDDLE = 0.2, 0.8, (0.4, 0.6)


def entry_shifts(folds: list[Fold], *, seed: int = 0) -> dict[str, Interval]:
    """Share of steps that enter a regime, poisoned minus clean, of the regimes of greatest and of least belief.

    Which regime that is is read off the training themes of a fold, by the mean belief at the sentence that each step
    leads to; entries are counted on the others, on the most probable path. A step can enter a regime where the step
    before it, if there is one, was of another. Intervals are over themes.

    Args:
        folds: of `fit_folds`.
        seed: of the resampling.
    """
    rates: dict[str, list[pd.Series]] = {GREATEST: [], LEAST: []}
    for fold in folds:
        believed = _mean_belief(fold)
        regimes = believed.index.to_numpy(int)[believed.to_numpy().argsort()]
        for name, regime in {GREATEST: int(regimes[-1]), LEAST: int(regimes[0])}.items():
            share = entry_shares(fold.slds.viterbi(fold.test), fold.test, regime)
            theme = fold.test.chains["question_id"].astype(str).to_numpy()
            condition = fold.test.chains["condition"].to_numpy()
            rates[name].append(pd.Series(share, index=pd.MultiIndex.from_arrays([condition, theme])))
    found = {}
    for name, parts in rates.items():
        whole = pd.concat(parts)
        found[name] = theme_difference(whole.loc["poisoned"], whole.loc["clean"], seed=seed)
    return found


def entry_shares(path: np.ndarray, traj: Trajectories, regime: int) -> np.ndarray:
    """Of the steps of each chain that could enter a regime the share that do, (C,).

    Args:
        path: (N - C,) regime of each step.
        traj: C chains of two sentences or more.
        regime: that is entered.
    """
    chain = traj.pairs()[2]
    first = np.diff(chain, prepend=-1) != 0
    outside = first | (np.roll(path, 1) != regime)
    could, did = sum_by_group(np.stack([outside, outside & (path == regime)], axis=1).astype(float), chain, len(traj)).T
    return did / could


def _mean_belief(fold: Fold) -> pd.Series:
    """Mean belief at the sentences that the steps of each regime lead to, on the training themes."""
    arrived = fold.train.sentences["belief"].to_numpy(float)[fold.train.sources() + 1]
    return pd.Series(arrived).groupby(fold.slds.viterbi(fold.train)).mean()


def ends_over_middle(traj: Trajectories, *, seed: int = 0) -> Interval:
    """Smaller of the shares of beliefs below 0.2 and above 0.8, minus the share from 0.4 to 0.6, 95 % over themes.

    Above 0 either end holds more than the middle: two modes with a valley between them.

    Args:
        traj: chains with `belief` in `sentences`.
        seed: of the resampling.
    """
    b = traj.sentences["belief"].to_numpy(float)
    marks = np.stack([b < _LOW, b > _HIGH, (b >= _MIDDLE[0]) & (b <= _MIDDLE[1]), np.ones(len(b))], axis=1)
    theme = np.repeat(traj.questions, traj.lengths)
    low, high, middle, n = sum_by_group(marks.astype(float), theme, int(theme.max()) + 1).T

    def statistic(weights: np.ndarray) -> np.ndarray:
        return (np.minimum(weights @ low, weights @ high) - weights @ middle) / (weights @ n)

    return Interval(*map(float, bootstrap_chains(statistic, len(n), seed=seed)))
