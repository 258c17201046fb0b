"""Can one tell from its first sentences that a chain will go wrong? Held-out forecasts, beside what is known anyway.

Everything is held out by question: basis, switching model, linear map, centre and scale, weights of the classifier and
its penalties come from other questions than those that are scored.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lmphys.core.trajectories import Trajectories
from lmphys.pages.early_warning.lead_time import levels
from lmphys.pages.early_warning.logistic import fit_logistic, predict_logistic
from lmphys.pages.early_warning.prefixes import exposure
from lmphys.pages.early_warning.signals import Signals

# Penalties of half the squared weights of standardised signals, against a sum of losses over chains.
RIDGES = (1.0, 10.0, 100.0, 1000.0)
# The same of what is known without a signal: it only keeps a task of few chains from certainty.
_RIDGE_KNOWN = 1.0

# A model: what it knows, with the small penalty, and its signals, with the one that is chosen.
Model = tuple[Sequence[str], Sequence[str]]

# What a forecast knows without a signal, and the signals that are tried beside it.
KNOWN = ("task", "length")
GROUPS: Mapping[str, Sequence[str]] = {
    "SLDS": ("surprise", "regimes"),
    "linear map": ("linear map",),
    "jumps": ("jumps",),
    "entropy": ("entropy",),
    "first state": ("first state",),
    "state": ("state",),
    "difficulty": ("difficulty",),
    "all of these": ("surprise", "regimes", "linear map", "jumps", "entropy", "state"),
    "SLDS, random weights": ("surprise, random weights", "regimes, random weights"),
    "state, random weights": ("state, random weights",),
}


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


def candidates(signals: Signals) -> dict[str, Model]:
    """All models of the page: the base rate, the task, and `KNOWN` with the `GROUPS` that these chains have."""
    plain: dict[str, Model] = {"base rate": ((), ()), "task": (("task",), ())}
    return plain | nested(KNOWN, GROUPS, signals.names())


@threadpool_limits.wrap(limits=1)
def forecast(
    signals: Signals,
    event: np.ndarray,
    m: int,
    models: Mapping[str, Model],
    *,
    place: np.ndarray | None = None,
    permute: int | None = None,
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
        permute: a seed: signals are permuted among the chains of each task, which leaves all that is known in its
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
    source = chains if permute is None else chains[_permuted(table["task"].to_numpy(), permute)]
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


def _permuted(task: np.ndarray, seed: int) -> np.ndarray:
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
