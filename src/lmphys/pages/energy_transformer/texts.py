"""Texts on which predictions are scored: held out, shuffled, and of other families."""

import numpy as np
import torch
from torch import Tensor

from lmphys.problems.chains import ErrorRates, training_example
from lmphys.problems.documents import BEGIN
from lmphys.problems.expressions import Expressions
from lmphys.problems.prose import CHARACTERS, Prose, tokens_of

LENGTH = 32  # characters of a window, as in training
NEAR, SHUFFLED = "held-out topics", "shuffled characters"
_KNOWN = frozenset(CHARACTERS)


def held_out(n: int, seed: int = 0, *, split: str = "test", length: int = LENGTH) -> Tensor:
    """(n, length + 1) token ids: windows of topics that no training has seen, after the mark of the beginning."""
    source = Prose(seed, split, length)
    return torch.from_numpy(np.stack([source.document(index).tokens for index in range(n)]))


def shuffled(ids: Tensor, seed: int = 0) -> Tensor:
    """The same characters of each window in a random order: as many of each, and no language."""
    rng = np.random.default_rng(seed)
    mixed = np.array(ids)
    mixed[:, 1:] = rng.permuted(mixed[:, 1:], axis=1)
    return torch.from_numpy(mixed)


def windows(tokens: np.ndarray, n: int, seed: int = 0, length: int = LENGTH) -> Tensor:
    """(n, length + 1) token ids: windows of one text, after the mark of the beginning."""
    starts = np.random.default_rng(seed).integers(0, len(tokens) - length + 1, n)
    cut = tokens[starts[:, None] + np.arange(length)]
    return torch.from_numpy(np.concatenate([np.full((n, 1), BEGIN), cut], axis=1))


def thoughts(n: int, seed: int = 0) -> Tensor:
    """Windows of chains of thought in plain English, about problems with numbers."""
    rng_seed = 10**6 + seed
    text = "\n".join(
        " ".join(training_example(index, rng_seed, (4, 6, 8), ErrorRates())) for index in range(max(20, n // 10))
    )
    return windows(tokens_of("".join(character for character in text if character in _KNOWN)), n, seed)


def expressions(n: int, seed: int = 0) -> Tensor:
    """Windows of arithmetic in prefix notation, spaces between the words."""
    world = Expressions(seed, "test", max_operations=12)
    documents = (world.document(index).tokens[1:-1] for index in range(max(20, n)))
    lines = [" ".join(world.vocabulary[token] for token in tokens) for tokens in documents]
    return windows(tokens_of("\n".join(lines)), n, seed)


def ladder(n: int, seed: int = 0) -> dict[str, Tensor]:
    """Texts that are less and less like those of the training."""
    near = held_out(n, seed)
    return {
        "seen topics": held_out(n, seed + 10**6, split="train"),
        NEAR: near,
        "chains of thought": thoughts(n, seed),
        "prefix arithmetic": expressions(n, seed),
        SHUFFLED: shuffled(near, seed),
    }
