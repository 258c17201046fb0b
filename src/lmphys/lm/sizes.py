"""How large a model is, from its configuration alone: no weights are read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmphys.lm.sources import Source, locate


@dataclass(frozen=True)
class Size:
    """What memory, disk and time of a model follow from.

    Attributes:
        parameters: number of weights; embeddings that serve as the output head too count once.
        width: dimension D of a state.
        layers: number of blocks.
        cached: numbers that the cache keeps of a token in each block: 2 x heads of keys x their width.
        vocabulary: number of tokens.
    """

    parameters: float
    width: int
    layers: int
    cached: int
    vocabulary: int


# SmolLM2-135M-Instruct, so that a build of the book need not load `transformers` for it.
DEFAULT_SIZE = Size(134_515_008, 576, 30, 384, 49_152)


def size_of(spec: str) -> Size | None:
    """Size of the model behind a spec; None where its configuration is of an unknown kind, or not at hand.

    Adapters are merged into their base and add nothing. A model of the hub is asked for its configuration alone.

    Raises:
        LmphysError: the spec names nothing.
    """
    source = locate(spec)
    if source.kind == "wheel":
        return DEFAULT_SIZE
    try:
        return _counted(_configuration(source))
    except Exception:  # of whichever class the configuration names: an estimate is not worth a failure
        return None


def _configuration(source: Source) -> Any:
    from transformers import AutoConfig
    from transformers.utils import logging

    import lmphys.lm.tiny.model  # noqa: F401  tells `transformers` of the tiny transformer

    logging.set_verbosity_error()
    if source.kind == "gguf":
        return AutoConfig.from_pretrained(Path(source.place).parent, gguf_file=Path(source.place).name)
    return AutoConfig.from_pretrained(source.place, **source.options)


def _counted(config: Any) -> Size:
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    text = config.get_text_config()
    heads = text.num_attention_heads
    head = getattr(text, "head_dim", None) or text.hidden_size // heads
    cached = 2 * (getattr(text, "num_key_value_heads", None) or heads) * head
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Size(parameters, text.hidden_size, text.num_hidden_layers, cached, text.vocab_size)
