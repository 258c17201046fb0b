"""Imitators of a language model: tables of counts, heads of lower rank, the same network earlier in its training."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.corpus.store import Corpus
from lmphys.pages.entropy_zeros.ngrams import NGram

# Kept steps of the training of the shipped reasoner, from coarse to fine; step 0 is the model before any.
EARLIER_STEPS = ("reasoner@0", "reasoner@10", "reasoner@52", "reasoner@265")


def network_imitators(model: str, chosen: Sequence[str] = ()) -> list[str]:
    """Specs of the networks that imitate a target, from coarse to fine: the chosen ones, else those of the reasoner."""
    return list(chosen) or (list(EARLIER_STEPS) if model == "reasoner" else [])


def weights_at_one(corpus: Corpus) -> list[np.ndarray]:
    """What each token of each chain counts for, (n,), if tables are to be those of text drawn at temperature 1.

    A chain was drawn token by token from p_T, while the imitator is measured against p. Counted with the weight p / p_T
    a token stands for draws from p after the same words, but for what top-p has cut off and no weight can bring back.
    1 where another model wrote the chains, whose probabilities are not kept.

    Args:
        corpus: with `logp` and `logp_sampling` of its tokens.
    """
    ratio = np.exp(corpus.column("logp").astype(float) - corpus.column("logp_sampling").astype(float))
    parts = np.split(np.where(np.isfinite(ratio), ratio, 1.0), np.cumsum(corpus.chains["n_tokens"])[:-1])
    return list(parts)


def heads_of_lower_rank(logits: Tensor, head: Tensor, ranks: Sequence[int]) -> dict[str, Tensor]:
    """What a model would say through an output table of lower rank: the same network with a narrower last layer.

    The table is replaced by its nearest one of rank r (Eckart and Young 1936), after the mean of its rows, which
    changes no probability, has been taken away. Nothing is trained anew, so that a model which was trained at this size
    does better.

    Args:
        logits: (N, V) of the model, W h for states h. Where a model squashes them afterwards, what is cut is their
            projection.
        head: (V, D) output table W.
        ranks: r, each from 1 to D.

    Returns:
        Name to logits (N, V), float32.

    Raises:
        LmphysError: a rank is out of range.
    """
    width = head.shape[1]
    if not all(1 <= rank <= width for rank in ranks):
        raise LmphysError(f"ranks {list(ranks)} must lie between 1 and {width}, the width of the head")
    table = head.float() - head.float().mean(0)
    values, directions = torch.linalg.eigh((table.T @ table).double())
    # Left singular vectors, the largest first; the last may be nothing but rounding.
    order = values.argsort(descending=True)
    basis = table @ (directions[:, order] / values[order].clamp(min=1e-12 * float(values.max())).sqrt()).float()
    centred = logits - logits.mean(1, keepdim=True)
    return {f"rank {rank}": (centred @ basis[:, :rank]) @ basis[:, :rank].T for rank in ranks}


def count_tables(
    written: Iterable[Sequence[int] | np.ndarray],
    before: Sequence[Sequence[int] | np.ndarray],
    orders: Sequence[int],
    n_tokens: int,
    *,
    weights: Iterable[Sequence[float] | np.ndarray] | None = None,
    strength: float = 2.0,
) -> dict[str, Tensor]:
    """What n-gram models that counted some texts say after others.

    Args:
        written: token ids of the texts that are counted.
        before: token ids before each of N places.
        orders: n, a table each.
        n_tokens: V.
        weights: of the tokens of the counted texts, see `NGram.fit`.
        strength: see `NGram`.

    Returns:
        Name to log-probabilities (N, V) float64.
    """
    texts = list(written)
    worth = None if weights is None else list(weights)
    tables = {f"{n}-gram": NGram(n, n_tokens, strength=strength).fit(texts, worth) for n in orders}
    return {name: torch.stack([table.log_prob(text) for text in before]) for name, table in tables.items()}
