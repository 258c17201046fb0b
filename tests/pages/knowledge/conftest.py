from types import SimpleNamespace

import pytest
import torch

from lmphys.problems.people.world import World


class Told:
    """Stands in for a language model: logits are a function of the token ids (B, T)."""

    device = torch.device("cpu")

    def __init__(self, logits):
        self._logits = logits

    def model(self, input_ids, use_cache=False, **more):
        return SimpleNamespace(logits=self._logits(input_ids))


@pytest.fixture
def told():
    return Told


@pytest.fixture
def world():
    return World(60, seed=2, n_values=4, n_names=8)
