"""Tiny random models of the families that readers bring, and what is right for each."""

from dataclasses import dataclass, field
from typing import Any

from tests.lm.odd_models import random_model

_G = {"num_key_value_heads": 2, "intermediate_size": 96, "head_dim": 12}
_KV = {"num_key_value_heads": 2, "intermediate_size": 96}
_LOCAL = ["sliding_attention", "full_attention", "sliding_attention"]
_MAMBA2 = {
    "mamba_n_heads": 8, "mamba_d_head": 12, "mamba_n_groups": 1, "mamba_d_state": 8, "mamba_chunk_size": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Family:
    """An architecture: its settings, and how its states are compared.

    Attributes:
        settings: of the configuration, beside the common ones.
        kind: name of the configuration, where it is not that of the family.
        first: block after which the first of its `output_hidden_states` stands; most tell the embeddings first.
        refused: what the line that refuses it says; empty where it is read.
        slow: whether the quick ones show as much.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    first: int = 0
    refused: str = ""
    slow: bool = False


FAMILIES = {
    "llama": Family(_G),
    "mistral, sliding window": Family({**_G, "sliding_window": 16}, "mistral"),
    "qwen2": Family(_G),
    "qwen3": Family(_G),
    "gemma2": Family({**_G, "sliding_window": 16, "query_pre_attn_scalar": 12}),
    "gemma3, local and global layers": Family(
        {**_G, "sliding_window": 16, "query_pre_attn_scalar": 12, "layer_types": _LOCAL}, "gemma3_text"
    ),
    "phi3": Family({**_KV, "sliding_window": 16}),
    "gpt2": Family({"n_inner": 96}),
    "gpt_neox, parallel blocks": Family({"intermediate_size": 96, "use_parallel_residual": True}, "gpt_neox"),
    "opt": Family({"ffn_dim": 96, "word_embed_proj_dim": 48}),
    "opt with projections": Family(
        {"ffn_dim": 96, "word_embed_proj_dim": 24, "do_layer_norm_before": False}, "opt",
        refused="OPTForCausalLM hands states of width 24 to its head and has others, of width 48, between its blocks",
    ),
    "falcon, parallel blocks": Family({"new_decoder_architecture": True, "num_kv_heads": 2}, "falcon"),
    "bloom, distances": Family({"n_layer": 3, "n_head": 4}, "bloom"),
    "olmo2": Family(_KV),
    "granite": Family({**_KV, "residual_multiplier": 0.5, "logits_scaling": 3.0, "embedding_multiplier": 2.0}),
    "smollm3, layers without places": Family({**_KV, "no_rope_layers": [1, 0, 1]}, "smollm3"),
    "deepseek_v3, experts": Family(
        {
            "num_key_value_heads": 4, "intermediate_size": 96, "moe_intermediate_size": 32, "n_routed_experts": 4,
            "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1, "kv_lora_rank": 16,
            "q_lora_rank": 16, "qk_rope_head_dim": 8, "v_head_dim": 12, "qk_nope_head_dim": 8,
        },
        "deepseek_v3",
    ),
    "mixtral": Family({**_G, "num_local_experts": 3, "sliding_window": None}),
    "mamba": Family({"state_size": 4}),
    "jamba, hybrid": Family(
        {
            **_KV, "attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1,
            "num_experts": 2, "num_experts_per_tok": 1, "mamba_d_state": 4, "mamba_dt_rank": 4,
            "use_mamba_kernels": False,
        },
        "jamba",
    ),
    "falcon, one head of keys": Family({"multi_query": True}, "falcon", slow=True),
    "falcon, distances": Family({"alibi": True}, "falcon", slow=True),
    "qwen3_moe": Family(
        {**_G, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}, slow=True
    ),
    "gpt_oss": Family(
        {**_G, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 16, "layer_types": _LOCAL}, slow=True
    ),
    "bamba, hybrid": Family({**_KV, **_MAMBA2, "attn_layer_indices": [1]}, "bamba", slow=True),
    "falcon_h1, hybrid": Family({**_G, **_MAMBA2, "mamba_d_ssm": 96}, "falcon_h1", slow=True),
    "zamba2, hybrid": Family(
        {
            "num_key_value_heads": 4, "intermediate_size": 96, "mamba_d_state": 8, "n_mamba_heads": 8,
            "mamba_headdim": 12, "mamba_ngroups": 1, "chunk_size": 8, "num_mem_blocks": 1, "adapter_rank": 4,
            "layers_block_type": ["mamba", "hybrid", "mamba"],
        },
        "zamba2",
        slow=True,
    ),
}  # fmt: skip


def family_model(name: str, vocabulary: int) -> Any:
    """A random float32 model of width 48 of a family."""
    family = FAMILIES[name]
    return random_model(family.kind or name, family.settings, vocabulary)
