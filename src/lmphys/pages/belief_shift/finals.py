"""The belief at the end of a chain, predicted from its beginning; and what the read-out of a state is worth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.belief_shift.folds import Fold
from lmphys.pages.belief_shift.readout import BeliefReadout
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.classification import auroc
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.regression import r2_interval

_DRAWS = 30  # simulated continuations of a chain
_ROUNDING = 1e-9  # a score nearer to 0 counts as a tie, which is no forecast of a high belief


def predict(folds: list[Fold], step: int, *, seed: int = 0) -> pd.DataFrame:
    """Forecasts of the final belief b_T of held-out chains from what is known up to a step.

    The target is whether b_T lies above a threshold: 1/2, as in the paper, and the median of the training chains, since
    with all b_T on one side of 1/2 the first is won by saying so.

    Rules: `SLDS` and `one linear map` (mean read-out of simulated continuations), the network (its own forecasts taken
    as states, then the read-out), `present state` (read-out of h_s), `present belief` (b_s), `beliefs so far` (logistic
    regression on b_s, the mean of b_0..b_s and b_s - b_0) and `majority` (the commoner class of the training chains).
    None knows of insertions to come.

    Args:
        folds: of `fit_folds`.
        step: s, the last sentence that is known, from 0; chains that end there or earlier are left out.
        seed: of the simulations.

    Returns:
        A row for each chain, rule and target: `theme`, `fold`, `rule`, `target` (`half` or `median`), `label`, whether
        b_T is above, and `score`, above 0 where the rule says so.
    """
    tables = []
    for number, fold in enumerate(folds):
        train, test = (_longer(traj, step) for traj in (fold.train, fold.test))
        if not len(train) or not len(test):
            continue
        end, train_end = _final(test), _final(train)
        predicted = _on_the_scale_of_beliefs(fold, test, step, seed)
        for target, threshold in {"half": 0.5, "median": float(np.median(train_end))}.items():
            high = train_end > threshold
            scores = {rule: value - threshold for rule, value in predicted.items()}
            scores["beliefs so far"] = _regression(train, test, high, step)
            scores["majority"] = np.full(len(test), high.mean() - 0.5)
            for rule, score in scores.items():
                columns = {"fold": number, "rule": rule, "target": target, "label": end > threshold, "score": score}
                tables.append(pd.DataFrame({"theme": test.chains["question_id"].to_numpy(), **columns}))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def final_belief_scores(folds: list[Fold], steps: Sequence[int] = (5, 10, 20), *, seed: int = 0) -> pd.DataFrame:
    """Accuracy and AUROC of `predict` from several steps.

    Returns:
        Indexed by `step`, `target` and `rule`: `accuracy` with `low` and `high`, `auroc` with `auroc_low` and
        `auroc_high` (NaN where a class is missing), 95 % intervals over themes; `share`, that of high beliefs; `n`.
    """
    rows = {}
    for step in steps:
        table = predict(folds, step, seed=seed)
        for (target, rule), own in table.groupby(["target", "rule"], sort=False) if len(table) else ():
            rows[(step, str(target), str(rule))] = _score(own, seed)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["step", "target", "rule"])


def _score(own: pd.DataFrame, seed: int) -> dict[str, float]:
    """Accuracy and AUROC of the forecasts of one rule for one target."""
    theme = pd.factorize(own["theme"])[0]
    n_themes, label, fold = int(theme.max()) + 1, own["label"].to_numpy(bool), own["fold"].to_numpy()
    score = np.where(own["score"].abs() < _ROUNDING, 0.0, own["score"])

    def area(weights: np.ndarray) -> np.ndarray:
        return auroc(score, label, weights, theme, fold)

    hit = mean_interval((score > 0) == label, groups=theme, n_groups=n_themes, seed=seed)
    found = bootstrap_chains(area, n_themes, n_bootstrap=200, seed=seed)
    return {
        **dict(zip(("accuracy", "low", "high"), map(float, hit), strict=True)),
        **dict(zip(("auroc", "auroc_low", "auroc_high"), map(float, found), strict=True)),
        "share": float(label.mean()),
        "n": len(own),
    }


def final_gains(folds: list[Fold], step: int, *, seed: int = 0) -> dict[str, dict[str, Interval]]:
    """Share of final beliefs above or below 1/2 that are foreseen from a step, of each rule minus each other one.

    Args:
        folds: of `fit_folds`.
        step: the last sentence that is known, from 0.
        seed: of the simulations and the resampling of themes.

    Returns:
        rule -> other rule -> the difference with a 95 % interval over themes, paired; empty where no chain is longer.
    """
    table = predict(folds, step, seed=seed)
    if not len(table):
        return {}
    half = table[table["target"] == "half"]
    hits = {}
    for rule, own in half.groupby("rule", sort=False):
        score = own["score"].where(own["score"].abs() >= _ROUNDING, 0.0)
        hits[str(rule)] = ((score > 0) == own["label"]).to_numpy(float)
    theme = half[half["rule"] == next(iter(hits))]["theme"].to_numpy()
    return {
        rule: {
            other: mean_interval(mine - theirs, groups=theme, seed=seed)
            for other, theirs in hits.items()
            if other != rule
        }
        for rule, mine in hits.items()
    }


def readout_scores(folds: list[Fold], *, seed: int = 0) -> pd.DataFrame:
    """R^2 of the belief at every sentence of held-out themes, by the read-out and by what needs no state.

    Returns:
        Indexed by rule, with `r2`, `low`, `high` (95 % over themes): `read-out of the state`; `position`, the mean
        training belief at the same sentence; `belief before`, b_{t-1} (at the first sentence the mean); and
        `mean of the theme`, the mean belief of the held-out theme itself, which no forecast can know.
    """
    truth: list[np.ndarray] = []
    theme: list[str] = []
    rules: dict[str, list[np.ndarray]] = {"read-out of the state": [], "position": [], "belief before": []}
    for fold in folds:
        b, t = fold.test.sentences["belief"].to_numpy(float), fold.test.sentences["t"].to_numpy()
        known = fold.train.sentences.groupby("t")["belief"].mean()
        mean = float(fold.train.sentences["belief"].mean())
        truth.append(b)
        theme += np.repeat(fold.test.chains["question_id"].astype(str), fold.test.lengths).tolist()
        rules["read-out of the state"].append(fold.readout.predict(fold.test.states))
        rules["position"].append(known.reindex(t).fillna(mean).to_numpy())
        rules["belief before"].append(np.where(t == 0, mean, np.roll(b, 1)))
    y, number = np.concatenate(truth), pd.factorize(np.array(theme))[0]
    found = {rule: np.concatenate(parts) for rule, parts in rules.items()}
    found["mean of the theme"] = pd.Series(y).groupby(number).transform("mean").to_numpy()
    rows = {}
    for rule, predicted in found.items():
        r2 = r2_interval(y[:, None], predicted[:, None], number, int(number.max()) + 1, seed=seed)
        rows[rule] = dict(zip(("r2", "low", "high"), map(float, r2), strict=True))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def _longer(traj: Trajectories, step: int) -> Trajectories:
    return traj.select(traj.lengths > step + 1)


def _final(traj: Trajectories) -> np.ndarray:
    """Belief (C,) at the last sentence of each chain."""
    return traj.sentences["belief"].to_numpy(float)[traj.offsets[1:] - 1]


def known_part(traj: Trajectories, step: int) -> Trajectories:
    """Sentences 0 to `step` of each chain."""
    kept = traj.sentences["t"].to_numpy() <= step
    lengths = np.minimum(traj.lengths, step + 1)
    return Trajectories(traj.states[kept], lengths, traj.chains, traj.sentences[kept].reset_index(drop=True), traj.meta)


def _on_the_scale_of_beliefs(fold: Fold, test: Trajectories, step: int, seed: int) -> dict[str, np.ndarray]:
    """Forecasts (C,) of b_T."""
    prefix = known_part(test, step)
    steps = test.lengths - 1 - step
    last = prefix.offsets[1:] - 1
    network = fold.recurrent[0]
    ahead = np.empty((len(test), test.width))
    for n in np.unique(steps):
        rows = np.flatnonzero(steps == n)
        ahead[rows] = network.continued(prefix.select(rows), int(n))
    return {
        "SLDS": _simulated(fold.slds, fold.readout, prefix, steps, seed),
        "one linear map": _simulated(fold.linear, fold.readout, prefix, steps, seed),
        network.name: fold.readout.predict(ahead),
        "present state": fold.readout.predict(prefix.states[last]),
        "present belief": prefix.sentences["belief"].to_numpy(float)[last],
    }


def _simulated(model: SLDS, readout: BeliefReadout, prefix: Trajectories, steps: np.ndarray, seed: int) -> np.ndarray:
    """Mean read-out (C,) at the end of simulated continuations."""
    copies = np.tile(np.arange(len(prefix)), _DRAWS)
    chains = model.simulate(prefix.select(copies), steps[copies], seed=seed)
    return readout.predict(chains.states[chains.offsets[1:] - 1]).reshape(_DRAWS, -1).mean(axis=0)


def _regression(train: Trajectories, test: Trajectories, high: np.ndarray, step: int) -> np.ndarray:
    """Probability (C,) of a high final belief minus 1/2, from the beliefs so far."""
    if high.all() or not high.any():
        return np.full(len(test), high.mean() - 0.5)
    seen, asked = (_features(known_part(traj, step)) for traj in (train, test))
    mean, scale = seen.mean(axis=0), seen.std(axis=0)
    scale[scale == 0] = 1.0
    model = LogisticRegression(C=1.0).fit((seen - mean) / scale, high)
    return model.predict_proba((asked - mean) / scale)[:, 1] - 0.5


def _features(prefix: Trajectories) -> np.ndarray:
    """Present belief, mean belief so far, and change since the first sentence, (C, 3)."""
    b = prefix.sentences["belief"].to_numpy(float)
    first, last = b[prefix.offsets[:-1]], b[prefix.offsets[1:] - 1]
    return np.stack([last, np.add.reduceat(b, prefix.offsets[:-1]) / prefix.lengths, last - first], axis=1)
