"""Small real things that the tests share: tiny random models of several architectures, and a private cache."""

import functools
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Two that share little (rotary positions and gated maps; learned positions and transposed maps) stand for the others
# wherever a test is not about reading states off a model. The others are slow, not left out.
QUICK = ("llama", "gpt2")
ARCHITECTURES = (*QUICK, "gemma", "gemma2", "qwen2", "mistral", "bloom", "mamba", "lmphys_tiny")
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


def heed_ctrl_c() -> None:
    """Undo, in a process that is about to start, that a shell lets what it starts in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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

    import lmphys.lm.tiny.model  # noqa: F401  registers itself

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
        "lmphys_tiny": {"canon": "ABCD"},  # convolutions beside the attention
    }
    config = AutoConfig.for_model(architecture, **common, **special[architecture])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config).eval()


@pytest.fixture(scope="session")
def model_of(tokenizer):
    """Maker of one LanguageModel an architecture."""
    from lmphys.lm.model import LanguageModel

    @functools.cache
    def make(architecture: str) -> LanguageModel:
        return LanguageModel.from_parts(tiny_model(architecture, len(tokenizer)), tokenizer, spec=architecture)

    return make


@pytest.fixture(scope="session", params=ARCHITECTURES)
def every_model(request, model_of):
    """A LanguageModel of each architecture in turn, for what is read off a model or compared with its plain pass."""
    return model_of(request.param)


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in ARCHITECTURES],
)
def any_model(request, model_of):
    """The same, of which `make test` takes two and `make test-all` all."""
    return model_of(request.param)


@pytest.fixture(scope="session")
def llama(model_of):
    return model_of("llama")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, tokenizer) -> Path:
    """A tiny Llama saved as a local folder."""
    folder = tmp_path_factory.mktemp("tiny-llama")
    tiny_model("llama", len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _ar1(r: float, n_chains: int, length: int, width: int, seed: int) -> Trajectories:
    """Stationary AR(1) chains of unit variance, the same coefficient in every dimension."""
    rng = np.random.default_rng(seed)
    states = np.empty((n_chains, length, width))
    states[:, 0] = rng.standard_normal((n_chains, width))
    for t in range(1, length):
        states[:, t] = r * states[:, t - 1] + np.sqrt(1 - r**2) * rng.standard_normal((n_chains, width))
    return Trajectories.from_list(list(states))


@pytest.fixture
def ar1():
    """Maker of AR(1) chains: (r, n_chains, length, width, seed)."""
    return _ar1


@pytest.fixture
def ragged() -> Trajectories:
    """Chains of unequal length, one of them without a transition, with correlated dimensions."""
    rng = np.random.default_rng(0)
    mix = rng.standard_normal((5, 5))
    return Trajectories.from_list([np.cumsum(rng.standard_normal((n, 5)), axis=0) @ mix for n in (9, 1, 14, 2, 30, 7)])


@pytest.fixture(scope="module")
def forgetful() -> Trajectories:
    """States that forget the one before at once, so that all order is the regimes'."""
    rng = np.random.default_rng(1)
    made = Trajectories.from_list([rng.standard_normal((n, 3)) * [3, 2, 1] for n in rng.integers(4, 9, size=80)])
    made.chains["question_id"] = np.arange(80) // 2
    return made
