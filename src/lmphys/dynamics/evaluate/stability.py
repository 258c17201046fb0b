"""Whether the regimes of a switching model are found again: by other starts, and on other chains."""

from itertools import combinations

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress
from scipy.optimize import linear_sum_assignment
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.nulls.simulated import simulated_surrogates
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters

Paths = tuple[np.ndarray, np.ndarray]


def match_regimes(reference: np.ndarray, other: np.ndarray, n_regimes: int) -> np.ndarray:
    """Which regime of one labelling stands for which of another, so that they agree on the most transitions.

    Args:
        reference: (n,) regimes of the transitions, 0..K-1.
        other: (n,) regimes of the same transitions by another model.
        n_regimes: K of both.

    Returns:
        (K,) order: regime i of `reference` is regime order[i] of `other`. `parameters.permute(order)` puts the
        other model in the order of the reference, and `np.argsort(order)[other]` its regimes.

    Raises:
        LmphysError: the labellings differ in length, or a label is not in 0..K-1.

    Source: Kuhn 1955, Naval Res. Logist. Q. 2, 83 (the assignment problem).
    """
    reference, other = np.asarray(reference), np.asarray(other)
    if reference.shape != other.shape:
        raise LmphysError(f"labellings of shape {reference.shape} and {other.shape}: decode the same chains with both")
    labels = np.concatenate([reference, other])
    if len(labels) and not (labels.min() >= 0 and labels.max() < n_regimes):
        raise LmphysError(f"regimes {labels.min()}..{labels.max()} are not in 0..{n_regimes - 1}: give the larger K")
    overlap = confusion_matrix(reference, other, labels=np.arange(n_regimes))
    return linear_sum_assignment(overlap, maximize=True)[1]


def regime_stability(
    model: SLDS, traj: Data, *, n_repeats: int = 10, seed: int = 0, verbose: bool = False
) -> pd.DataFrame:
    """Agreement between the regimes that repeated fits give to the same transitions.

    The regimes are the Viterbi paths of all chains. Agreement is the adjusted Rand index: 1 for equal
    partitions, 0 on average for independent ones, whatever the sizes of the regimes. It is set to 0 where a fit gives
    all transitions to one regime, as there is then nothing to find again.

    Rows:
        restarts: all pairs of `n_repeats` fits to the same chains with different `random_state`, each the
            best of the model's `n_init` starts. High values say that the search is reliable, not that there
            are regimes: chains without any can reach them too.
        halves: fits to two disjoint random halves of the chains, `n_repeats` splits; chains of one question
            stay together.
        one regime: the same on chains that have no regimes, simulated from the fit of K = 1 with the h_0 and
            the lengths of the real ones, anew for each split. States that one Gaussian process spreads out
            are also cut up alike by two fits: only what "halves" have above this row speaks for regimes.

    Args:
        model: its settings; it is cloned, and need not be fitted.
        traj: C chains.
        n_repeats: fits, and splits, at least 2. There are 5 * n_repeats + 1 fits in all.
        seed: of starts, splits and surrogates.
        verbose: show a progress bar.

    Returns:
        Indexed by what is compared: `ari`, `ari_min`, `ari_max`, the mean and extremes of the adjusted Rand
        index; `agreement`, the mean share of transitions with the same regime after `match_regimes`.

    Raises:
        LmphysError: fewer than 2 regimes or repeats, `init` gives parameters, or too few chains to split.

    Source: Hubert & Arabie 1985, J. Classif. 2, 193, for the index.
    """
    if model.n_regimes < 2 or n_repeats < 2:
        raise LmphysError(f"{model.n_regimes} regimes in {n_repeats} repeats: stability needs 2 or more of both")
    if isinstance(model.init, SLDSParameters):
        raise LmphysError(
            "init gives parameters, so that all fits start alike; use 'auto', 'mixture', 'kmeans', 'random'"
        )
    traj = as_trajectories(traj)
    model = clone(model).set_params(verbose=False)
    single = clone(model).set_params(n_regimes=1).fit(traj)
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(n_repeats)]
    with Progress(console=Console(stderr=True), disable=not verbose) as bar:
        fits = [_decode(model, traj, traj, s) for s in bar.track(seeds, description="restarts")]
        pairs: dict[str, list[Paths]] = {"restarts": list(combinations(fits, 2))}
        pairs["halves"] = [_halves(model, traj, s) for s in bar.track(seeds, description="halves")]
        pairs["one regime"] = [
            _halves(model, simulated_surrogates(single, traj, seed=s), s)
            for s in bar.track(seeds, description="one regime")
        ]
    rows = {}
    for name, compared in pairs.items():
        index = [adjusted_rand(*paths) for paths in compared]
        rows[name] = {
            "ari": float(np.mean(index)),
            "ari_min": min(index),
            "ari_max": max(index),
            "agreement": float(np.mean([_agreement(*paths, model.n_regimes) for paths in compared])),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("compared")


def _decode(model: SLDS, train: Trajectories, traj: Trajectories, seed: int) -> np.ndarray:
    return clone(model).set_params(random_state=seed).fit(train).viterbi(traj)


def _halves(model: SLDS, traj: Trajectories, seed: int) -> Paths:
    first, second = traj.split(0.5, seed=seed)
    return _decode(model, first, traj, seed), _decode(model, second, traj, seed)


def adjusted_rand(reference: np.ndarray, other: np.ndarray) -> float:
    """Adjusted Rand index of two labellings (n,); 0 where one of them has a single label: nothing to find again."""
    if np.ptp(reference) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(adjusted_rand_score(reference, other))


def _agreement(reference: np.ndarray, other: np.ndarray, n_regimes: int) -> float:
    order = match_regimes(reference, other, n_regimes)
    return float(np.mean(np.argsort(order)[other] == reference))
