"""Tiny random models of architectures that are unlike the others, and what is right for each."""

from dataclasses import dataclass, field
from typing import Any

_G = {"num_key_value_heads": 2, "intermediate_size": 96, "head_dim": 12}
_SEQ2SEQ = {
    "d_model": 48, "decoder_layers": 3, "encoder_layers": 2, "decoder_attention_heads": 4,
    "encoder_attention_heads": 4, "decoder_ffn_dim": 96, "encoder_ffn_dim": 96, "init_std": 0.2,
}  # fmt: skip
_GEMMA3 = {
    "model_type": "gemma3_text", "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, **_G,
    "sliding_window": 16, "query_pre_attn_scalar": 12, "max_position_embeddings": 256,
}  # fmt: skip
_TOWER = {
    "model_type": "siglip_vision_model", "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 96, "image_size": 28, "patch_size": 14,
}  # fmt: skip
_GPT = {"n_embd": 48, "n_layer": 3, "n_head": 4, "n_positions": 256}


@dataclass(frozen=True)
class Odd:
    """An architecture: its settings, and how it is to be run.

    Attributes:
        settings: of the configuration, beside the common ones.
        kind: name of the configuration, where it is not that of the architecture.
        refused: the check that it fails; empty where it passes.
        way: whether its cache is one of keys and values, and whether padding does not matter; None where any will do.
        slow: whether the quick ones show as much.
        common: whether it knows the common settings.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    refused: str = ""
    way: tuple[bool, bool] | None = None
    slow: bool = False
    common: bool = True


ODD = {
    # Heads that go round the base model, and decoders of pairs of encoder and decoder.
    "opt": Odd({"ffn_dim": 96, "word_embed_proj_dim": 48}),
    "opt with projections": Odd(
        {"ffn_dim": 96, "word_embed_proj_dim": 24, "do_layer_norm_before": False}, "opt", refused="text"
    ),
    "bart": Odd({**_SEQ2SEQ, "max_position_embeddings": 256}, common=False),
    "marian": Odd(
        {**_SEQ2SEQ, "max_position_embeddings": 256, "decoder_start_token_id": 0},
        slow=True,
        common=False,
    ),
    "whisper": Odd({**_SEQ2SEQ, "encoder_layers": 3}, common=False),
    "prophetnet": Odd(
        {
            "hidden_size": 48,
            "num_decoder_layers": 3,
            "num_encoder_layers": 2,
            "num_decoder_attention_heads": 4,
            "num_encoder_attention_heads": 4,
            "decoder_ffn_dim": 96,
            "encoder_ffn_dim": 96,
        },
        refused="text",
        slow=True,
        common=False,
    ),
    # Bodies that are called otherwise, or are the model itself.
    "llama4_text": Odd(
        {
            **_G,
            "intermediate_size_mlp": 96,
            "num_local_experts": 2,
            "num_experts_per_tok": 1,
            "attention_chunk_size": 16,
            "no_rope_layers": [1, 1, 0],
            "interleave_moe_layer_step": 1,
            "use_qk_norm": True,
            "layer_types": ["chunked_attention", "chunked_attention", "full_attention"],
        },
    ),
    "openai-gpt": Odd(_GPT, way=(False, True), common=False),
    "gemma3 with a tower": Odd(
        {"text_config": _GEMMA3, "vision_config": _TOWER, "mm_tokens_per_image": 4}, "gemma3", common=False
    ),
    # Places of their own.
    "roberta": Odd({"is_decoder": True, "intermediate_size": 96, "max_position_embeddings": 300}, way=(False, True)),
    "camembert": Odd(
        {"is_decoder": True, "intermediate_size": 96, "max_position_embeddings": 300}, way=(False, True), slow=True
    ),
    "git": Odd({"intermediate_size": 96}, way=(True, False), slow=True),
    # Caches of their own, and masks that are not heeded.
    "lfm2": Odd(
        {
            "num_key_value_heads": 2,
            "intermediate_size": 96,
            "layer_types": ["conv", "full_attention", "conv"],
            "block_auto_adjust_ff_dim": False,
        },
        way=(False, True),
    ),
    "minimax": Odd(
        {
            **_G,
            "num_local_experts": 2,
            "block_size": 16,
            "layer_types": ["linear_attention", "full_attention", "linear_attention"],
        },
        way=(False, True),
        slow=True,
    ),
    "rwkv": Odd(
        {"attention_hidden_size": 48, "intermediate_size": 96, "context_length": 256},
        way=(False, False),
        slow=True,
    ),
    "xlstm": Odd(
        {
            "hidden_size": 48,
            "embedding_dim": 48,
            "num_heads": 4,
            "num_hidden_layers": 3,
            "num_blocks": 3,
            "chunk_size": 16,
        },
        way=(False, False),
        slow=True,
        common=False,
    ),
    # Attention to what comes later.
    "bert": Odd({"intermediate_size": 96}, refused="causal"),
    "electra": Odd({"intermediate_size": 96, "embedding_size": 48}, refused="causal", slow=True),
    "xlnet": Odd({"d_model": 48, "n_layer": 3, "n_head": 4, "d_inner": 96}, refused="(text|causal)", common=False),
}


def odd_model(name: str, vocabulary: int, seed: int = 0) -> Any:
    """A random float32 model of width 48."""
    odd = ODD[name]
    return random_model(odd.kind or name, odd.settings, vocabulary, seed, common=odd.common)


def random_model(kind: str, settings: dict[str, Any], vocabulary: int, seed: int = 0, *, common: bool = True) -> Any:
    """A random float32 model of width 48 and three blocks.

    Args:
        kind: name of its configuration.
        settings: of the configuration.
        vocabulary: number of tokens.
        seed: of the weights.
        common: whether its configuration knows the usual names of sizes.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    usual = {
        "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 256,
        "initializer_range": 0.2,
    }  # fmt: skip
    settings = {**(usual if common else {}), **settings}
    tokens = {"vocab_size": vocabulary, "eos_token_id": 0, "bos_token_id": 0, "pad_token_id": 0}
    if "text_config" in settings:
        settings["text_config"] = {**settings["text_config"], **tokens}
    else:
        settings |= tokens
    config = AutoConfig.for_model(kind, **settings)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
