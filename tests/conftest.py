"""Small real things that the tests share: tiny random models of several architectures, and a private cache."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

ARCHITECTURES = ("llama", "gpt2", "gemma", "gemma2", "qwen2", "mistral", "bloom", "mamba")
TEXT = [
    "Solve this step by step. First, add 3 and 4. That makes 7. Then double it: 14. The answer is 14.",
    "Is every cat an animal? Yes. So the answer is Yes.\n\n1. Take the first number.\n2. Add the second.",
    "0 1 2 3 4 5 6 7 8 9 . , ! ? : ; ( ) + - * / = user assistant",
]
CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(autouse=True)
def _private_cache(tmp_path_factory, monkeypatch, request):
    """Keep the user's cache out of every test but those on the real model."""
    if "real_model" not in request.keywords:
        monkeypatch.setenv("LMPHYS_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    inner.train_from_iterator(TEXT, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>", pad_token="<|end|>")
    fast.chat_template = CHAT
    return fast


def tiny_model(architecture: str, vocabulary: int, seed: int = 0):
    """A random float32 model of two or three layers and width 48."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    common = {
        "vocab_size": vocabulary,
        "hidden_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": 256,
        "eos_token_id": 0,
        "bos_token_id": 0,
        "pad_token_id": 0,
        "initializer_range": 0.2,
    }
    gated = {"num_key_value_heads": 2, "intermediate_size": 96, "head_dim": 12}
    special = {
        "llama": gated,
        "gpt2": {"n_inner": 96},
        "gemma": gated,
        "gemma2": {**gated, "sliding_window": 16, "query_pre_attn_scalar": 12},
        "qwen2": gated,
        "mistral": {**gated, "sliding_window": 24},
        "bloom": {"n_layer": 3, "n_head": 4},  # no positions but distances
        "mamba": {"state_size": 4},  # no attention
    }
    config = AutoConfig.for_model(architecture, **common, **special[architecture])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config).eval()


@pytest.fixture(scope="session", params=ARCHITECTURES)
def any_model(request, tokenizer):
    """A LanguageModel of each architecture in turn."""
    from lmphys.corpus import LanguageModel

    return LanguageModel.from_parts(tiny_model(request.param, len(tokenizer)), tokenizer, spec=request.param)


@pytest.fixture(scope="session")
def llama(tokenizer):
    from lmphys.corpus import LanguageModel

    return LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), tokenizer, spec="llama")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, tokenizer) -> Path:
    """A tiny Llama saved as a local folder."""
    folder = tmp_path_factory.mktemp("tiny-llama")
    tiny_model("llama", len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
