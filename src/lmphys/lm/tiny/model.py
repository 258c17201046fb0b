"""A small transformer whose parts can be exchanged, as a causal language model of `transformers`.

Pre-norm blocks with RMSNorm and no biases. With rotary positions and a gated MLP it is a Llama, number for number.
Positions are those of Allen-Zhu & Li (2023), *Physics of Language Models* part 1; Canon layers are those of part 4.1.

It is a decoder, unless its configuration says that it is not causal: then each token sees its whole text, to fill in
what is masked. What is yet to come is in no cache of the past, so that it takes none.

Several texts may stand in one row: where `position_ids` return to 0, a new text begins, and neither attention nor a
Canon layer reaches back across that place.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad, scaled_dot_product_attention, silu
from transformers import AutoConfig, AutoModelForCausalLM, GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast

from lmphys.lm.tiny import rotary
from lmphys.lm.tiny.config import TAPS, TinyConfig


@dataclass
class _View:
    """What all blocks share in one pass over T new tokens after P tokens of the past.

    Attributes:
        positions: (B, T) place of each token in its own text.
        seen: (B, 1, T, P + T) which tokens each token may attend to; None for all before it and itself, or for all
            tokens where the model is not causal.
        distance: (T, P + T) how far each token lies back; negative for those that are yet to come.
        cache: of the past, which takes what the tokens leave for later ones; None where nothing is kept.
        rotation: cosines and sines (B, 1, T, turned dimensions) of rotary positions.
    """

    positions: Tensor
    seen: Tensor | None
    distance: Tensor
    cache: Cache | None
    rotation: tuple[Tensor, Tensor] | None

    @cached_property
    def inside(self) -> Tensor | None:
        """(TAPS - 1, B, T, 1) 1 where the token 1, 2, ... places back is of the same text; None where all are."""
        if self.seen is None:
            return None
        back = torch.arange(1, TAPS, device=self.positions.device)[:, None, None]
        return (self.positions >= back)[..., None]


class _Taps(torch.autograd.Function):
    """h_t + sum_j w_j * h_{t-j} in one pass for each j, where plain operations and their gradients need six."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, weight: Tensor, inside: Tensor | None, n: int) -> Tensor:
        ctx.save_for_backward(h, weight, inside)
        ctx.n = n
        out = h[:, h.shape[1] - n :] * (1 + weight[0])
        for j in range(1, TAPS):
            to, _, earlier = _reach(h, n, j, inside)
            out[:, to:].addcmul_(earlier, weight[j])
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        h, weight, inside = ctx.saved_tensors
        (grad,), n = grads, ctx.n
        of_h, past = torch.zeros_like(h), h.shape[1] - n
        of_h[:, past:] = grad * (1 + weight[0])
        of_weight = [(grad * h[:, past:]).sum((0, 1))]
        for j in range(1, TAPS):
            to, back, earlier = _reach(h, n, j, inside)
            of_weight.append((grad[:, to:] * earlier).sum((0, 1)))
            own = grad[:, to:] if inside is None else grad[:, to:] * inside[j - 1][:, to:]
            of_h[:, back].addcmul_(own, weight[j])
        return of_h, torch.stack(of_weight), None, None


def _reach(h: Tensor, n: int, j: int, inside: Tensor | None) -> tuple[int, slice, Tensor]:
    """What the last n of the tokens see j places back.

    Returns:
        The first of the n that has a token there; the places of these tokens; and their features, 0 for other texts.
    """
    past = h.shape[1] - n
    to = min(n, max(0, j - past))
    back = slice(past + to - j, max(past + to - j, h.shape[1] - j))
    earlier = h[:, back]
    return to, back, earlier if inside is None else earlier * inside[j - 1][:, to:]


class Canon(nn.Module):
    """A causal depth-wise convolution over four tokens beside the identity (part 4.1).

    h'_t = h_t + sum_{j=0}^{3} w_j * h_{t-j}, with zeros before the text, and neither bias nor activation.

    Args:
        width: features.
        slot: layer of the cache that keeps its inputs: the next tokens need the last three.
    """

    def __init__(self, width: int, slot: int) -> None:
        super().__init__()
        self.slot = slot
        self.weight = nn.Parameter(torch.empty(TAPS, width))

    def forward(self, h: Tensor, view: _View) -> Tensor:
        """(B, T, width) to the same."""
        n, seen = h.shape[1], h
        if view.cache is not None:
            seen = view.cache.update(h[:, None], h[:, None, :, :0], self.slot)[0][:, 0]
        # Under autocast features may have half the width of the weights; what is added up has the wider one.
        wide = torch.promote_types(seen.dtype, self.weight.dtype)
        inside = None if view.inside is None else view.inside.to(wide)
        return cast(Tensor, _Taps.apply(seen.to(wide), self.weight, inside, n))


