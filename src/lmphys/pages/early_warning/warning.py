"""Can one tell from its first sentences that a chain will go wrong? Held-out forecasts, beside what is known anyway.

Everything is held out by question: basis, switching model, linear map, centre and scale, weights of the classifier and
its penalties come from other questions than those that are scored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.pages.early_warning.lead_time import levels
from lmphys.pages.early_warning.logistic import fit_logistic, predict_logistic
from lmphys.pages.early_warning.prefixes import PrefixSignals, exposure
from lmphys.problems.chains import problem_of
from lmphys.stats.folds import question_folds

# Penalties of half the squared weights of standardised signals, against a sum of losses over chains.
RIDGES = (1.0, 10.0, 100.0, 1000.0)
# The same of what is known without a signal: it only keeps a task of few chains from certainty.
_RIDGE_KNOWN = 1.0

# A model: what it knows, with the small penalty, and its signals, with the one that is chosen.
Model = tuple[Sequence[str], Sequence[str]]


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


@threadpool_limits.wrap(limits=1)
def forecast(
    signals: Signals,
    event: np.ndarray,
    m: int,
    models: Mapping[str, Model],
    *,
    place: np.ndarray | None = None,
    deal: int | None = None,
    ridges: Sequence[float] = RIDGES,
) -> pd.DataFrame:
    """Held-out probability of the event for each chain at risk after m sentences.

    Args:
        signals: from `prefix_signals`.
        event: (C,) whether it comes.
        m: sentences read, one of the prefixes.
        models: name -> what it knows, and its signals (`Signals.names`). Nothing at all: the base rate.
        place: (C,) sentence that is the event, infinite without one; chains that have it behind them are not at risk.
            None: it comes with the last sentence.
        deal: a seed: signals are dealt out anew among the chains of each task, which leaves all that is known in its
            place. The null of a gain.
        ridges: penalties of the signals to choose from.

    Returns:
        A row a chain at risk: `chain` (row in `chains`), `question` and `task` (codes), `fold`, `event`, and a column
        of probabilities for each model. Empty where m is no prefix that a chain outlasts.
    """
    chains = signals.rows(m)
    chains = chains[exposure(signals.traj, place)[chains] >= m] if m in signals.values else chains[:0]
    y, fold = event[chains].astype(bool), signals.fold[chains]
    table = _described(signals.traj, chains).assign(fold=fold, event=y)
    source = chains if deal is None else chains[_dealt(table["task"].to_numpy(), deal)]
    for name, (known, more) in models.items():
        p = np.full(len(chains), np.nan)
        for f in np.unique(fold):
            x = signals.columns(m, f, known, chains), signals.columns(m, f, more, source)
            p[fold == f] = _risk(x, y, fold != f, fold == _next(f, fold), fold == f, ridges)
        table[name] = p
    return table


@threadpool_limits.wrap(limits=1)
def alarm_levels(
    signals: Signals, place: np.ndarray, models: Mapping[str, Model], *, ridges: Sequence[float] = RIDGES
) -> pd.DataFrame:
    """Levels of alarms after every prefix at which a chain is at risk, for `lead_time.lead_times`.

    One classifier for all prefixes of the training questions. Its level 0.1, say, is the score that a tenth of the
    training chains without the event reach at some time, each scored by a classifier that has not seen its question
    (the models of the states have: surprise on training chains is a little too low, and the share of false alarms on
    others may differ from the one that was set).

    Args:
        signals: of the prefixes 1, 2, 3, ...
        place: (C,) sentence that is the event, infinite without one.
        models: as in `forecast`; "place" is the number of sentences so far.
        ridges: penalties to choose from.

    Returns:
        A row a chain and prefix: `chain`, `question`, `task`, `m`, `place`, a column of levels for each model, and
        "place alone", of an alarm that knows nothing but the number of sentences and rings when it is large.
    """
    at_risk = exposure(signals.traj, place)
    at = {m: signals.rows(m)[at_risk[signals.rows(m)] >= m] for m in signals.values}
    chain = np.concatenate(list(at.values()))
    m = np.repeat(list(at), [len(rows) for rows in at.values()])
    y, fold = np.isfinite(place[chain]), signals.fold[chain]
    table = _described(signals.traj, chain).assign(m=m, place=place[chain])
    folds = np.unique(fold)

    def by_fold(score: np.ndarray, f: int) -> np.ndarray:
        """Levels of the chains of fold f; scores of the others are those of the reference."""
        others = pd.Series(score)[(fold != f) & ~y].groupby(chain[(fold != f) & ~y]).max()
        return levels(score[fold == f], others.to_numpy()) if len(others) else np.ones(int((fold == f).sum()))

    for name, (known, more) in models.items():
        level = np.full(len(chain), np.nan)
        for f in folds:
            x = tuple(
                np.concatenate([signals.columns(k, f, names, rows) for k, rows in at.items()])
                for names in (known, more)
            )
            score = np.full(len(chain), np.nan)
            for g in folds:
                train = (fold != f) & (fold != g)
                score[fold == g] = _risk(x, y, train, fold == _next(g, fold[fold != f]), fold == g, ridges)
            level[fold == f] = by_fold(score, f)
        table[name] = level
    table["place alone"] = np.nan
    for f in folds:
        table.loc[fold == f, "place alone"] = by_fold(m.astype(float), f)
    return table.sort_values(["chain", "m"], ignore_index=True)


def _described(traj: Trajectories, chains: np.ndarray) -> pd.DataFrame:
    """Columns chain, question and task (codes)."""
    codes = {}
    for name, column in (("question", "question_id"), ("task", "task")):
        known = column in traj.chains
        codes[name] = pd.factorize(traj.chains[column])[0] if known else np.arange(len(traj)) * (name == "question")
    return pd.DataFrame({"chain": chains, **{name: code[chains] for name, code in codes.items()}})


def _dealt(task: np.ndarray, seed: int) -> np.ndarray:
    """A permutation within tasks, (n,)."""
    out = np.empty(len(task), dtype=np.int64)
    out[np.argsort(task, kind="stable")] = np.lexsort((np.random.default_rng(seed).random(len(task)), task))
    return out


def _next(f: int, fold: np.ndarray) -> int:
    """The fold after f among those there are."""
    there = np.unique(fold)
    return int(there[np.searchsorted(there, f, side="right") % len(there)])


def _risk(
    x: tuple[np.ndarray, ...], y: np.ndarray, train: np.ndarray, valid: np.ndarray, test: np.ndarray,
    ridges: Sequence[float],
) -> np.ndarray:  # fmt: skip
    """Probabilities on `test` of a logistic model trained on `train`, whose part in `valid` has chosen the penalty.

    Args:
        x: what is known, (n, p), and signals, (n, q).
        y: (n,) bool.
        train: (n,) bool.
        valid: (n,) bool; rows outside `train` are not used.
        test: (n,) bool.
        ridges: penalties of the signals.
    """

    def fitted(ridges: Sequence[float], fit: np.ndarray, on: np.ndarray) -> np.ndarray:
        """Probabilities, (number of ridges, rows of `on`)."""
        if not fit.any() or y[fit].all() or not y[fit].any():
            return np.full((len(ridges), int(on.sum())), y[fit].mean() if fit.any() else np.nan)
        known, more = (_standardised(part, fit) for part in x)
        both = np.hstack([known, more])
        penalties = np.repeat([[_RIDGE_KNOWN] * known.shape[1]], len(ridges), axis=0)
        penalties = np.hstack([penalties, np.repeat(np.array(ridges)[:, None], more.shape[1], axis=1)])
        return predict_logistic(both[on], fit_logistic(both[fit], y[fit], penalties))

    chooser = train & valid
    if not x[1].shape[1] or not chooser.any() or not (train & ~valid).any():
        return fitted(ridges[:1], train, test)[0]
    p = np.clip(fitted(ridges, train & ~valid, chooser), 1e-12, 1 - 1e-12)
    loss = -np.log(np.where(y[chooser], p, 1 - p)).mean(axis=1)
    return fitted([ridges[int(loss.argmin())]], train, test)[0]


def _standardised(x: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1 on the rows `fit`; 0 throughout where they do not vary there."""
    centre, spread = x[fit].mean(axis=0), x[fit].std(axis=0)
    varies = spread > 1e-9 * (1 + np.abs(centre))
    return np.where(varies, (x - centre) / np.where(varies, spread, 1.0), 0.0)


def nested(known: Sequence[str], groups: Mapping[str, Sequence[str]], names: Sequence[str]) -> dict[str, Model]:
    """Models of `forecast`: "known" alone, and each group of signals alone (`<group>`) and beside it (`+ <group>`).

    Args:
        known: what a forecast knows without a signal.
        groups: name -> signals; a group with a signal that is not in `names` is left out.
        names: `Signals.names`.
    """
    there = {name: tuple(parts) for name, parts in groups.items() if set(parts) <= set(names)}
    alone: dict[str, Model] = {name: ((), parts) for name, parts in there.items()}
    beside: dict[str, Model] = {f"+ {name}": (tuple(known), parts) for name, parts in there.items()}
    return {"known": (tuple(known), ()), **alone, **beside}
