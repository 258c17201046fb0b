"""Where the distance between a model and its approximator lies: by the entropy of the context."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval

# Bins of the entropy of the target, nats; below the first inner edge but one a context counts as near zero.
EDGES = (0.0, 0.01, 0.1, 0.5, 1.0, 2.0, np.inf)
NEAR_ZERO = 0.1


def divergences(target: Tensor, approximation: Tensor) -> pd.DataFrame:
    """Distances of two distributions over the same tokens, at N contexts.

    Args:
        target: (N, V) logits of P, in any gauge.
        approximation: (N, V) logits of Q.

    Returns:
        A row a context: `entropy` of P; `kl`, KL(P || Q) in nats, which has no upper bound where P is a spike;
        `variation`, total variation distance, from 0 to 1.

    Raises:
        LmphysError: the shapes differ.
    """
    if target.shape != approximation.shape:
        raise LmphysError(
            f"distributions have shapes {tuple(target.shape)} and {tuple(approximation.shape)}: models with different "
            "tokens cannot be compared token by token"
        )
    rows = []
    # A row at a time: all sweeps over it find it in the cache of a processor.
    for p, q in zip(target.split(1), approximation.split(1), strict=True):
        (log_p, P), (log_q, Q) = _law(p), _law(q)
        log_p = torch.where(P > 0, log_p, 0.0)
        gap = torch.where(P > 0, log_p - log_q, 0.0)
        far = 0.5 * (P - Q).abs().sum(-1)
        rows.append(torch.stack([-torch.linalg.vecdot(P, log_p), torch.linalg.vecdot(P, gap), far], 1))
    # What rounding makes of a distribution beside itself must not be negative.
    values = torch.cat(rows).clamp(min=0).numpy()
    return pd.DataFrame(values, columns=["entropy", "kl", "variation"])


def _law(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities and probabilities of logits, float64, with one exponential each."""
    wide = logits.double()
    log_p = wide - wide.amax(-1, keepdim=True)
    weight = log_p.exp()
    total = weight.sum(-1, keepdim=True)
    return log_p.sub_(total.log()), weight.div_(total)


def certainty(entropy: np.ndarray | pd.Series) -> pd.Series:
    """How certain places with these entropies (N,), nats, are."""
    values = np.asarray(entropy, dtype=float)
    return pd.Series(
        {
            "places": float(len(values)),
            f"share below {NEAR_ZERO:g} nats": (values < NEAR_ZERO).mean(),
            f"share below {NEAR_ZERO / 10:g} nats": (values < NEAR_ZERO / 10).mean(),
            "median, nats": np.median(values),
        }
    )


def mean_distances(distances: Mapping[str, pd.DataFrame], *, below: float = NEAR_ZERO) -> pd.DataFrame:
    """Mean distance of each approximator from the target.

    Args:
        distances: name to the table of `divergences`.
        below: entropy of the target under which a context counts as near zero, nats.

    Returns:
        A row an approximator: `KL, nats`, over all contexts; the same in those `near zero` and `elsewhere`;
        `total variation`, over all.
    """
    rows = {}
    for name, table in distances.items():
        near = table["entropy"] < below
        rows[name] = {
            "KL, nats": table["kl"].mean(),
            "near zero": table["kl"][near].mean(),
            "elsewhere": table["kl"][~near].mean(),
            "total variation": table["variation"].mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def by_entropy(table: pd.DataFrame, edges: Sequence[float] = EDGES) -> pd.DataFrame:
    """Shares of the contexts and of the distances in bins of the entropy of the target.

    Args:
        table: of `divergences`.
        edges: of the bins, nats, from 0.

    Returns:
        Indexed by bin (an interval): `contexts`, their number; `share`, of the contexts; `kl_share` and
        `variation_share`, of the sums; `kl` and `variation`, the means in the bin (NaN where it is empty).
    """
    bins = pd.cut(table["entropy"], list(edges), right=False)
    groups = table.groupby(bins, observed=False)
    result = pd.DataFrame({"contexts": groups.size()})
    result["share"] = result["contexts"] / len(table)
    for name in ("kl", "variation"):
        total = table[name].sum()
        result[f"{name}_share"] = groups[name].sum() / total if total > 0 else np.nan
        result[name] = groups[name].mean()
    return result.rename_axis("entropy of the target, nats")


def excess_share(
    table: pd.DataFrame,
    questions: Sequence[str] | pd.Series,
    *,
    column: str = "kl",
    below: float = NEAR_ZERO,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """Share of a distance in the contexts of near-zero entropy, minus their share of the contexts.

    Above 0 they hold more than their part, as the claim that they are the obstacle says; at or below 0 it is refuted.

    Args:
        table: of `divergences`.
        questions: (N,) the question that each context belongs to; questions are resampled.
        column: `kl` or `variation`.
        below: entropy of the target under which a context counts as near zero, nats.
        n_bootstrap: replicates.
        seed: of the bootstrap.

    Raises:
        LmphysError: fewer than two questions.
    """
    group = pd.factorize(np.asarray(questions))[0]
    near = (table["entropy"] < below).to_numpy(float)
    distance = table[column].to_numpy()
    parts = np.stack([near, np.ones_like(near), near * distance, distance], axis=1)
    sums = sum_by_group(parts, group, int(group.max()) + 1)

    def statistic(weights: np.ndarray) -> np.ndarray:
        few, all_, kl_few, kl_all = (weights @ sums).T
        return kl_few / kl_all - few / all_

    return bootstrap_chains(statistic, len(sums), n_bootstrap=n_bootstrap, seed=seed)


def slower(
    first: pd.DataFrame,
    last: pd.DataFrame,
    questions: Sequence[str] | pd.Series,
    *,
    below: float = NEAR_ZERO,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """How much slower the divergence falls in contexts of near-zero entropy than in the others.

    ln(KL_last / KL_first) of the one minus that of the others, with KL the sum over contexts. Above 0: what is left
    after a better approximation is left there.

    Args:
        first: `divergences` of the coarser approximation.
        last: those of the better one, at the same contexts.
        questions: as for `excess_share`.
        below: as for `excess_share`.
        n_bootstrap: replicates.
        seed: of the bootstrap.
    """
    group = pd.factorize(np.asarray(questions))[0]
    near = (first["entropy"] < below).to_numpy(float)
    columns = [kl["kl"].to_numpy() * part for part in (near, 1 - near) for kl in (last, first)]
    sums = sum_by_group(np.stack(columns, axis=1), group, int(group.max()) + 1)

    def statistic(weights: np.ndarray) -> np.ndarray:
        last_near, first_near, last_others, first_others = (weights @ sums).T
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(last_near / first_near) - np.log(last_others / first_others)

    return bootstrap_chains(statistic, len(sums), n_bootstrap=n_bootstrap, seed=seed)
