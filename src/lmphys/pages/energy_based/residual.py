"""A residual energy: what turns the law of a language model into p(x) e^{f(x)} / Z, and the bits that it is worth.

With the same beginnings before real and drawn ends the two joint laws differ in the ends alone. The gain of the joint
law is a lower bound of that of the ends given their beginnings, whose Z depends on the beginning (Jensen).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from lmphys.generative.weights import log_mean
from lmphys.pages.energy_based.windows import Ends
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval
from lmphys.stats.weights import effective_size

STATES, LOGP, DEALT = "states", "log-probability alone", "labels dealt anew"
_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)  # of C, the inverse of the ridge
_FOLDS, _INNER = 5, 4


@dataclass(frozen=True, eq=False)
class Residual:
    """Energies of windows whose topics no part of the head has seen.

    Attributes:
        topics: (n,) topic of each window.
        real: (n,) f less ln Z of the training windows, at the real ends; nats.
        drawn: (n,) the same at the drawn ends.
        length: tokens of an end.
    """

    topics: np.ndarray
    real: np.ndarray
    drawn: np.ndarray
    length: int

    def bits(self, *, seed: int = 0) -> Interval:
        """Bits per token that the bound E_real[f] + 1 - E_drawn[e^f] promises, with a 95 % interval over topics.

        ln Z is at most Z - 1, so the bound holds for any f, and its mean has no bias (Nguyen et al. 2010).
        """
        return self._over_topics(lambda mean: 1 - mean, seed)

    def plain_bits(self, *, seed: int = 0) -> Interval:
        """The same with the logarithm of the mean of e^f over the drawn ends, which is too optimistic on average."""
        return self._over_topics(lambda mean: -np.log(mean), seed)

    def _over_topics(self, less: Callable[[np.ndarray], np.ndarray], seed: int) -> Interval:
        names, group = np.unique(self.topics, return_inverse=True)
        sums = sum_by_group(np.stack([self.real, np.exp(self.drawn), np.ones(len(group))], 1), group, len(names))

        def statistic(draws: np.ndarray) -> np.ndarray:
            real, drawn, n = (draws @ sums).T
            return (real / n + less(drawn / n)) / self.length / np.log(2)

        return bootstrap_chains(statistic, len(names), seed=seed).map(float)

    @property
    def accuracy(self) -> float:
        """Share of pairs in which the real end has the larger f."""
        return float(np.mean(self.real > self.drawn))

    @property
    def effective(self) -> float:
        """Effective share of the drawn ends, weighted by e^f."""
        return float(effective_size(self.drawn)) / len(self.drawn)


def features(ends: Ends, name: str) -> tuple[np.ndarray, np.ndarray]:
    """What the head sees of real and drawn ends, (n, F) each: the states, or the log-probability alone."""
    if name == LOGP:
        return ends.real_logp[:, None], ends.drawn_logp[:, None]
    return ends.real, ends.drawn


def fit_residual(ends: Ends, name: str = STATES, *, seed: int = 0) -> Residual:
    """Energies by noise contrast, fold by fold over topics.

    The head is a logistic regression that tells real from drawn ends: its logit is then f (Gutmann and Hyvärinen 2010).
    Its ridge is chosen by the bound itself, on topics that were left out of the training folds in turn.

    Args:
        ends: both ends of each window.
        name: `STATES`, `LOGP`, or `DEALT`: states, with real and drawn exchanged in half of the windows.
        seed: of the dealing.
    """
    real, drawn = features(ends, name)
    if name == DEALT:
        swap = np.random.default_rng(seed).random(len(real)) < 0.5
        real, drawn = np.where(swap[:, None], drawn, real), np.where(swap[:, None], real, drawn)
    f = np.zeros((2, len(real)))
    for train, test in GroupKFold(_FOLDS).split(real, groups=ends.topics):
        inner = {c: _left_out(real[train], drawn[train], ends.topics[train], c) for c in _PENALTIES}
        best = max(inner, key=lambda c: inner[c][0].mean() - log_mean(inner[c][1]))
        head = _head(real[train], drawn[train], best)
        at_real, at_drawn = head.decision_function(real[test]), head.decision_function(drawn[test])
        f[:, test] = np.stack([at_real, at_drawn]) - log_mean(inner[best][1])
    return Residual(ends.topics, f[0], f[1], ends.tokens.shape[1])


def _head(real: np.ndarray, drawn: np.ndarray, c: float) -> Pipeline:
    """The classifier, fitted."""
    head = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=300))
    return head.fit(np.concatenate([real, drawn]), np.repeat([1, 0], [len(real), len(drawn)]))


def _left_out(real: np.ndarray, drawn: np.ndarray, topics: np.ndarray, c: float) -> np.ndarray:
    """Logits at real and drawn ends, each by a head that did not see its topic."""
    f = np.zeros((2, len(real)))
    for train, test in GroupKFold(_INNER).split(real, groups=topics):
        head = _head(real[train], drawn[train], c)
        f[:, test] = head.decision_function(real[test]), head.decision_function(drawn[test])
    return f
