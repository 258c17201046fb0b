"""Texts that are read once and then asked at every place, from the last to the first."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.hooks import Capture
from lmphys.lm.model import LanguageModel
from lmphys.pages.belief_shift.query import Query


class Reading:
    """Some texts as a model has read them, that can be asked without being changed.

    Keys and values of the texts are kept. A question is read behind them and forgotten: the next one starts from the
    same past. `shorten` forgets the ends of the texts, so that every earlier place can be asked in turn. No padding
    ever stands between a text and its question, so the answer is that of one plain pass over both. A model that keeps
    no keys reads its text again with every question: slower, and equally right.

    Args:
        model: the reader.
        texts: B texts of token ids.
        room: tokens of the longest question.

    Attributes:
        lengths: (B,) tokens of each text that are not forgotten.

    Raises:
        LmphysError: a text with its question is longer than the model can read.
    """

    @torch.inference_mode()
    def __init__(self, model: LanguageModel, texts: Sequence[Sequence[int]], *, room: int) -> None:
        self.model, self.texts, self.room = model, [tuple(text) for text in texts], room
        self.lengths = np.array([len(text) for text in self.texts])
        longest, limit = int(self.lengths.max()) + room, model.context_length
        if limit is not None and longest > limit:
            raise LmphysError(
                f"a chain of {longest} tokens with its question exceeds the {limit} that {model.spec} can read; "
                "write fewer sentences"
            )
        self.cache = KVCache(model.n_layers, len(texts), longest) if model.keeps_keys else None
        with Capture(model, (model.n_layers,)).attached() as capture:
            model.read(self.texts, self.cache)
            self._states = capture.states(model.n_layers)["final_norm"]

    def states(self, row: int, places: Sequence[int]) -> np.ndarray:
        """States (m, D) at final_norm of m tokens of a text, counted from its start, float32."""
        first = self._states.shape[1] - len(self.texts[row])
        return self._states[row, [first + place for place in places]].float().cpu().numpy()

    @torch.inference_mode()
    def copies(self, n: int) -> "Reading":
        """The same single text, n times side by side, without reading it again."""
        if len(self.texts) != 1:
            raise LmphysError(f"{len(self.texts)} texts were read; copies are made of one")
        other = Reading.__new__(Reading)
        other.model, other.texts, other.room = self.model, self.texts * n, self.room
        other.lengths, other._states, other.cache = np.repeat(self.lengths, n), self._states, None
        if self.cache is not None:
            length = int(self.lengths[0])
            other.cache = KVCache(self.model.n_layers, n, length + self.room, reserve=length)
            for row in range(n):
                other.cache.admit(row, self.cache, 0, length)
        return other

    @torch.inference_mode()
    def shorten(self, lengths: np.ndarray) -> None:
        """Forget all but the first `lengths` (B,) tokens of each text; never more than it still has."""
        if self.cache is not None:
            self.cache.drop((self.lengths - lengths).tolist())
        self.lengths = np.asarray(lengths)

    @torch.inference_mode()
    def ask(self, queries: Sequence[Query]) -> np.ndarray:
        """Log odds (B,) of the answers to one question for each text; all questions have equally many tokens."""
        logits = self._logits(torch.tensor([query.ids for query in queries]))
        return np.array([query.log_odds(row) for query, row in zip(queries, logits.float().cpu(), strict=True)])

    def _logits(self, ids: Tensor) -> Tensor:
        """Logits (B, V) after texts and questions (B, T)."""
        if self.cache is None:
            asked = zip(self.texts, self.lengths, ids.tolist(), strict=True)
            return self.model.read([(*text[:n], *question) for text, n, question in asked])
        self.cache.show(int(self.lengths.max()))
        lengths = torch.from_numpy(self.lengths)[:, None]
        past, new = self.cache.length, ids.shape[1]
        mask = torch.arange(past + new) >= past - lengths
        # Not advancing the cache is what forgets the question.
        return self.model.forward(ids, mask, lengths + torch.arange(new), self.cache)
