"""How large a model is, told by its configuration: no weights are read."""

from dataclasses import dataclass
from functools import cache

from lmphys.core.errors import LmphysError
from lmphys.core.paths import DEFAULT_MODEL
from lmphys.lm.sources import locate

# Bytes of a weight, or of a number of a state.
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class Size:
    """What memory, disk and time of a model follow from.

    Attributes:
        parameters: number of weights; embeddings that serve as the output head too count once.
        width: dimension D of a state.
        layers: number of blocks.
        cached: numbers that the cache keeps of a token in each block: 2 x heads of keys x their width.
        vocabulary: number of tokens; 0 where nothing asks for it.
    """

    parameters: float
    width: int
    layers: int
    cached: int
    vocabulary: int = 0


# SmolLM2-135M-Instruct, so that a build of the book need not load `transformers` for it.
DEFAULT_SIZE = Size(134_515_008, 576, 30, 384, 49_152)


@cache
def size_of(spec: str) -> Size:
    """Size of the model behind a spec; random weights and merged adapters change nothing.

    Raises:
        LmphysError: it names nothing, or nothing whose configuration can be read.
    """
    source = locate(spec)
    if source.base == DEFAULT_MODEL:
        return DEFAULT_SIZE
    from lmphys.lm.weights import architecture_of

    model = architecture_of(source)
    text = model.config.get_text_config()
    heads = int(getattr(text, "num_attention_heads", None) or 1)
    kept = int(getattr(text, "num_key_value_heads", None) or heads)
    head = int(getattr(text, "head_dim", None) or text.hidden_size // heads)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Size(parameters, text.hidden_size, text.num_hidden_layers, 2 * kept * head, text.vocab_size)


def known_size(spec: str) -> Size | None:
    """The same, or None where it cannot be told here, as of a model that another machine has."""
    try:
        return size_of(spec)
    except LmphysError:
        return None
