"""Scores of forecasts when every question is held out once, with replicates over questions."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.stats.bootstrap import chain_weights, sum_by_group
from lmphys.stats.folds import group_folds

# Maps states (n, D) to coordinates (n, k); it must be affine.
Frame = Callable[[np.ndarray], np.ndarray]


def by_task(traj: Trajectories, *, min_questions: int = 3) -> tuple[dict[str, Trajectories], list[str]]:
    """Chains of each task, in the order of their first chain, and the names of tasks with too few questions."""
    if not {"task", "question_id"} <= set(traj.chains):
        raise LmphysError("the chains name no task and question; take the trajectories of a corpus")
    task, question = traj.chains["task"].to_numpy(), traj.chains["question_id"]
    parts, few = {}, []
    for name in pd.unique(task):
        if question[task == name].nunique() < min_questions:
            few.append(str(name))
        else:
            parts[str(name)] = traj.select(task == name)
    return parts, few


def task_folds(parts: Sequence[Trajectories], n_folds: int, seed: int) -> dict[str, int]:
    """Fold of each question, the questions of each task spread evenly over the folds.

    The folds are those of all questions in `parts` together, so that a question which one model has read and another
    as well is in one fold for both.

    Raises:
        LmphysError: a task has fewer questions than folds, or there are fewer than 2 folds.
    """
    table = pd.concat([part.chains[["task", "question_id"]] for part in parts]).drop_duplicates()
    folds: dict[str, int] = {}
    rng = np.random.default_rng(seed)
    for task, rows in table.sort_values(["task", "question_id"]).groupby("task"):
        names = rows["question_id"].tolist()
        places = group_folds(names, n_folds, seed=rng, what=f"questions of {task}")
        folds |= dict(zip(names, map(int, places), strict=True))
    return folds


def select_fold(traj: Trajectories, folds: Mapping[str, int], fold: int) -> tuple[Trajectories, Trajectories]:
    """Chains whose questions are not in a fold, to learn from, and those whose questions are, to test."""
    held_out = traj.chains["question_id"].map(folds).to_numpy() == fold
    return traj.select(~held_out), traj.select(held_out)


class HeldOut:
    """R^2 of forecasts of one set of chains, each question of which is held out once, with bootstrap replicates.

    The coordinates may differ from fold to fold, as each fold learns its own. In each, variance is counted about the
    image of one mean, that of all targets h_{t+1} in the full space:

        R^2 = 1 - sum_f sum ||y - yhat||^2 / sum_f sum ||F_f(h') - F_f(mean h')||^2

    with f the fold and F_f the affine map to its coordinates. Where all folds have one map this is the R^2 of
    `one_step_scores`. A replicate draws whole questions, and has its own mean.

    Args:
        traj: the chains, with `question_id`.
        n_bootstrap: R.
        seed: of the draws: equal questions and seeds give equal draws, so that differences are paired.
    """

    def __init__(self, traj: Trajectories, *, n_bootstrap: int = 500, seed: int = 0) -> None:
        self.names = sorted(traj.chains["question_id"].unique())
        self._number = {name: i for i, name in enumerate(self.names)}
        self.weights = np.vstack([np.ones(len(self.names)), chain_weights(len(self.names), n_bootstrap, seed)])
        after, group = self._targets(traj)
        self.mean = after.mean(axis=0)
        centred = after - self.mean
        count, square = self._sums(np.stack([np.ones(len(after)), (centred**2).sum(axis=1)], axis=1), group).T
        self._count = self.weights @ count
        shift = self.weights @ self._sums(centred, group) / self._count[:, None]
        self._means = self.mean + shift
        self._total = self.weights @ square - self._count * (shift**2).sum(axis=1)
        self._errors: dict[str, np.ndarray] = {}
        self._variance: dict[str, np.ndarray] = {}
        self._nll: dict[str, np.ndarray] = {}

    def _targets(self, traj: Trajectories) -> tuple[np.ndarray, np.ndarray]:
        """Targets h_{t+1} of all transitions, float64, and the number of the question of each."""
        _, after, chain = traj.pairs()
        return after.astype(np.float64), traj.chains["question_id"].map(self._number).to_numpy()[chain]

    def _sums(self, x: np.ndarray, group: np.ndarray) -> np.ndarray:
        return sum_by_group(x, group, len(self.names))

    def add(self, test: Trajectories, frame: Frame, forecasts: Mapping[str, np.ndarray]) -> None:
        """Add what one fold has to say.

        Args:
            test: the chains of the fold, full width.
            frame: to the coordinates of this fold.
            forecasts: name to forecasts (N - C, k) of `frame(h_{t+1})`, in the order of `test.pairs()`; or to several
                of equal standing, (m, N - C, k), whose squared errors are averaged.
        """
        after, group = self._targets(test)
        centre = frame(self.mean[None])
        shift = frame(self._means) - centre
        y = frame(after)
        centred = y - centre
        rows = np.column_stack([(centred**2).sum(axis=1), np.ones(len(y)), centred])
        sums = self.weights @ self._sums(rows, group)
        square, count, total = sums[:, 0], sums[:, 1], sums[:, 2:]
        variance = square - 2 * (total * shift).sum(axis=1) + count * (shift**2).sum(axis=1)
        for name, forecast in forecasts.items():
            error = ((y - forecast) ** 2).sum(axis=-1)
            error = self.weights @ self._sums(error if error.ndim == 1 else error.mean(axis=0), group)
            self._errors[name] = self._errors.get(name, 0) + error
            self._variance[name] = self._variance.get(name, 0) + variance

    def add_nll(self, name: str, test: Trajectories, nll: np.ndarray) -> None:
        """Add negative log densities (N - C,), nats, of the transitions of one fold."""
        values = self.weights @ self._sums(nll, self._targets(test)[1])
        self._nll[name] = self._nll.get(name, 0) + values

    def r2(self, name: str) -> np.ndarray:
        """R^2 of a forecast and its replicates, (R + 1,)."""
        return 1 - self._errors[name] / self._variance[name]

    def share(self, name: str) -> np.ndarray:
        """Share of the variance of h_{t+1} in all D dimensions that lies in the coordinates of a forecast.

        Replicates included, (R + 1,). Meaningful where the map to the coordinates is an orthogonal projection.
        """
        return self._variance[name] / self._total

    def nll(self, name: str) -> np.ndarray:
        """Mean negative log density, nats per transition, and its replicates, (R + 1,)."""
        return self._nll[name] / self._count
