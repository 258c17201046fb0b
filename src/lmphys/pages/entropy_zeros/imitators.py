"""Imitators of a language model: tables of counts, and the same network at earlier steps of its training."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from lmphys.pages.entropy_zeros.ngrams import NGram

# Kept steps of the training of the shipped reasoner, from coarse to fine; step 0 is the model before any.
EARLIER_STEPS = ("reasoner@0", "reasoner@10", "reasoner@52", "reasoner@265")


def network_imitators(model: str, chosen: Sequence[str] = ()) -> list[str]:
    """Specs of the networks that imitate a target, from coarse to fine: the chosen ones, else those of the reasoner."""
    return list(chosen) or (list(EARLIER_STEPS) if model == "reasoner" else [])


def count_tables(
    written: Iterable[Sequence[int]],
    before: Sequence[Sequence[int]],
    orders: Sequence[int],
    n_tokens: int,
    *,
    strength: float = 2.0,
) -> dict[str, Tensor]:
    """What n-gram models that counted some texts say after others.

    Args:
        written: token ids of the texts that are counted.
        before: token ids before each of N places.
        orders: n, a table each.
        n_tokens: V.
        strength: see `NGram`.

    Returns:
        Name to log-probabilities (N, V) float64.
    """
    texts = list(written)
    tables = {f"{n}-gram": NGram(n, n_tokens, strength=strength).fit(texts) for n in orders}
    return {name: torch.stack([table.log_prob(text) for text in before]) for name, table in tables.items()}
