"""Texts on which predictions are scored: held out, shuffled, and of other families."""

import numpy as np
import torch
from torch import Tensor

from lmphys.problems.documents import BEGIN
from lmphys.problems.prose import Prose

LENGTH = 32  # characters of a window, as in training


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
