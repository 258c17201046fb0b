"""Texts whose last token can be read again and again, with a steering vector on its state each time.

What stands before the last token does not depend on what is added there, in any causal model: its keys and values are
computed once. The present is then one token wide, whatever the layer, and gradients run through it alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.head import own_head
from lmphys.lm.hooks import Capture
from lmphys.lm.intervention import changed_states
from lmphys.lm.model import LanguageModel
from lmphys.mechanics.paths import Paths


@dataclass(frozen=True, eq=False)
class SteeringVector:
    """What is added to the state of one token of each of R rows.

    Attributes:
        layer: block after which it is added, 0 (before the first block) to the number of layers.
        step: (R, D).
    """

    layer: int
    step: Tensor


@contextmanager
def steered_states(model: LanguageModel, vectors: Sequence[SteeringVector], column: int) -> Iterator[None]:
    """Add vectors to the token in a column of every pass inside a `with` block.

    Args:
        model: whose passes.
        vectors: one for each layer at most.
        column: of the token, counted from the right: -1 is the newest.
    """

    def moved(states: Tensor, step: Tensor) -> Tensor:
        states = states.clone()  # the block's own output may be kept for its gradient
        states[:, column] += step.to(states)
        return states

    with ExitStack() as changes:
        for vector in vectors:
            changes.enter_context(changed_states(model, vector.layer, partial(moved, step=vector.step)))
        yield


class _PastLayer(CacheLayerMixin):
    """Keys and values of a past that is read and never written, (R, heads, T, head width); None where borrowed."""

    def __init__(self, held: tuple[Tensor, Tensor] | None, length: int) -> None:
        super().__init__()
        self.length = length
        if held is not None:
            self.keys, self.values = held
        self.is_initialized = held is not None

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        pass

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        assert self.keys is not None and self.values is not None
        return torch.cat([self.keys, key_states], 2), torch.cat([self.values, value_states], 2)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        return self.length

    def get_max_length(self) -> int:
        return -1


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model makes of the last token of R texts and of k tokens after it, on the CPU.

    Attributes:
        log_p: (R, k + 1, V) log-probabilities of the token after each, nats, float32 at least.
        states: (R, k + 1, D) states after the last normalisation.
    """

    log_p: Tensor
    states: Tensor


class Past:
    """Texts that were read once: what is kept of them serves every context that is the beginning of one.

    Args:
        model: the reader.
        texts: token ids, two at least in each.
        batch_size: texts side by side; those of like length are put together.

    Attributes:
        states: (n, D) of each text, state after the last normalisation at every token.
        cache: keys and values of all texts, None where the model keeps none.

    Raises:
        LmphysError: a text has fewer than two tokens, or more than the model can read.
    """

    def __init__(self, model: LanguageModel, texts: Sequence[Sequence[int]], *, batch_size: int = 8) -> None:
        sizes = [len(text) for text in texts]
        if min(sizes, default=0) < 2:
            raise LmphysError(f"a text of {min(sizes, default=0)} tokens has no past; leave short texts out")
        if model.context_length is not None and max(sizes) > model.context_length:
            raise LmphysError(f"{max(sizes)} tokens exceed the {model.context_length} that {model.spec} can read")
        self.model = model
        self.texts = [tuple(text) for text in texts]
        self.states = [torch.empty(0)] * len(texts)
        self.cache: KVCache | None = None
        if model.keeps_keys:
            self.cache = KVCache(model.n_layers, len(texts), max(sizes), reserve=max(sizes))
        order = sorted(range(len(texts)), key=lambda i: (sizes[i], i))
        with torch.no_grad():  # not inference_mode: what that makes cannot take part in a gradient
            for start in range(0, len(order), batch_size):
                self._take(order[start : start + batch_size])

    def _take(self, batch: Sequence[int]) -> None:
        """Read some texts of like length, and keep their states, keys and values."""
        texts, last = [self.texts[i] for i in batch], self.model.n_layers
        own = KVCache(last, len(batch), max(map(len, texts))) if self.cache is not None else None
        with Capture(self.model, (last,)).attached() as capture:
            self.model.read(texts, own)
            states = capture.states(last)["final_norm"]
        states = states.to(torch.promote_types(states.dtype, torch.float32)).cpu()
        for row, i in enumerate(batch):
            n = len(self.texts[i])
            self.states[i] = states[row, states.shape[1] - n :].clone()
            if own is not None and self.cache is not None:
                self.cache.admit(i, own, row, n)

    def paths(self, starts: Sequence[int]) -> Paths:
        """The texts token by token, as `read_paths` gives them, each from its token number `starts`."""
        head = head_of(self.model)
        log_pp, tokens = [], []
        for text, states, start in zip(self.texts, self.states, starts, strict=True):
            new = torch.tensor(text[start:])
            with torch.no_grad():
                log_p = torch.cat([head(part) for part in states[start:-1].split(64)])
            log_pp.append(np.append(-log_p.gather(1, new[1:, None])[:, 0].double().numpy(), np.nan))
            tokens.append(new.numpy())
        states_of = [states[start:].numpy() for states, start in zip(self.states, starts, strict=True)]
        return Paths({"final_norm": states_of}, log_pp, tokens)


