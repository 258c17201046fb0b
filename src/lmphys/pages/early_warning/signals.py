"""Signals of all prefixes of some chains, held out: from models that have not seen the question of a chain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.selection import question_folds
from lmphys.pages.early_warning.prefixes import PrefixSignals
from lmphys.problems.chains import problem_of


@dataclass(frozen=True, eq=False)
class Signals:
    """Signals of all prefixes of some chains, by models that were fitted without each fold in turn.

    Attributes:
        traj: C chains.
        fold: (C,) fold of each, one for all chains of a question.
        values: m -> for each fold, the signals by name, (n, p) each, of the n chains with more than m sentences.
    """

    traj: Trajectories
    fold: np.ndarray
    values: Mapping[int, Sequence[Mapping[str, np.ndarray]]]

    def rows(self, m: int) -> np.ndarray:
        """Chains with more than m sentences."""
        return np.flatnonzero(self.traj.lengths > m)

    def names(self) -> list[str]:
        """All that a model may be made of."""
        return [*next(iter(self.values.values()))[0], "place", *self._known]

    def columns(self, m: int, f: int, names: Sequence[str], chains: np.ndarray) -> np.ndarray:
        """Columns (n, p) of `chains` at prefix m, as they look without fold f; none: (n, 0).

        Besides the signals there are "task", one column a task; "place", one column a prefix, as m may count in any
        way; and, for problems with known steps, "difficulty", their number.
        """
        at = np.searchsorted(self.rows(m), chains)
        parts = [np.empty((len(chains), 0))]
        for name in names:
            if name == "place":
                longest = max(self.values)
                parts.append(np.tile(np.arange(1.0, longest + 1) == m, (len(chains), 1)))
            else:
                parts.append(self._known[name][chains] if name in self._known else self.values[m][f][name][at])
        return np.hstack(parts).astype(np.float64)

    @cached_property
    def _known(self) -> dict[str, np.ndarray]:
        """What is known of each chain before its first sentence, (C, p) each."""
        table = self.traj.chains
        task = table["task"] if "task" in table else pd.Series("", index=table.index)
        found = {"task": pd.get_dummies(task).to_numpy(dtype=float)}
        steps = _difficulty(table)
        return found if steps is None else {**found, "difficulty": steps[:, None]}


def _difficulty(chains: pd.DataFrame) -> np.ndarray | None:
    """Steps of the problem of each chain, (C,); None where a question is not about a problem with known steps."""
    if "question_id" not in chains:
        return None
    of = {name: problem_of(name) for name in chains["question_id"].unique()}
    if any(problem is None for problem in of.values()):
        return None
    steps = {name: problem.difficulty for name, problem in of.items() if problem is not None}
    return chains["question_id"].map(steps).to_numpy(dtype=float)


@threadpool_limits.wrap(limits=1)
def prefix_signals(
    traj: Trajectories, prefixes: Iterable[int], model: PrefixSignals, *, n_folds: int = 5, seed: int = 0
) -> Signals:
    """Fit `model` without each fold of questions in turn, and take its signals of all chains.

    Args:
        traj: C chains; `question_id` in `chains` makes the folds.
        prefixes: numbers of sentences m; those that no chain outlasts are left out.
        model: settings.
        n_folds: at least 3: one is held out, another chooses the penalty.
        seed: of the folds; equal seeds and questions give equal folds.

    Raises:
        LmphysError: fewer than 3 folds, fewer questions than folds, or no chain longer than the least prefix.
    """
    if n_folds < 3:
        raise LmphysError(f"{n_folds} folds leave nothing to train on; take at least 3")
    fold = question_folds(traj, n_folds, seed)
    usable = sorted({m for m in prefixes if m < traj.lengths.max()})
    if not usable:
        raise LmphysError("no chain is longer than the shortest prefix; raise max_tokens or ask for shorter prefixes")
    fitted = [clone(model).fit(traj.select(fold != f)) for f in range(n_folds)]
    values = {}
    for m in usable:
        long = traj.select(traj.lengths > m)
        values[m] = [each.transform(long, m) for each in fitted]
    return Signals(traj, fold, values)


def join(signals: Signals, others: Mapping[str, Signals]) -> Signals:
    """Signals of the same chains by other states, each renamed `<name>, <label>`, beside those of the first.

    Args:
        signals: C chains.
        others: label -> signals of the same chains, with the same folds.

    Raises:
        LmphysError: other chains or folds.
    """
    values = {m: [dict(fold) for fold in folds] for m, folds in signals.values.items()}
    for label, other in others.items():
        same = list(other.traj.chains["chain_id"]) == list(signals.traj.chains["chain_id"])
        same = same and np.array_equal(other.traj.lengths, signals.traj.lengths)
        if not same or not np.array_equal(other.fold, signals.fold):
            raise LmphysError(f"signals of {label} are of other chains or folds; let its model read the same corpus")
        for m, folds in values.items():
            for fold, more in zip(folds, other.values[m], strict=True):
                fold.update({f"{name}, {label}": x for name, x in more.items()})
    return Signals(signals.traj, signals.fold, values)
