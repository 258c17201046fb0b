"""Folds that keep what belongs together on one side: the chains of a question, the questions of a theme.

Folds of groups are dealt like cards: the groups, in random order, one to each fold in turn. `GroupKFold` of
scikit-learn balances rows instead, and would give other folds than those of every number on record; where labels are
to be balanced as well its `StratifiedGroupKFold` is used.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.model_selection import StratifiedGroupKFold

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories

# Maps training and test chains to values of the test transitions, (n, ...) each.
Score = Callable[[Trajectories, Trajectories], dict[str, np.ndarray]]


def group_folds(
    groups: ArrayLike, n_folds: int, *, seed: int | np.random.Generator, what: str = "groups"
) -> np.ndarray:
    """Fold (n,) of each row, 0 to n_folds - 1, one for all rows of a group; folds have as many groups, or one more.

    Args:
        groups: (n,) labels, numbered in the order in which they occur.
        n_folds: from 2 to the number of groups.
        seed: of the deal, or the generator that deals.
        what: the groups are, for the message.

    Raises:
        LmphysError: fewer than 2 folds, or fewer groups than folds.
    """
    group, names = pd.factorize(np.asarray(groups))
    if not 2 <= n_folds <= len(names):
        raise LmphysError(f"{n_folds} folds of {len(names)} {what}: use 2 folds or more, and one of them for each")
    return (np.random.default_rng(seed).permutation(len(names)) % n_folds)[group]


def stratified_group_folds(labels: ArrayLike, groups: ArrayLike, n_folds: int, *, seed: int) -> np.ndarray:
    """Fold (n,) of each row, one for all rows of a group, with like shares of each label, as far as groups allow."""
    fold = np.empty(len(np.asarray(labels)), dtype=int)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for f, (_, test) in enumerate(splitter.split(labels, labels, groups)):
        fold[test] = f
    return fold


def question_folds(traj: Trajectories, n_folds: int, seed: int) -> np.ndarray:
    """Fold of each chain, (C,), one for all chains of a question; without `question_id` each chain is its own.

    Raises:
        LmphysError: there are no transitions, or as in `group_folds`.
    """
    if not traj.n_transitions:
        raise LmphysError("no transitions to fit: at least one chain needs two states or more")
    if "question_id" in traj.chains:
        return group_folds(traj.chains["question_id"], n_folds, seed=seed, what="questions")
    return group_folds(np.arange(len(traj)), n_folds, seed=seed, what="chains")


def hold_out(score: Score, traj: Trajectories, fold: np.ndarray, folds: Iterable[int]) -> dict[str, np.ndarray]:
    """Scores of every transition by the model that has not seen its fold, in the order of `traj.pairs()`.

    Args:
        score: of a model that it fits to training chains, on test chains.
        traj: C chains.
        fold: (C,) of each.
        folds: that are held out in turn.
    """
    of_transition = np.repeat(fold, traj.lengths - 1)
    result: dict[str, np.ndarray] = {}
    for f in folds:
        rows = of_transition == f
        if not rows.any():  # only chains of one state
            continue
        for name, values in score(traj.select(fold != f), traj.select(fold == f)).items():
            if name not in result:
                result[name] = np.empty((len(rows), *values.shape[1:]))
            result[name][rows] = values
    return result
