"""How well class probabilities tell classes apart: balanced accuracy and area under the ROC curve, with intervals."""

from typing import Any

import numpy as np

from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group

_CACHED = 1 << 14  # weights of rows that are summed at once, so that the sums find them in the cache of a processor


def measure(
    p: np.ndarray, y: np.ndarray, chain: np.ndarray, fold: np.ndarray, *, seed: int = 0, n_bootstrap: int = 500
) -> dict[str, Any]:
    """Balanced accuracy and AUROC of class probabilities, with 95 % intervals over chains.

    A replicate without a class averages over the classes that it has.

    Args:
        p: (N, K) probabilities.
        y: (N,) classes, 0 to K - 1.
        chain: (N,) chains.
        fold: (N,) who predicted: probabilities of different fits are not compared.
        seed: of the resampling.
        n_bootstrap: replicates.
    """
    n_classes = p.shape[1]
    chain = np.unique(chain, return_inverse=True)[1]
    n_chains = int(chain.max()) + 1
    one_hot = np.eye(n_classes)[y]
    count = sum_by_group(one_hot, chain, n_chains)
    hits = sum_by_group(one_hot * (p.argmax(axis=1) == y)[:, None], chain, n_chains)
    # With two classes both areas are the same.
    ranked = range(n_classes) if n_classes > 2 else [1]

    def statistic(weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            recall = (weights @ hits) / (weights @ count)
        areas = np.stack([auroc(p[:, k], y == k, weights, chain, fold) for k in ranked], axis=1)
        return np.stack([_mean(recall), _mean(areas)], axis=1)

    found = bootstrap_chains(statistic, n_chains, n_bootstrap=n_bootstrap, seed=seed)
    scores: dict[str, Any] = {}
    for i, name in enumerate(("balanced_accuracy", "auroc")):
        scores |= {name: found.value[i], f"{name}_low": found.low[i], f"{name}_high": found.high[i]}
    return {**scores, "n": len(y), "classes": n_classes}


def auroc(
    score: np.ndarray, positive: np.ndarray, weights: np.ndarray, chain: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """Share of the pairs of a positive and a negative of one fold in which the positive scores higher; ties half.

    Args:
        score: (N,).
        positive: (N,) booleans.
        weights: (R, C) weights of the chains; a pair weighs the product of its two.
        chain: (N,) 0 to C - 1.
        fold: (N,).

    Returns:
        (R,), NaN where there is no pair.
    """
    order = np.lexsort((score, fold))
    score, positive, chain, fold = score[order], positive[order], chain[order], fold[order]
    opens = np.r_[True, fold[1:] != fold[:-1]]
    ties = np.flatnonzero(opens | np.r_[True, score[1:] != score[:-1]])  # first rows of runs of equal scores
    first = np.flatnonzero(opens[ties])  # first run of each fold
    runs = np.diff(np.r_[first, len(ties)])
    area = np.empty(len(weights))
    size = max(1, _CACHED // len(score))
    for start in range(0, len(weights), size):
        each = weights[start : start + size][:, chain]
        above, every = each * positive, each
        if len(ties) < len(score):
            above, every = (np.add.reduceat(x, ties, axis=1) for x in (above, every))
        below = every - above
        negatives = np.add.reduceat(below, first, axis=1)
        before = np.cumsum(negatives, axis=1) - negatives
        lower = np.cumsum(below, axis=1) - below / 2 - np.repeat(before, runs, axis=1)
        pairs = (np.add.reduceat(above, first, axis=1) * negatives).sum(axis=1)
        won = (above * lower).sum(axis=1)
        area[start : start + size] = np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return area


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean (R,) over the entries of each row that are not NaN."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(axis=1) / known.sum(axis=1)