class Contexts:
    """B beginnings of texts, whose last token is yet to be read.

    Args:
        past: of the texts.
        source: (B,) number of the text that each is a beginning of.
        ends: (B,) number of its tokens, two at least.

    Attributes:
        last: (B,) last token of each.
        lengths: (B,) tokens before it.
    """

    def __init__(self, past: Past, source: ArrayLike, ends: ArrayLike) -> None:
        self.past, self.model = past, past.model
        self.source = torch.as_tensor(source)
        self.lengths = torch.as_tensor(ends) - 1
        self.texts = [past.texts[i][: n + 1] for i, n in zip(self.source.tolist(), self.lengths.tolist(), strict=True)]
        self.last = torch.tensor([text[-1] for text in self.texts])

    @classmethod
    def of(cls, model: LanguageModel, texts: Sequence[Sequence[int]]) -> "Contexts":
        """Whole texts as contexts."""
        return cls(Past(model, texts), np.arange(len(texts)), np.array([len(text) for text in texts]))

    def __len__(self) -> int:
        return len(self.texts)

    def read(
        self, rows: Tensor | None = None, after: Tensor | None = None, vectors: Sequence[SteeringVector] = ()
    ) -> Reading:
        """Read the last token of some texts and what is put after it.

        Args:
            rows: (R,) which texts; None stands for all.
            after: (R, k) tokens after each; None for none.
            vectors: on the state of the last token, (R, D) each, in the order of `rows`; their gradients are kept.
        """
        rows = torch.arange(len(self)) if rows is None else rows
        new = self.last[rows, None] if after is None else torch.cat([self.last[rows, None], after], 1)
        k = new.shape[1]
        length = int(self.lengths[rows].max())
        if self.past.cache is None:
            heads = [self.texts[row][:-1] for row in rows.tolist()]
            whole = torch.full((len(rows), length + k), self.model.pad_id)
            for i, head in enumerate(heads):
                whole[i, length - len(head) : length] = torch.tensor(head)
            whole[:, length:] = new
            given, cache = whole, None
        else:
            given, cache = new, self._cache(rows, length)
        mask = torch.arange(length + k) >= length - self.lengths[rows, None]
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -given.shape[1] :]
        last = self.model.n_layers
        with Capture(self.model, (last,)).attached() as capture, steered_states(self.model, vectors, -k):
            logits = self.model.logits(given, mask, positions, cache, last=k)
            states = capture.states(last)["final_norm"][:, -k:]
        wide = torch.promote_types(logits.dtype, torch.float32)
        return Reading(logits.to(wide).log_softmax(-1).cpu(), states.cpu())

    def keys(self, rows: Tensor) -> list[tuple[Tensor, Tensor] | None]:
        """Keys and values (R, heads, T, head width) of what stands before the last token, at the right end.

        One entry a layer, None for a layer that borrows those of another. T is the longest; what shorter ones have on
        the left is of no meaning and must be masked.
        """
        cache, length = self.past.cache, int(self.lengths[rows].max())
        assert cache is not None
        source = self.source[rows]
        sizes = torch.tensor([len(self.past.texts[i]) for i in source.tolist()])
        first = cache.axis.end - sizes + self.lengths[rows] - length
        columns = (first[:, None] + torch.arange(length)).clamp(min=0)

        def taken(x: Tensor) -> Tensor:
            return x[source[:, None].to(x.device), :, columns.to(x.device)].transpose(1, 2)

        return [
            None if layer.keys is None or layer.values is None else (taken(layer.keys), taken(layer.values))
            for layer in cache.layers
        ]

    def _cache(self, rows: Tensor, length: int) -> Cache:
        return Cache(layers=[_PastLayer(held, length) for held in self.keys(rows)])


def head_of(model: LanguageModel) -> Callable[[Tensor], Tensor]:
    """The output head alone: states (R, D) after the last normalisation to log-probabilities (R, V) on the CPU, nats.

    Raises:
        LmphysError: the model has no head that works alone.
    """
    own = own_head(model.model, model.body, model.pad_id)
    if own is None:
        raise LmphysError(f"the body of {model.spec} hands no states to a head; use another model here")

    def head(states: Tensor) -> Tensor:
        logits = own(states.to(model.device, model.dtype))
        return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1).cpu()

    return head
