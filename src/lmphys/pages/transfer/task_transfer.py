"""A model of the dynamics fitted to one set of chains and tested on another, held out by question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import simulated_surrogates
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.transfer.held_out import HeldOut, select_fold, task_folds
from lmphys.stats.interval import percentile_interval

Basis = Literal["source", "target", "pooled"]
REST = "all other tasks"
# What is forecast by what, the transferred model first.
RULES = (
    *("switching", "one linear map", "switching, re-centred", "one linear map, re-centred"),
    *("shuffled source", "mean of source", "mean of target", "persistence"),
)


@dataclass(frozen=True, eq=False)
class TransferMatrix:
    """R^2 of every source on every target.

    Attributes:
        tasks: names of the T targets; the sources are the same, and last, if it was asked for, `REST`, all tasks but
            the target.
        scores: (source, target) to the scores, the rules being `RULES`.
    """

    tasks: tuple[str, ...]
    scores: dict[tuple[str, str], HeldOut]

    def matrix(self, rule: str = "switching") -> pd.DataFrame:
        """R^2, sources down and targets across."""
        return self._frame(lambda scores: float(scores.r2(rule)[0]))

    def nll(self) -> pd.DataFrame:
        """Negative log density of the targets under the switching model of the source, nats per transition."""
        return self._frame(lambda scores: float(scores.nll("switching")[0]))

    def pairs(self) -> pd.DataFrame:
        """Scores `r2` and `nll` of every source and target that is a task, and `pair`: own task or another task."""
        tasks = list(self.tasks)
        scores = {"r2": self.matrix().loc[tasks].stack(), "nll": self.nll().loc[tasks].stack()}
        table = pd.DataFrame(scores).rename_axis(["source", "target"])
        own = table.index.get_level_values("source") == table.index.get_level_values("target")
        return table.assign(pair=np.where(own, "own task", "another task"))

    def _frame(self, value: Callable[[HeldOut], float]) -> pd.DataFrame:
        sources = dict.fromkeys(source for source, _ in self.scores)
        rows = {s: [value(self.scores[s, t]) for t in self.tasks] for s in sources}
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(self.tasks))

    def mean(self, rule: str, which: Literal["own", "other", "rest"]) -> np.ndarray:
        """Mean R^2 over the targets of a source of one kind, and its replicates, (R + 1,).

        "own": the target's own task; "other": one other task, mean over these; "rest": all other tasks together.
        Every task is as often an own source as it is, on average, another's, so sizes of the tasks even out.
        """
        per_target = []
        for target in self.tasks:
            chosen = {"own": [target], "other": [t for t in self.tasks if t != target], "rest": [REST]}[which]
            per_target.append(np.mean([self.scores[s, target].r2(rule) for s in chosen], axis=0))
        return np.mean(per_target, axis=0)

    def summary(self) -> pd.DataFrame:
        """Mean R^2 by rule, with intervals: own task, one other task, the drop between them, all other tasks."""
        rows = {}
        for rule in RULES:
            means = {"own": self.mean(rule, "own"), "other": self.mean(rule, "other")}
            means["drop"] = means["other"] - means["own"]
            if (REST, self.tasks[0]) in self.scores:
                means["rest"] = self.mean(rule, "rest")
            rows[rule] = {
                f"{name}{end}": float(x)
                for name, values in means.items()
                for end, x in zip(("", "_low", "_high"), percentile_interval(values), strict=True)
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecast")


def transfer_matrix(
    domains: Mapping[str, Trajectories],
    *,
    rank: int,
    n_regimes: int,
    basis: Basis = "pooled",
    rest: bool = True,
    n_folds: int = 3,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> TransferMatrix:
    """Fit a model to each set of chains and test it on held-out questions of every set.

    A fold leaves out questions of all sets alike. Bases, models and means are learned on the other folds only, so a
    test question is in no training set, whether source, target or pooled.

    Args:
        domains: T sets of chains of one full width, such as the tasks of a corpus; at least two.
        rank: k of the projection.
        n_regimes: K of the switching model.
        basis: whose training chains the projection is learned on: the source's, the target's, or all.
        rest: also fit to all sets but the target.
        n_folds: folds of questions.
        n_bootstrap: replicates, over the questions of each target.
        seed: of folds, fits, shuffles and replicates.

    Returns:
        Scores by (source, target) of the rules: the switching model with honest weights; one linear map, fitted to the
        same chains and shrunk alike; both moved from the mean state of the source to that of the target; such a map
        fitted to the source's permuted states, which knows their mean and covariance alone; the mean next state
        of source and of target; persistence. Means are those of training chains.

    Raises:
        LmphysError: fewer than two sets, an unknown basis, widths that differ, or too few questions.
    """
    if len(domains) < 2:
        raise LmphysError("a transfer needs two tasks or more; give more tasks, or more questions of each")
    if basis not in get_args(Basis):
        raise LmphysError(f"basis {basis!r}: choose one of {', '.join(get_args(Basis))}")
    tasks = tuple(domains)
    folds = task_folds(list(domains.values()), n_folds, seed)
    pairs = [(s, t) for s in (*tasks, *[REST] * rest) for t in tasks]
    scores = {(s, t): HeldOut(domains[t], n_bootstrap=n_bootstrap, seed=seed + tasks.index(t)) for s, t in pairs}
    for fold in range(n_folds):
        parts = {t: select_fold(domains[t], folds, fold) for t in tasks}
        train = {t: parts[t][0] for t in tasks}
        everything = Trajectories.concatenate(list(train.values()))
        pooled = Projection(rank).fit(everything) if basis == "pooled" else None
        known: dict[tuple[str, str], _Source] = {}
        for s, t in pairs:
            # `REST` is another set for each target.
            key = (s, t if s == REST or basis == "target" else "")
            if key not in known:
                chains = train[s] if s != REST else Trajectories.concatenate([train[o] for o in tasks if o != t])
                own = {"source": chains, "target": train[t]}.get(basis)
                projection = pooled if own is None else Projection(rank).fit(own)
                assert projection is not None
                known[key] = _Source(projection, projection.transform(chains), n_regimes, seed)
            known[key].score(scores[s, t], parts[t][1], train[t])
    return TransferMatrix(tasks, scores)


class _Source:
    """The models of one source in one basis."""

    def __init__(self, projection: Projection, chains: Trajectories, n_regimes: int, seed: int) -> None:
        self.projection = projection
        self.chains = chains
        self.switching = SLDS(n_regimes, random_state=seed, n_init=2).fit(chains)
        ridge = self.switching.ridge_
        self.linear = LinearDrift(ridge, penalty="A-I").fit(chains)
        # Pulled to the mean, not to persistence: a map without dynamics should not be given any by its prior.
        self.shuffled = LinearDrift(ridge).fit(shuffle_chains(chains, seed=seed))

    def score(self, scores: HeldOut, test: Trajectories, train: Trajectories) -> None:
        """Forecast the test chains of a target; of its training chains the means alone are used."""
        inside, seen = self.projection.transform(test), self.projection.transform(train)
        shift = self.chains.states.mean(axis=0) - seen.states.mean(axis=0)
        moved = inside.with_states(inside.states + shift)
        shape = (inside.n_transitions, inside.width)
        forecasts = {
            "switching": self.switching.forecasts(inside)["predictive"],
            "one linear map": self.linear.predict(inside).mean,
            "switching, re-centred": self.switching.forecasts(moved)["predictive"] - shift,
            "one linear map, re-centred": self.linear.predict(moved).mean - shift,
            "shuffled source": self.shuffled.predict(inside).mean,
            "mean of source": np.broadcast_to(self.chains.pairs()[1].mean(axis=0), shape),
            "mean of target": np.broadcast_to(seen.pairs()[1].mean(axis=0), shape),
            "persistence": inside.pairs()[0],
        }
        scores.add(test, self.projection.coordinates, forecasts)
        scores.add_nll("switching", test, self.switching.predict(inside).nll)


def permute_tasks(domains: Mapping[str, Trajectories], *, seed: int) -> dict[str, Trajectories]:
    """The same chains with their questions permuted among the tasks, as many to each as before.

    The null of a difference between tasks: what is left of it belongs to the size of the sets and to chance.
    """
    everything = Trajectories.concatenate(list(domains.values()))
    names = {name: part.chains["question_id"].unique().tolist() for name, part in domains.items()}
    permuted = np.random.default_rng(seed).permutation([question for part in names.values() for question in part])
    task = dict(zip(permuted, np.repeat(list(names), [len(part) for part in names.values()]), strict=True))
    labels = everything.chains["question_id"].map(task)
    everything = replace(everything, chains=everything.chains.assign(task=labels))
    return {name: everything.select((labels == name).to_numpy()) for name in names}


def single_map_surrogates(domains: Mapping[str, Trajectories], *, rank: int, seed: int) -> dict[str, Trajectories]:
    """Chains simulated from one linear map for each set, in the leading coordinates of all: the null without regimes.

    Args:
        domains: sets of chains of one full width.
        rank: k, the width of the surrogates.
        seed: of the simulation; a set's number is added to it.
    """
    projection = Projection(rank).fit(Trajectories.concatenate(list(domains.values())))
    inside = {name: projection.transform(part) for name, part in domains.items()}
    return {
        name: simulated_surrogates(SLDS(1).fit(part), part, seed=seed + i)
        for i, (name, part) in enumerate(inside.items())
    }
