"""What a tiny transformer makes of short texts: the law of the next word and the states at chosen places."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from lmphys.lm.model import LanguageModel

_AT_ONCE = 128


class Reading(NamedTuple):
    """Rows are the places that were asked for, those of the first text first.

    Attributes:
        log_p: (n, V) log-probability of each next token after the place, nats.
        states: (n, D) for each layer: the embeddings, after each block, and the last after the last norm.
    """

    log_p: np.ndarray
    states: list[np.ndarray]


@torch.inference_mode()
def read_places(model: LanguageModel, texts: Sequence[np.ndarray], places: Sequence[np.ndarray]) -> Reading:
    """Read texts of token ids, each by itself.

    Args:
        model: a tiny transformer.
        texts: (n,) token ids each.
        places: of each text, rising.
    """
    laws, states = [], []
    for first in range(0, len(texts), _AT_ONCE):
        some, wanted = texts[first : first + _AT_ONCE], places[first : first + _AT_ONCE]
        # Padding stands on the right, where a causal model does not look.
        ids = np.zeros((len(some), max(map(len, some))), dtype=np.int64)
        for row, text in zip(ids, some, strict=True):
            row[: len(text)] = text
        rows, at = np.repeat(np.arange(len(some)), [len(one) for one in wanted]), np.concatenate(list(wanted))
        tokens = torch.from_numpy(ids).to(model.device)
        out = model.model(input_ids=tokens, use_cache=False, output_hidden_states=True)
        laws.append(out.logits[rows, at].double().log_softmax(-1).cpu().numpy())
        states.append([layer[rows, at].float().cpu().numpy() for layer in out.hidden_states])
    return Reading(np.concatenate(laws), [np.concatenate(layer) for layer in zip(*states, strict=True)])
