"""Distributions of jump and residual sizes: medians, tails, and what a label of the step explains of them."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.folds import group_folds
from lmphys.stats.interval import Interval


def median_ratio(above: pd.Series, below: pd.Series, *, n_bootstrap: int = 200, seed: int = 0) -> Interval:
    """Ratio of the medians of two samples with a 95 % interval over chains.

    Args:
        above: (n,) values whose index is the chain of each, such as sentence jumps.
        below: (m,) the same of the denominator, such as token jumps; chains are resampled for both together.
        n_bootstrap: replicates.
        seed: of the resampling.
    """
    chains = np.union1d(above.index, below.index)

    def median(sample: pd.Series, weights: np.ndarray) -> np.ndarray:
        order = np.argsort(sample.to_numpy(), kind="stable")
        values, chain = sample.to_numpy()[order], np.searchsorted(chains, sample.index.to_numpy()[order])
        mass = np.cumsum(weights[:, chain], axis=1)
        # Half of the mass lies at or below the entry; where it lies exactly there, the median is the midpoint.
        low = (mass < mass[:, -1:] / 2).sum(axis=1)
        high = (mass <= mass[:, -1:] / 2).sum(axis=1)
        return (values[low] + values[np.minimum(high, len(values) - 1)]) / 2

    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.array([float(median(above, w)[0] / median(below, w)[0]) for w in weights[:, None, :]])

    return bootstrap_chains(statistic, len(chains), n_bootstrap=n_bootstrap, seed=seed)


def fit_tails(x: np.ndarray) -> pd.DataFrame:
    """Maximum-likelihood fits of Gaussian, Laplace and Student-t densities to a sample (n,).

    Returns:
        One row a family, best (least AIC) first: `log_likelihood` (nats per sample), `aic` (nats, of the
        whole sample), and the parameters `loc`, `scale` (units of x) and `df` (NaN but for Student-t).

    Raises:
        LmphysError: fewer than 4 values, or all equal.
    """
    x = np.asarray(x, dtype=np.float64)
    if len(x) < 4 or np.ptp(x) == 0:
        raise LmphysError(f"{len(x)} values (range {np.ptp(x) if len(x) else 0}) fit no density: give 4 that differ")
    # The t fit is a local search: start it from a standardised sample and a heavy tail.
    centre, width = np.median(x), x.std()
    df, t_loc, t_scale = stats.t.fit((x - centre) / width, 5.0, loc=0.0, scale=0.8)
    fits = {
        "Gaussian": (stats.norm, (np.nan, *stats.norm.fit(x))),
        "Laplace": (stats.laplace, (np.nan, *stats.laplace.fit(x))),
        "Student-t": (stats.t, (df, centre + width * t_loc, width * t_scale)),
    }
    rows = {}
    for family, (density, (shape, loc, scale)) in fits.items():
        shapes = () if np.isnan(shape) else (shape,)
        log_likelihood = density.logpdf(x, *shapes, loc=loc, scale=scale).mean()
        aic = 2 * (2 + len(shapes)) - 2 * len(x) * log_likelihood
        rows[family] = {"log_likelihood": log_likelihood, "aic": aic, "loc": loc, "scale": scale, "df": shape}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("family").sort_values("aic")


def excess_kurtosis_interval(x: np.ndarray, groups: np.ndarray, *, n_bootstrap: int = 500, seed: int = 0) -> Interval:
    """Excess kurtosis m_4 / m_2^2 - 3 with a 95 % interval over chains; of several coordinates, their median.

    Args:
        x: (n,) values, such as one coordinate of the residuals, or (n, d) of d coordinates.
        groups: (n,) the chain of each value.
        n_bootstrap: replicates.
        seed: of the resampling.
    """
    codes, labels = pd.factorize(np.asarray(groups))
    # Powers about the overall mean: a replicate's own mean is then a small correction.
    y = np.asarray(x, dtype=np.float64).reshape(len(x), -1)
    y = y - y.mean(axis=0)
    sums = np.stack([sum_by_group(y**power, codes, len(labels)) for power in range(5)])

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weights @ sums
        m1, m2, m3, m4 = total[1:] / total[0]
        variance = m2 - m1**2
        return np.median((m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / variance**2 - 3, axis=-1)

    return bootstrap_chains(statistic, len(labels), n_bootstrap=n_bootstrap, seed=seed)


class GroupR2(NamedTuple):
    """Out-of-sample share of variance that a label explains, and the same for permuted labels.

    Attributes:
        r2: share explained; negative where the class means learned elsewhere do worse than one mean.
        null: (n_permutations,) shares after the labels were permuted over all rows.
    """

    r2: float
    null: np.ndarray


def group_r2(
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    *,
    n_folds: int = 5,
    min_count: int = 5,
    n_permutations: int = 20,
    seed: int = 0,
) -> GroupR2:
    """Share of the variance of `values` explained by the mean of the label's class, learned on other chains.

    1 - sum ||y - yhat||^2 / sum ||y - ybar||^2, pooled over dimensions and folds, with ybar the mean of all
    values and yhat the mean, over the chains outside the fold, of the rows with the same label. A label seen
    there fewer than `min_count` times gets the mean of all those rows. The null permutes the labels over all
    rows and so also removes what they tell about the chain.

    Args:
        values: (n, d), or (n,), such as increments or residuals.
        labels: (n,) class of each row, such as the boundary token.
        groups: (n,) chain of each row; a chain is in one fold.
        n_folds: folds of chains.
        min_count: rows that a class needs outside the fold to have a mean of its own.
        n_permutations: size of the null.
        seed: of the folds and of the permutations.

    Raises:
        LmphysError: fewer than 2 folds, or fewer chains than folds.
    """
    rng = np.random.default_rng(seed)
    y = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    y = y - y.mean(axis=0)
    label, classes = pd.factorize(np.asarray(labels))
    fold = group_folds(groups, n_folds, seed=rng, what="chains")
    total = (y**2).sum()

    def explained(label: np.ndarray) -> float:
        cell = label * n_folds + fold
        shape = (len(classes), n_folds)
        sums = sum_by_group(y, cell, shape[0] * shape[1]).reshape(*shape, -1)
        counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        outside = sums.sum(axis=1, keepdims=True) - sums  # (classes, folds, d): rows that are not in the fold
        n_outside = counts.sum(axis=1, keepdims=True) - counts
        grand = outside.sum(axis=0) / n_outside.sum(axis=0)[:, None]
        means = np.where(
            (n_outside >= min_count)[..., None], outside / np.maximum(n_outside, 1)[..., None], grand[None]
        )
        return float(1 - ((y - means[label, fold]) ** 2).sum() / total)

    return GroupR2(explained(label), np.array([explained(rng.permutation(label)) for _ in range(n_permutations)]))
