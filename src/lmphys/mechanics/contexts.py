"""Texts whose last token can be read again and again, with a push on its state each time.

What stands before the last token does not depend on the push, in any causal model: its keys and values are computed
once. The present is then one token wide, whatever the layer that is pushed, and gradients run through it alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from transformers.cache_utils import Cache, CacheLayerMixin

from lmphys.corpus import LanguageModel
from lmphys.corpus.decode import Capture
from lmphys.corpus.timeline import Timeline
from lmphys.errors import LmphysError


@dataclass(frozen=True, eq=False)
class Push:
    """What is added to the state of one token of each of R rows.

    Attributes:
        layer: block after which it is added, 0 (before the first block) to the number of layers.
        step: (R, D).
    """

    layer: int
    step: Tensor


@contextmanager
def pushed(model: LanguageModel, pushes: Sequence[Push], column: int) -> Iterator[None]:
    """Add pushes to the token in a column of every pass inside a `with` block.

    Args:
        model: whose passes.
        pushes: one for each layer at most.
        column: of the token, counted from the right: -1 is the newest.
    """

    def moved(states: Tensor, step: Tensor) -> Tensor:
        states = states.clone()  # the block's own output may be kept for its gradient
        states[:, column] += step.to(states)
        return states

    def before(step: Tensor, module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        if args:
            return (moved(args[0], step), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": moved(kwargs["hidden_states"], step)}

    def after(step: Tensor, module: nn.Module, args: tuple, output: Tensor | tuple) -> Tensor | tuple:
        return (moved(output[0], step), *output[1:]) if isinstance(output, tuple) else moved(output, step)

    with ExitStack() as hooks:
        for push in pushes:
            if push.layer == 0:
                hook = model.blocks[0].register_forward_pre_hook(partial(before, push.step), with_kwargs=True)
            else:
                hook = model.blocks[push.layer - 1].register_forward_hook(partial(after, push.step))
            hooks.callback(hook.remove)
        yield


class _PastLayer(CacheLayerMixin):
    """Keys and values of a past that is read and never written, (R, heads, T, head width)."""

    def __init__(self, keys: Tensor | None, values: Tensor | None, length: int) -> None:
        super().__init__()
        self.keys, self.values, self.length = keys, values, length
        self.is_initialized = keys is not None

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        pass

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        if self.keys is None or self.values is None:  # no past at all: texts of one token
            return key_states, value_states
        return torch.cat([self.keys, key_states], 2), torch.cat([self.values, value_states], 2)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        return self.length

    def get_max_length(self) -> int:
        return -1


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model makes of the last token of R texts and of k tokens after it.

    Attributes:
        log_p: (R, k + 1, V) log-probabilities of the token after each, nats, float32 at least.
        states: (R, k + 1, D) states after the last normalisation.
    """

    log_p: Tensor
    states: Tensor


class Contexts:
    """B texts, read up to their last token.

    Args:
        model: the reader.
        texts: token ids, two at least in each.

    Attributes:
        last: (B,) last token of each text.
        lengths: (B,) tokens before it.

    Raises:
        LmphysError: a text has fewer than two tokens.
    """

    def __init__(self, model: LanguageModel, texts: Sequence[Sequence[int]]) -> None:
        short = min(map(len, texts), default=0)
        if short < 2:
            raise LmphysError(f"a text of {short} tokens has no past; leave short texts out")
        self.model = model
        self.texts = [tuple(text) for text in texts]
        self.last = torch.tensor([text[-1] for text in self.texts])
        self.lengths = torch.tensor([len(text) - 1 for text in self.texts])
        self.past: Timeline | None = None
        if model.keeps_keys:
            self.past = Timeline(model.n_layers, len(texts), int(self.lengths.max()))
            with torch.no_grad():  # not inference_mode: what it makes cannot take part in a gradient
                model.read([text[:-1] for text in self.texts], self.past)

    def __len__(self) -> int:
        return len(self.texts)

    def read(self, rows: Tensor | None = None, after: Tensor | None = None, pushes: Sequence[Push] = ()) -> Reading:
        """Read the last token of some texts and what is put after it.

        Args:
            rows: (R,) which texts; None stands for all.
            after: (R, k) tokens after each; None for none.
            pushes: on the state of the last token, (R, D) each, in the order of `rows`; their gradients are kept.
        """
        rows = torch.arange(len(self)) if rows is None else rows
        new = self.last[rows, None] if after is None else torch.cat([self.last[rows, None], after], 1)
        k = new.shape[1]
        length = int(self.lengths[rows].max())
        if self.past is None:
            heads = [self.texts[row][:-1] for row in rows.tolist()]
            whole = torch.full((len(rows), length + k), self.model.pad_id)
            for i, head in enumerate(heads):
                whole[i, length - len(head) : length] = torch.tensor(head)
            whole[:, length:] = new
            given, cache = whole, None
        else:
            given, cache = new, self._past_of(rows, length)
        mask = torch.arange(length + k) >= length - self.lengths[rows, None]
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -given.shape[1] :]
        last = self.model.n_layers
        with Capture(self.model, (last,)).attached() as capture, pushed(self.model, pushes, -k):
            logits = self.model.logits(given, mask, positions, cache, last=k)
            states = capture.states(last)["final_norm"][:, -k:]
        wide = torch.promote_types(logits.dtype, torch.float32)
        return Reading(logits.to(wide).log_softmax(-1), states)

    def _past_of(self, rows: Tensor, length: int) -> Cache:
        assert self.past is not None
        end = self.past.axis.end
        layers = []
        for layer in self.past.layers:
            held = layer.keys is not None and layer.values is not None
            keys, values = (x[rows.to(x.device), :, end - length : end] if held else None
                            for x in (layer.keys, layer.values))  # fmt: skip
            layers.append(_PastLayer(keys, values, length))
        return Cache(layers=layers)


def head_of(model: LanguageModel) -> Callable[[Tensor], Tensor]:
    """The output head alone: states (R, D) after the last normalisation to log-probabilities (R, V), nats.

    It is the model itself with its body left out, so that whatever the architecture does to its logits is in it.
    """
    kept = []
    hook = model.body.register_forward_hook(lambda module, args, output: kept.append(output))
    blank = torch.full((1, 1), model.pad_id, device=model.device)
    with torch.no_grad():
        model.model(input_ids=blank)
    hook.remove()
    body_output = kept[0]

    def head(states: Tensor) -> Tensor:
        body_output.last_hidden_state = states[:, None].to(model.device)
        model.body.forward = lambda *args, **kwargs: body_output
        try:
            logits = model.model(input_ids=blank).logits[:, 0]
        finally:
            del model.body.forward
        return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1)

    return head
