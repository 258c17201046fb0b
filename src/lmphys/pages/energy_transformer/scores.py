"""Predictions of both kinds of model on the same texts: surprisals, energies and entropies of each character."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from lmphys.lm.tiny import TinyForCausalLM
from lmphys.training.energy_transformer.model import EnergyTransformer

_AT_ONCE = 32  # windows that are descended together


@dataclass(frozen=True)
class Guesses:
    """Guesses of N windows of S characters, M candidates each, before the descent and after each of F steps.

    Attributes:
        log_p: (F + 1, M, N, S, V) log-probabilities, nats.
        energies: (F + 1, M, N, S).
        targets: (N, S) the characters.
    """

    log_p: Tensor
    energies: Tensor
    targets: Tensor

    @cached_property
    def surprisals(self) -> np.ndarray:
        """(F + 1, M, N, S) of the characters, nats."""
        return surprisals(self.log_p, self.targets)

    @cached_property
    def entropies(self) -> np.ndarray:
        """(F + 1, M, N, S) of the guesses, nats."""
        return entropies(self.log_p)


def surprisals(log_p: Tensor, targets: Tensor) -> np.ndarray:
    """(..., N, S) nats, from log-probabilities (..., N, S, V) and the characters (N, S)."""
    wanted = targets.expand(log_p.shape[:-1])[..., None]
    return -log_p.gather(-1, wanted)[..., 0].double().numpy()


def entropies(log_p: Tensor) -> np.ndarray:
    """(..., N, S) nats, from log-probabilities (..., N, S, V)."""
    return -(log_p.exp() * log_p).sum(-1).double().numpy()


@torch.no_grad()
def guesses(
    model: EnergyTransformer, ids: Tensor, *, steps: int, begin: float, candidates: int = 1, seed: int = 0
) -> Guesses:
    """Descend from random guesses.

    Args:
        model: of energies.
        ids: (N, S + 1) token ids, the first of which is not guessed.
        steps: of the descent, F.
        begin: standard deviation of the random guesses, as in training.
        candidates: M, each from a random guess of its own.
        seed: of the random guesses.
    """
    chance = torch.Generator().manual_seed(seed)
    log_p, energies = [], []
    for part in ids.split(_AT_ONCE):
        N, S = part[:, 1:].shape
        begun = begin * torch.randn((candidates, N, S, model.config.vocab_size), generator=chance)
        way = model.descend(model.read(part[:, :-1]), begun, steps)
        log_p.append(torch.stack([place.logits.log_softmax(-1) for place in way]))
        energies.append(torch.stack([place.energies for place in way]))
    return Guesses(torch.cat(log_p, 2), torch.cat(energies, 2), ids[:, 1:])


@torch.no_grad()
def predictions(model: TinyForCausalLM, ids: Tensor) -> Tensor:
    """(N, S, V) log-probabilities of a transformer, nats, of all characters but the first."""
    parts = [model(input_ids=part[:, :-1], use_cache=False).logits for part in ids.split(128)]
    return torch.cat(parts).log_softmax(-1)
