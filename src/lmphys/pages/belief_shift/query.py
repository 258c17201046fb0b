"""The diagnostic question: does the model call a statement true or false?

    b = P(True) / (P(True) + P(False)) = sigmoid(l),   l = log P(True) - log P(False).

A small model answers with the option that it read first, or last, or likes in general. Both biases are additive in l:
the first cancels in the mean over the two orders of the options, the second is what neutral statements are given,
and is subtracted (contextual calibration, Zhao et al. 2021).

Source of b: Carson & Reisizadeh 2025 (arXiv 2506.04374), Sec. 5.3 and App. C; the wordings are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from torch import Tensor

from lmphys.lm.model import LanguageModel

OPTIONS = ("True", "False")
ORDERS = {"true-first": OPTIONS, "false-first": OPTIONS[::-1]}
WORDINGS = {
    "short": "\n\n{first} or {second}? {statement}\nAnswer:",
    "long": "\n\nStatement: {statement}\nIs this statement {first} or {second}? It is",
}


@dataclass(frozen=True)
class Query:
    """A question as tokens: what is read, and the two tokens whose logits are compared."""

    ids: tuple[int, ...]
    true: int
    false: int

    @classmethod
    def of(cls, model: LanguageModel, statement: str, wording: str, order: str) -> "Query":
        """Ask about a statement in one of `WORDINGS` and one of `ORDERS`."""
        first, second = ORDERS[order]
        text = WORDINGS[wording].format(first=first, second=second, statement=statement)
        true, false = (model.tokenizer(f"{text} {o}", add_special_tokens=False)["input_ids"] for o in OPTIONS)
        # Tokenisers cut "It is True" differently; the answers are what differs first.
        n = next(i for i, pair in enumerate(zip(true, false, strict=False)) if pair[0] != pair[1])
        return cls(tuple(true[:n]), true[n], false[n])

    def log_odds(self, logits: Tensor) -> float:
        """Log P(True) - log P(False), from logits (V,) after the question."""
        return float(logits[self.true]) - float(logits[self.false])


def column(wording: str, order: str) -> str:
    """Name of the column that holds the log odds of one way of asking."""
    return f"odds.{wording}.{order}"


def beliefs(table: pd.DataFrame, offset: Mapping[str, float]) -> np.ndarray:
    """Belief b of each row (n,): mean log odds over the orders, minus offset, mean over wordings, through a sigmoid.

    Args:
        table: columns `column(wording, order)` for every wording of `offset`.
        offset: for each wording the log odds, counterbalanced, that neutral statements are given.
    """
    log_odds = np.stack([counterbalanced(table, wording) - bias for wording, bias in offset.items()])
    return expit(log_odds.mean(axis=0))


def counterbalanced(table: pd.DataFrame, wording: str) -> np.ndarray:
    """Mean log odds over the orders of the options, (n,)."""
    return table[[column(wording, order) for order in ORDERS]].to_numpy(float).mean(axis=1)
