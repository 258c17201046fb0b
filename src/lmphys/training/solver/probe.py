"""Linear probes of states for a truth about a quantity, trained on some problems and judged on others."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import chain_weights, sum_by_group
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.stats.splits import pooled

_PENALTY = 0.1  # `C` of scikit-learn: a mild ridge on standardised features
_BOTH = 10  # examples of each answer without which no probe of its own is trained


def probed(
    train: np.ndarray, truth: np.ndarray, test: np.ndarray, *, names: tuple[np.ndarray, np.ndarray] | None = None
) -> np.ndarray:
    """(n,) probability of the truth that a linear probe reads off each test row; both truths weigh as much.

    Args:
        train: (m, D) features.
        truth: (m,) of them.
        test: (n, D).
        names: of the training rows and of the test rows, where each name has a probe of its own: then the features may
            be one state for all names. A name with too few examples gets one half.

    Raises:
        LmphysError: all training rows have one truth.
    """
    if names is None:
        if min(truth.sum(), (~truth).sum()) < 1:
            raise LmphysError("a probe needs examples of both answers; draw more problems")
        model = make_pipeline(StandardScaler(), LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=300))
        return model.fit(train, truth).predict_proba(test)[:, 1]
    found = np.full(len(test), 0.5)
    of_train, of_test = names
    for name in np.unique(of_test):
        rows, asked = of_train == name, of_test == name
        if min(truth[rows].sum(), (~truth[rows]).sum()) >= _BOTH:
            found[asked] = probed(train[rows], truth[rows], test[asked])
    return found


def balanced_accuracy(p: np.ndarray, truth: np.ndarray, problem: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean of the shares of true and of false rows that are told right, %, with a 95 % interval over problems.

    Args:
        p: (n,) probability of the truth.
        truth: (n,).
        problem: (n,) what is resampled whole.
        seed: of the resampling.
    """
    group = np.unique(problem, return_inverse=True)[1]
    n = int(group.max()) + 1
    count = sum_by_group(np.stack([truth, ~truth], axis=1).astype(float), group, n)
    right = (p > 0.5) == truth
    hits = sum_by_group(np.stack([truth & right, ~truth & right], axis=1).astype(float), group, n)

    def statistic(weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return 100 * np.mean((weights @ hits) / (weights @ count), axis=1)

    weights = chain_weights(n, 500, seed)
    value = statistic(np.ones((1, n)))[0]
    return percentile_interval(statistic(weights), value, undefined="drop").map(float)


def over_models(each: Sequence[np.ndarray], truth: np.ndarray, problem: np.ndarray, *, seed: int = 0) -> Interval:
    """Balanced accuracy of the probes of several trainings on the same rows, with the scatter between them."""
    return pooled([balanced_accuracy(p, truth, problem, seed=seed) for p in each])


def recalls(p: np.ndarray, truth: np.ndarray, groups: pd.Series) -> pd.Series:
    """Share of the rows of each group that are told right, %."""
    return 100 * pd.Series((p > 0.5) == truth).groupby(groups.to_numpy()).mean()
