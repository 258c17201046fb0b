"""A causal language model, whichever: what the rest of the package needs to know of it."""

import inspect
from collections.abc import Sequence, Set
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache

from lmphys.core.devices import DTYPES, QUANTIZED, resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.passes import count_passes
from lmphys.core.progress import announce
from lmphys.lm.anatomy import first_tensor
from lmphys.lm.cache import KVCache
from lmphys.lm.head import LinearHead, linear_head
from lmphys.lm.prompts import prompt_ids
from lmphys.lm.selfcheck import SelfCheck, one_line, self_check
from lmphys.lm.weights import load_weights


class LanguageModel:
    """A causal language model of `transformers` with its tokenizer.

    It is compared with plain passes over a few tokens before it is given out (`lmphys.lm.selfcheck`).

    Args:
        spec: `smollm2`, `reasoner[@STEP]`, `gemma3`, `org/name[@revision]`, a folder of a model or an adapter, a
            `.gguf` file, or `random:SPEC[#SEED]`.
        dtype: `float32`, `bfloat16`, `float16`, or `auto`: on a GPU bfloat16, on a CPU float32. `8bit` and `4bit` keep
            weights in so many bits and states in bfloat16, and need `bitsandbytes`.
        device: `cpu`, `cuda`, `mps`, ...; `auto` takes a CUDA GPU where there is one.

    Attributes:
        checked: what the self-check found.
        precision: name of the dtype of its weights, one of `DTYPES`.
        width: dimension D of a hidden state.
        n_layers: number of blocks.
        context_length: tokens that it can read, or None where it does not say.
        keeps_keys: whether its past is kept as keys and values; else its text is read anew at each step.
        side_by_side: whether texts of unequal length may stand in one batch.
        n_rows: token ids that it knows, 0 to `n_rows` - 1; the tokenizer may know more or fewer.
        pad_id: what stands before short texts of a batch, where it is masked.

    Raises:
        LmphysError: the spec, dtype or device is unknown, or the model cannot be loaded or fails its self-check.
    """

    checked: SelfCheck

    def __init__(self, spec: str = "smollm2", *, dtype: str = "auto", device: str = "auto") -> None:
        self.spec = spec
        self.device = resolve_device(device)
        self.precision = resolve_dtype(dtype, self.device)
        self.dtype = DTYPES[self.precision]
        weights = load_weights(
            spec, self.dtype, self.device, bits=self.precision if self.precision in QUANTIZED else None
        )
        self._take(weights.model, weights.tokenizer, weights.revision, weights.base_revision)

    @classmethod
    def from_parts(cls, model: Any, tokenizer: Any, *, spec: str = "in memory") -> "LanguageModel":
        """Wrap a model and a tokenizer that are already loaded.

        Raises:
            LmphysError: the model fails its self-check.
        """
        self = cls.__new__(cls)
        self.spec = spec
        first = next(model.parameters())
        self.device, self.dtype = first.device, first.dtype
        self.precision = str(self.dtype).removeprefix("torch.")
        self._take(model.eval(), tokenizer, "in memory", None)
        return self

    def _take(self, model: Any, tokenizer: Any, revision: str, identity: str | None) -> None:
        self.model, self.tokenizer, self.revision = model, tokenizer, revision
        length = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self.context_length: int | None = length if length is not None and length > 0 else None
        self.accepts = frozenset(inspect.signature(model.forward).parameters)
        # Recurrent models keep a state of their own, not the keys and values of every token.
        self.may_keep_keys = "past_key_values" in self.accepts and not getattr(model, "_is_stateful", False)
        rows = getattr(model.get_input_embeddings(), "weight", None)
        self.n_rows: int = model.config.get_text_config().vocab_size if rows is None else rows.shape[0]
        stops = [getattr(model.generation_config, "eos_token_id", None), tokenizer.eos_token_id]
        flat = {i for stop in stops for i in (stop if isinstance(stop, list) else [stop]) if i is not None}
        known = sorted(i for i in flat if i < self.n_rows)
        self.stop_ids = torch.tensor(known, dtype=torch.long)
        # A padding token that was added to the tokenizer alone has no row in the embedding.
        pad = tokenizer.pad_token_id
        self.pad_id: int = pad if pad is not None and pad < self.n_rows else min(known, default=0)
        note = one_line(self_check(self, identity), self.spec)
        count_passes(self.body)  # from here on: those of the check are no page's
        if note:
            announce(note)

    def settle(self, checked: SelfCheck) -> None:
        """Be read from now on as a self-check says."""
        self.checked, anatomy = checked, checked.anatomy
        self.n_layers, self.width = anatomy.n_layers, anatomy.width
        self.keeps_keys, self.side_by_side = checked.keeps_keys, checked.side_by_side
        self.body, self.blocks = self.model.get_submodule(anatomy.body), self.model.get_submodule(anatomy.blocks)
        parameters = inspect.signature(self.body.forward).parameters
        # What takes keywords of any name would make a cache of its own where it is not told otherwise.
        others = {"use_cache"} if any(p.kind is p.VAR_KEYWORD for p in parameters.values()) else set()
        self._body_accepts = frozenset(parameters.keys() | others)

    def rows(self, batch_size: int) -> int:
        """How many texts may stand side by side where `batch_size` are wanted."""
        return batch_size if self.side_by_side else 1

    def check_finite(self, what: str, tokens: Tensor | Sequence[int], *good: Tensor) -> None:
        """Raise LmphysError at the first of n tokens at which states or logits are no numbers.

        Args:
            what: what is looked at.
            tokens: (n,) ids.
            good: (n,) whether the numbers at each token are finite, for each of several arrays.
        """
        for at in good:
            if not bool(at.all()):
                token = int(tokens[int((~at).int().argmax())])
                dtype, text = self.precision, self.tokenizer.decode([token])
                damaged = "its weights are damaged, fetch them again"
                mend = damaged if dtype == "float32" else "use float32 (LMPHYS_DTYPE=float32)"
                raise LmphysError(
                    f"{self.spec} gives {what} that are not finite in {dtype} at the token {text!r}; {mend}"
                )

    @cached_property
    def head(self) -> LinearHead | None:
        """Logits of the states at `final_norm`, where the model makes them by a linear map alone; else None."""
        return linear_head(self.model, self.body, self.pad_id)

    @property
    def n_parameters(self) -> int:
        """Number of parameters, tied ones counted once."""
        if self.precision in QUANTIZED:  # several to a byte
            return self.model.num_parameters()
        return sum(parameter.numel() for parameter in self.model.parameters())

    def describe(self) -> dict[str, Any]:
        """Parameters, layers, width, dtype, device and revision, as JSON values."""
        return {
            "spec": self.spec,
            "architecture": type(self.model).__name__,
            "parameters": self.n_parameters,
            "layers": self.n_layers,
            "width": self.width,
            "dtype": self.precision,
            "device": str(self.device),
            "revision": self.revision,
        }

    def layer_index(self, layer: int) -> int:
        """Block number 0..n_layers for a possibly negative `layer` (-1 is the last; 0 is before the first)."""
        index = layer + self.n_layers + 1 if layer < 0 else layer
        if not 0 <= index <= self.n_layers:
            raise LmphysError(f"layer {layer} of {self.spec}, which has {self.n_layers}: use 0 to {self.n_layers}")
        return index

    def prompt_ids(self, text: str, template: str = "chat") -> tuple[int, ...]:
        """Token ids of a question as the model should see it.

        Args:
            text: what the user says.
            template: see `lmphys.lm.prompts`.

        Raises:
            LmphysError: there is no such template, it cannot be rendered, or it uses a token that the model lacks.
        """
        ids = prompt_ids(self.tokenizer, self.spec, text, template)
        self._check_known(ids)
        return ids

    def _check_known(self, ids: Sequence[int]) -> None:
        """Raise LmphysError for a token that the model has no row for."""
        beyond = max(ids, default=0)
        if beyond >= self.n_rows:
            raise LmphysError(
                f"the tokenizer of {self.spec} gives the token {self.tokenizer.decode([beyond])!r} ({beyond}), but the "
                f"model knows {self.n_rows}; use the tokenizer that the model was trained with"
            )

    def forward(self, ids: Tensor, mask: Tensor, positions: Tensor, cache: KVCache | None = None) -> Tensor:
        """Logits (B, V) after the last token; the arguments are those of `logits`."""
        return self.logits(ids, mask, positions, cache)[:, -1]

    def logits(
        self, ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache | None = None, *, last: int = 1
    ) -> Tensor:
        """Logits (B, last, V) after each of the last tokens.

        Args:
            ids: (B, T) new tokens.
            mask: (B, past + T) True where a token of the row stands.
            positions: (B, T) places in the row's own text, from 0.
            cache: keys and values of the past, which grows by T where it is a `KVCache`; needs `keeps_keys`.
            last: after how many of the newest tokens logits are wanted.
        """
        if self.head is not None:
            return self.head(self.states(ids, mask, positions, cache)[:, -last:])
        given = self._arguments(ids, mask, positions, cache, self.accepts) | {"logits_to_keep": last}
        return self.model(**{name: given[name] for name in given if name in self.accepts}).logits[:, -last:]

    def states(self, ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache | None = None) -> Tensor:
        """States (B, T, D) that the body hands to `head`, which must be there; the arguments are those of `logits`."""
        return first_tensor(self.body(**self._arguments(ids, mask, positions, cache, self._body_accepts)))

    def _arguments(
        self, ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache | None, accepted: Set[str]
    ) -> dict[str, Any]:
        every = {
            "input_ids": ids.to(self.device),
            "attention_mask": mask.long().to(self.device),
            "position_ids": positions.to(self.device),
            "past_key_values": cache,
            "use_cache": cache is not None,
        }
        if not self.checked.takes_places:
            accepted = accepted - {"position_ids"}
        return {name: value for name, value in every.items() if name in accepted}

    def read(self, texts: Sequence[Sequence[int]], cache: KVCache | None = None) -> Tensor:
        """Logits (B, V) after whole texts of token ids, padded on the left.

        Args:
            texts: B texts of any lengths.
            cache: an empty one takes their keys and values.
        """
        return self.read_ends(texts, 1, cache)[:, -1]

    def read_ends(self, texts: Sequence[Sequence[int]], last: int, cache: KVCache | None = None) -> Tensor:
        """Logits (B, last, V) after each of the last tokens of whole texts, padded on the left; see `read`."""
        if not self.side_by_side and len({len(text) for text in texts}) > 1:
            raise LmphysError(
                f"{self.spec} cannot read texts of unequal length side by side (see lmphys doctor --model), which this "
                "needs; use another model here"
            )
        for text in texts:
            self._check_known(text)
        ids, mask, positions = left_padded(texts, self.pad_id)
        logits = self.logits(ids, mask, positions, cache, last=last)
        if cache is not None:
            cache.advance(ids.shape[1])
        return logits


def left_padded(texts: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor, Tensor]:
    """Token ids, mask and positions (B, T) of whole texts that end in one column."""
    length = max(map(len, texts))
    ids = torch.full((len(texts), length), pad_id)
    for row, text in enumerate(texts):
        ids[row, length - len(text) :] = torch.as_tensor(text)
    mask = torch.arange(length) >= length - torch.tensor([len(text) for text in texts])[:, None]
    return ids, mask, (mask.cumsum(-1) - 1).clamp(min=0)
