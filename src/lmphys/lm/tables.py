"""The vectors of a language model: what it reads tokens with, and what it scores them with."""

import torch
from torch import Tensor

from lmphys.lm.model import LanguageModel


def read_tables(model: LanguageModel) -> dict[str, Tensor]:
    """Tables (V, D) in float32 on the CPU: `output`, whose inner products with the final state are the logits, and
    `input`, the embedding of tokens, where it is another.

    A bias, a scale or a cap that some models put on their logits is no part of the table.
    """
    entrance, head = model.model.get_input_embeddings(), model.model.get_output_embeddings()
    found = {"output": (entrance if head is None else head).weight.detach()}
    if head is not None and not (
        entrance.weight.shape == head.weight.shape and torch.equal(entrance.weight, head.weight)
    ):
        found["input"] = entrance.weight.detach()
    return {name: table.float().cpu() for name, table in found.items()}
