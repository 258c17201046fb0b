"""n-gram models as the simplest approximators of a language model: what a table of counts knows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError


class NGram:
    """An interpolated n-gram model over the tokens of a language model.

    The distribution after a context is that of the next shorter context, updated by the counts as by a Dirichlet prior
    of weight `strength`:

        q_n(v | a_1..a_{n-1}) = (count(a_1..a_{n-1}, v) + strength q_{n-1}(v | a_2..a_{n-1})) / (count(a) + strength),

    with q_0 uniform. Every token keeps a positive probability.

    Args:
        order: n; 1 knows how frequent tokens are, 2 knows the token before, ...; 0 is uniform.
        n_tokens: V.
        strength: tokens that the shorter context is worth.

    Source: MacKay & Peto 1995, Natural Language Engineering 1, 289.
    """

    def __init__(self, order: int, n_tokens: int, *, strength: float = 2.0) -> None:
        self.order = order
        self.n_tokens = n_tokens
        self.strength = strength

    def fit(
        self, texts: Iterable[Sequence[int] | np.ndarray], weights: Iterable[Sequence[float] | np.ndarray] | None = None
    ) -> "NGram":
        """Count.

        Args:
            texts: token ids of each text; no context reaches from one into another.
            weights: what each token counts for, in the same order; None: 1. See `weights_at_one`.

        Raises:
            LmphysError: the order is negative, the strength is not positive, or a token is not in the vocabulary.
        """
        if self.order < 0 or not self.strength > 0:
            raise LmphysError(f"order {self.order} must not be negative and strength {self.strength} be positive")
        self.counts_: defaultdict[tuple[int, ...], defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
        written = [[int(token) for token in text] for text in texts]
        worth = [[1.0] * len(tokens) for tokens in written] if weights is None else [list(w) for w in weights]
        for tokens, own in zip(written, worth, strict=True):
            if tokens and not 0 <= min(tokens) <= max(tokens) < self.n_tokens:
                raise LmphysError(f"token {max(tokens)} is not in a vocabulary of {self.n_tokens}; give n_tokens")
            for end, (token, weight) in enumerate(zip(tokens, own, strict=True)):
                for length in range(min(self.order, end + 1)):
                    self.counts_[tuple(tokens[end - length : end])][token] += weight
        return self

    def log_prob(self, context: Sequence[int] | np.ndarray) -> Tensor:
        """Log-probability of each token after a text, (V,) float64; only the last `order` - 1 tokens matter."""
        q = torch.full((self.n_tokens,), 1 / self.n_tokens, dtype=torch.float64)
        tail = [int(token) for token in context][-(self.order - 1) :] if self.order > 1 else []
        for length in range(min(self.order, len(tail) + 1)):
            counts = self.counts_.get(tuple(tail[len(tail) - length :]))
            if counts is None:
                break  # nor has any longer context been seen
            total = sum(counts.values())
            q = q * (self.strength / (total + self.strength))
            tokens = torch.tensor(list(counts))
            q[tokens] += torch.tensor(list(counts.values()), dtype=torch.float64) / (total + self.strength)
        return q.log()
