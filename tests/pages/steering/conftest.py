"""What the tests of steering share: three texts, a target for each, and a model that is exact."""

import pytest
import torch
from tests.conftest import tiny_model

from lmphys.lm.model import LanguageModel

TEXTS = [(5, 9, 12, 40, 7, 33), (8, 3, 21), (101, 7, 60, 61, 62, 90, 14, 3)]
TARGETS = torch.tensor([50, 77, 120])


@pytest.fixture(scope="module")
def precise(tokenizer):
    """A model in float64 throughout, for finite differences; some architectures normalise in float32 whatever comes."""
    return LanguageModel.from_parts(tiny_model("gpt2", len(tokenizer)).double(), tokenizer, spec="gpt2")
