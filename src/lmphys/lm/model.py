"""A causal language model, whichever: what the rest of the package needs to know of it."""

import inspect
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from transformers.cache_utils import Cache

from lmphys.core.devices import DTYPES, resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.passes import count_passes
from lmphys.lm.cache import KVCache
from lmphys.lm.head import LinearHead, linear_head
from lmphys.lm.weights import load_weights


class LanguageModel:
    """A causal language model of `transformers` with its tokenizer.

    Args:
        spec: `smollm2`, `reasoner[@STEP]`, `org/name[@revision]`, a folder of a model or an adapter, a `.gguf` file, or
            `random:SPEC[#SEED]`.
        dtype: `float32`, `bfloat16`, `float16`, or `auto`: on a GPU bfloat16, on a CPU float32.
        device: `cpu`, `cuda`, `mps`, ...; `auto` takes a CUDA GPU where there is one.

    Attributes:
        width: dimension D of a hidden state.
        n_layers: number of blocks.
        context_length: tokens that it can read, or None where it does not say.
        keeps_keys: whether its past can be kept as keys and values (recurrent models read their text anew).

    Raises:
        LmphysError: the spec, dtype or device is unknown, or the model cannot be loaded.
    """

    def __init__(self, spec: str = "smollm2", *, dtype: str = "auto", device: str = "auto") -> None:
        self.spec = spec
        self.device = resolve_device(device)
        self.dtype = DTYPES[resolve_dtype(dtype, self.device)]
        weights = load_weights(spec, self.dtype, self.device)
        self._take(weights.model, weights.tokenizer, weights.revision)

    @classmethod
    def from_parts(cls, model: Any, tokenizer: Any, *, spec: str = "in memory") -> "LanguageModel":
        """Wrap a model and a tokenizer that are already loaded."""
        self = cls.__new__(cls)
        self.spec = spec
        first = next(model.parameters())
        self.device, self.dtype = first.device, first.dtype
        self._take(model.eval(), tokenizer, "in memory")
        return self

    def _take(self, model: Any, tokenizer: Any, revision: str) -> None:
        self.model, self.tokenizer, self.revision = model, tokenizer, revision
        config = model.config.get_text_config()
        self.n_layers: int = config.num_hidden_layers
        self.width: int = config.hidden_size
        self.context_length: int | None = getattr(config, "max_position_embeddings", None)
        self.body: nn.Module = model.base_model
        count_passes(self.body)
        self.blocks = _blocks(self.body, self.n_layers)
        self._accepted = set(inspect.signature(model.forward).parameters)
        # Recurrent models keep a state of their own, not the keys and values of every token.
        self.keeps_keys = "past_key_values" in self._accepted and not getattr(model, "_is_stateful", False)
        stops = [getattr(model.generation_config, "eos_token_id", None), tokenizer.eos_token_id]
        flat = {i for stop in stops for i in (stop if isinstance(stop, list) else [stop]) if i is not None}
        self.stop_ids = torch.tensor(sorted(flat), dtype=torch.long)
        self.pad_id: int = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(flat, default=0)

    @cached_property
    def head(self) -> LinearHead | None:
        """Logits of the states at `final_norm`, where the model makes them by a linear map alone; else None."""
        return linear_head(self.model, self.body, self.pad_id)

    @property
    def n_parameters(self) -> int:
        """Number of parameters, tied ones counted once."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def describe(self) -> dict[str, Any]:
        """Parameters, layers, width, dtype, device and revision, as JSON values."""
        return {
            "spec": self.spec,
            "architecture": type(self.model).__name__,
            "parameters": self.n_parameters,
            "layers": self.n_layers,
            "width": self.width,
            "dtype": str(self.dtype).removeprefix("torch."),
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
            template: `chat` for the model's own chat template, else a text with `{question}` in it.

        Raises:
            LmphysError: there is no chat template or no `{question}`, or the model of a small world lacks a word.
        """
        if template == "chat":
            if not getattr(self.tokenizer, "chat_template", None):
                raise LmphysError(
                    f"{self.spec} has no chat template; give a prompt with {{question}} in it, such as "
                    "'Question: {question} Answer:' (--prompt, or --set prompt=... for a chapter)"
                )
            messages = [{"role": "user", "content": text}]
            prompt = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            return self._encoded(prompt, add_special_tokens=False)
        if "{question}" not in template:
            raise LmphysError(f"the prompt {template!r} has no {{question}} in it")
        return self._encoded(template.replace("{question}", text), add_special_tokens=True)

    def _encoded(self, text: str, *, add_special_tokens: bool) -> tuple[int, ...]:
        try:
            return tuple(self.tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"])
        except Exception as error:  # `tokenizers` raises nothing narrower
            if "[UNK]" not in str(error):
                raise
            words = ", ".join(sorted(self.tokenizer.get_vocab(), key=self.tokenizer.get_vocab().get)[:12])
            raise LmphysError(
                f"{self.spec} has no token for a word of {text[:80]!r}; use the words of its vocabulary ({words}, ...)"
            ) from error

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
        given = self._arguments(ids, mask, positions, cache, self._accepted) | {"logits_to_keep": last}
        return self.model(**{name: given[name] for name in given if name in self._accepted}).logits[:, -last:]

    def states(self, ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache | None = None) -> Tensor:
        """States (B, T, D) that the body hands to `head`, which must be there; the arguments are those of `logits`."""
        given = self._arguments(ids, mask, positions, cache, set(inspect.signature(self.body.forward).parameters))
        return self.body(**given).last_hidden_state

    def _arguments(
        self, ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache | None, accepted: set[str]
    ) -> dict[str, Any]:
        every = {
            "input_ids": ids.to(self.device),
            "attention_mask": mask.long().to(self.device),
            "position_ids": positions.to(self.device),
            "past_key_values": cache,
            "use_cache": cache is not None,
        }
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


def _blocks(body: nn.Module, n_layers: int) -> nn.ModuleList:
    """The stack of blocks: the outermost list of modules as long as the configuration says."""
    for module in body.modules():
        if isinstance(module, nn.ModuleList) and len(module) == n_layers:
            return module
    raise LmphysError(
        f"{type(body).__name__} has no list of {n_layers} blocks; its states cannot be read layer by layer"
    )