class _Attention(nn.Module):
    """Causal self-attention with one of the five ways to know places."""

    def __init__(self, config: TinyConfig, layer: int, canon: Canon | None) -> None:
        super().__init__()
        self.config = config
        self.slot = layer
        self.project = nn.Linear(config.hidden_size, config.projections * config.hidden_size, bias=False)
        self.output = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.canon = canon
        shape = (config.num_attention_heads, config.max_position_embeddings)
        self.distances = nn.Parameter(torch.zeros(shape)) if config.position == "relative" else None

    def forward(self, x: Tensor, view: _View, with_weights: bool) -> tuple[Tensor, Tensor | None]:
        """(B, T, D) to the same, and the weights of attention (B, H, T, P + T) where they are wanted."""
        B, T, D = x.shape
        projected = self.project(x)
        if self.canon is not None:
            projected = self.canon(projected, view)
        heads = projected.view(B, T, -1, self.config.num_attention_heads, self.config.head_width).permute(2, 0, 3, 1, 4)
        if self.config.position == "uniform":
            values = heads[0]
            if view.cache is not None:
                values = view.cache.update(values, values[..., :0], self.slot)[0]
            weights: Tensor | None = self._spans(view).to(values.dtype)
            mixed = weights @ values
        else:
            queries, keys, values = heads
            if view.rotation is not None:
                queries, keys = (rotary.turned(part, *view.rotation) for part in (queries, keys))
            if view.cache is not None:
                keys, values = view.cache.update(keys, values, self.slot)
            mask = self._mask(view, queries.dtype)
            causal = self.config.causal
            weights = _softmax(queries, keys, mask, view.distance, causal) if with_weights else None
            mixed = scaled_dot_product_attention(
                queries, keys, values, attn_mask=mask, is_causal=causal and mask is None
            )
        return self.output(mixed.transpose(1, 2).reshape(B, T, D)), weights if with_weights else None

    def _mask(self, view: _View, dtype: torch.dtype) -> Tensor | None:
        """What is added to the scores, or where they count, (B or 1, H or 1, T, P + T); None: causal, nothing else."""
        if self.distances is None:
            return view.seen
        bias = self.distances[:, view.distance.clamp(0, self.distances.shape[1] - 1)][None].to(dtype)
        return bias.masked_fill(~(view.distance >= 0 if view.seen is None else view.seen), -math.inf)

    def _spans(self, view: _View) -> Tensor:
        """Weights (B or 1, H, T, P + T) of plain means over the last 1, 3, 7, ... tokens, or as many as there are."""
        spans = 2 ** torch.arange(1, self.config.num_attention_heads + 1, device=view.distance.device) - 1
        inside = (view.distance >= 0) & (view.distance < spans[:, None, None])
        inside = inside[None] if view.seen is None else inside & view.seen
        return inside / inside.sum(-1, keepdim=True)


class _MLP(nn.Module):
    """Two linear maps around an activation, the first perhaps doubled by a gate."""

    def __init__(self, config: TinyConfig, canon: Canon | None) -> None:
        super().__init__()
        assert config.intermediate_size is not None
        self.gated = config.gated
        self.up = nn.Linear(config.hidden_size, config.intermediate_size * (2 if config.gated else 1), bias=False)
        self.down = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
        self.canon = canon

    def forward(self, x: Tensor, view: _View) -> Tensor:
        """(B, T, D) to the same."""
        inner = self.up(x)
        if self.canon is not None:
            inner = self.canon(inner, view)
        if not self.gated:
            return self.down(gelu(inner))
        gate, value = inner.chunk(2, dim=-1)
        return self.down(silu(gate) * value)


class TinyBlock(nn.Module):
    """Attention and MLP, each after a norm and beside the identity."""

    def __init__(self, config: TinyConfig, layer: int, slots: Iterator[int]) -> None:
        super().__init__()
        assert config.intermediate_size is not None
        D, before_activation = config.hidden_size, config.intermediate_size * (2 if config.gated else 1)
        widths = {"A": D, "B": config.projections * D, "C": D, "D": before_activation}
        canon = {letter: Canon(widths[letter], next(slots)) for letter in config.canon}
        self.attention_norm = nn.RMSNorm(D, config.rms_norm_eps)
        self.attention_canon = canon.get("A")
        self.attention = _Attention(config, layer, canon.get("B"))
        self.mlp_norm = nn.RMSNorm(D, config.rms_norm_eps)
        self.mlp_canon = canon.get("C")
        self.mlp = _MLP(config, canon.get("D"))

    def forward(self, x: Tensor, view: _View, weights: list[Tensor] | None) -> Tensor:
        """(B, T, D) to the same; the weights of attention are added to the list where there is one."""
        inner = self.attention_norm(x)
        if self.attention_canon is not None:
            inner = self.attention_canon(inner, view)
        change, own = self.attention(inner, view, weights is not None)
        if weights is not None and own is not None:
            weights.append(own)
        x = x + change
        inner = self.mlp_norm(x)
        if self.mlp_canon is not None:
            inner = self.mlp_canon(inner, view)
        return x + self.mlp(inner, view)


