"""What a transformer makes of strings: the law of the next word after every prefix, and the states."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lmphys.lm.model import LanguageModel
from lmphys.pages.grammars.strings import Strings
from lmphys.problems.documents import BEGIN, END, MARKS

_AT_ONCE = 256


class Reading(NamedTuple):
    """Rows as in `Strings`.

    Attributes:
        log_p: (rows, words + 1) log-probability of each word, and of the end in the last column, nats. Their
            probabilities add up to a little less than 1, as the mark that begins a string is a token too.
        states: (rows, D) float32 for each layer: after the embedding, after each block, the last after the last norm.
    """

    log_p: np.ndarray
    states: list[np.ndarray]


def to_tokens(words: Sequence[int] | np.ndarray) -> tuple[int, ...]:
    """Token ids of a beginning of a string, with the mark before it."""
    return (BEGIN, *(int(word) + len(MARKS) for word in words))


@torch.inference_mode()
def read(model: LanguageModel, strings: Strings) -> Reading:
    """Read strings with a model of the same words."""
    columns = [*range(len(MARKS), len(MARKS) + strings.grammar.n_words), END]
    laws, states = [], []
    for first in range(0, len(strings), _AT_ONCE):
        words = strings.words[first : first + _AT_ONCE]
        ids = torch.full((len(words), 1 + max(map(len, words))), END)
        for row, each in zip(ids, words, strict=True):
            row[: len(each) + 1] = torch.tensor(to_tokens(each))
        # What stands behind a string is not seen by it.
        inside = torch.arange(ids.shape[1]) <= torch.tensor([len(each) for each in words])[:, None]
        out = model.model(input_ids=ids.to(model.device), use_cache=False, output_hidden_states=True)
        laws.append(out.logits[inside].double().log_softmax(-1)[:, columns])
        states.append([layer[inside].float() for layer in out.hidden_states])
    return Reading(_joined(laws), [_joined(layer) for layer in zip(*states, strict=True)])


def _joined(parts: Sequence[Tensor]) -> np.ndarray:
    return torch.cat(list(parts)).cpu().numpy()
