"""What an imitator costs at the two ends: where it knows nothing, and where it is nearly right.

An imitator that says the same of every token has KL(P || Q) = ln V - S: most where P is certain. One whose logits are
off by small δ has, to second order, KL = ½ Var_P(δ), a variance under P: nothing where P is certain, whatever the
error. Between the two the share of the certain places changes from more to less than their part, so that its sign
says how good the imitator is, and not what language is like.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.pages.entropy_zeros.approximation import divergences, excess_share


def limits(target: Tensor, approximation: Tensor) -> pd.DataFrame:
    """The divergence of each context beside both limits.

    Args:
        target: (N, V) logits of P.
        approximation: (N, V) logits of Q.

    Returns:
        A row a context: `entropy` and `kl` as in `divergences`; `nothing`, ln V - S; `nearly`, ½ Var_P(δ), nats.
    """
    table = divergences(target, approximation)[["entropy", "kl"]]
    variances = []
    for p, q in zip(target.split(1), approximation.split(1), strict=True):
        P = p.double().softmax(-1)
        # A logit of -inf on both sides is no error, and has no weight.
        off = torch.where(P > 0, q.double() - p.double(), 0.0)
        mean = (P * off).sum(-1, keepdim=True)
        variances.append((P * (off - mean).square()).sum(-1))
    return table.assign(nothing=np.log(target.shape[1]) - table["entropy"], nearly=torch.cat(variances).numpy() / 2)


def limit_table(target: Tensor, imitators: Mapping[str, Tensor], questions: Sequence[str] | pd.Series) -> pd.DataFrame:
    """Each imitator between its two limits.

    Args:
        target: (N, V) logits of P.
        imitators: name to logits (N, V).
        questions: (N,) of the contexts.

    Returns:
        A row an imitator: means over the contexts `KL`, `½ Var δ` and `ln V − S`, nats; and the share of near-zero
        places minus their part of the contexts, of each of the three: `excess`, `of ½ Var δ`, `of ln V − S`.
    """
    rows = {}
    for name, logits in imitators.items():
        table = limits(target, logits)
        excess = {c: float(excess_share(table, questions, column=c).value) for c in ("kl", "nearly", "nothing")}
        rows[name] = {
            "KL": table["kl"].mean(),
            "½ Var δ": table["nearly"].mean(),
            "ln V − S": table["nothing"].mean(),
            "excess": excess["kl"],
            "of ½ Var δ": excess["nearly"],
            "of ln V − S": excess["nothing"],
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def blurred(target: Tensor, scales: Sequence[float], *, seed: int = 0) -> dict[str, Tensor]:
    """Imitators whose logits are those of the target with independent Gaussian errors of given size, nats.

    Args:
        target: (N, V) logits.
        scales: standard deviations of the errors; the same errors are scaled.
        seed: of the errors.
    """
    errors = torch.randn(target.shape, generator=torch.Generator().manual_seed(seed))
    return {f"error of {scale:g}": target + scale * errors for scale in scales}