class _TinyPreTrained(PreTrainedModel):
    """What `transformers` wants to know."""

    config_class = TinyConfig
    base_model_prefix = "model"
    _supports_sdpa = True
    _no_split_modules: ClassVar[list[str]] = ["TinyBlock"]

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, Canon):
            nn.init.uniform_(module.weight, -(TAPS**-0.5), TAPS**-0.5)
        elif isinstance(module, _Attention) and module.distances is not None:
            nn.init.zeros_(module.distances)

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        # The cache of `generate` has as many layers as there are blocks; Canon layers need more of them.
        return False


class TinyModel(_TinyPreTrained):
    """The body: embeddings, blocks and the last norm."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        absolute = config.position == "absolute"
        self.embed_positions = nn.Embedding(config.max_position_embeddings, config.hidden_size) if absolute else None
        slots = iter(range(config.num_hidden_layers, (1 + len(config.canon)) * config.num_hidden_layers))
        self.layers = nn.ModuleList(TinyBlock(config, layer, slots) for layer in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
        **_: Any,
    ) -> BaseModelOutputWithPast:
        """States (B, T, D) after the last norm.

        Args:
            input_ids: (B, T) new tokens; or `inputs_embeds`: (B, T, D).
            attention_mask: (B, P + T) 1 where a token stands, 0 for padding.
            position_ids: (B, T) places in the token's own text: from 0 at each beginning of one.
            past_key_values: of P tokens before.
            inputs_embeds: see `input_ids`.
            use_cache: whether to make a cache where none is given.
            output_hidden_states: whether to return the states before each block, and after the last norm.
            output_attentions: whether to return the weights of attention.
        """
        x = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        cache = DynamicCache() if past_key_values is None and use_cache and self.config.causal else past_key_values
        view = self._view(x, attention_mask, position_ids, cache)
        if self.embed_positions is not None:
            x = x + self.embed_positions(view.positions)
        states: list[Tensor] = []
        weights: list[Tensor] | None = [] if output_attentions else None
        for block in self.layers:
            if output_hidden_states:
                states.append(x)
            x = block(x, view, weights)
        x = self.norm(x)
        return BaseModelOutputWithPast(
            last_hidden_state=x,
            past_key_values=cache,
            hidden_states=(*states, x) if output_hidden_states else None,
            attentions=tuple(weights) if weights is not None else None,
        )

    def _view(self, x: Tensor, mask: Tensor | None, positions: Tensor | None, cache: Cache | None) -> _View:
        """What the blocks share in this pass."""
        B, T = x.shape[:2]
        past = 0 if cache is None else cache.get_seq_length()
        columns = torch.arange(past + T, device=x.device)
        distance = columns[past:, None] - columns
        plain = mask is None and positions is None and not past
        if positions is None:
            positions = columns.expand(B, -1) if mask is None else (mask.long().cumsum(-1) - 1).clamp(min=0)
            positions = positions[:, past:]
        positions = positions.expand(B, -1)
        seen = None
        if not plain:
            # The past, and what goes on with it, is text 0.
            text = pad((positions == 0).cumsum(-1), (past, 0))
            seen = text[:, past:, None] == text[:, None]
            if self.config.causal:
                seen = (distance >= 0) & seen
            if mask is not None:
                seen = seen & mask[:, None].bool()
            # Padding sees itself: a mean over nothing would not be a number.
            seen = (seen | (distance == 0))[:, None]
        rotation = rotary.angles(self.config, positions) if self.config.position == "rotary" else None
        return _View(positions, seen, distance, cache, rotation)


class TinyForCausalLM(_TinyPreTrained, GenerationMixin):
    """The body and an output head."""

    _tied_weights_keys: ClassVar[dict[str, str]] = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config: TinyConfig) -> None:
        super().__init__(config)
        self.model = TinyModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        **wanted: Any,
    ) -> CausalLMOutputWithPast:
        """Logits (B, T, V), or after the last `logits_to_keep` tokens alone; for the rest see `TinyModel.forward`.

        Args:
            labels: (B, T) the tokens once more, -100 where they carry no loss; the loss is their mean cross-entropy.
        """
        body = self.model(input_ids, attention_mask, position_ids, past_key_values, inputs_embeds, use_cache, **wanted)
        logits = self.lm_head(body.last_hidden_state[:, -logits_to_keep:])
        loss = None if labels is None else self.loss_function(logits, labels, self.config.vocab_size)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=cast(Any, logits),
            past_key_values=body.past_key_values,
            hidden_states=body.hidden_states,
            attentions=body.attentions,
        )


def _softmax(queries: Tensor, keys: Tensor, mask: Tensor | None, distance: Tensor, causal: bool) -> Tensor:
    """The weights of attention (B, H, T, P + T) that the fused kernel does not hand out."""
    scores = queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])
    if mask is None:
        mask = (distance >= 0) | (not causal)
    return (scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask).softmax(-1)


AutoConfig.register(TinyConfig.model_type, TinyConfig)
AutoModelForCausalLM.register(TinyConfig, TinyForCausalLM)
