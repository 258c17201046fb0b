"""The rows of the page from tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from lmphys.pages.steering.relevance import relevance_gains
from lmphys.pages.steering.verdicts import energy_entry, minimal_entry, quality_entry
from lmphys.pages.steering.ways import paired_kl

WAYS = ("logit bias", "last state", "gradient", "contrast", "random")


def test_the_gradient_is_paired_with_the_contrast():
    index = pd.MultiIndex.from_product([WAYS, range(3)], names=["way", "place"])
    costs = pd.DataFrame({"kl": np.tile([1.0, 2, 3], 5)}, index=index)
    costs.loc["gradient", "kl"] = [0.5, 3.0, 0.5]
    costs.loc[("contrast", 2), "kl"] = np.nan  # not reached
    paired = paired_kl(costs, "gradient", "contrast")
    assert paired.difference == pytest.approx((0.25, -0.5, 1.0))
    assert str(paired) == "costs less at 1 of the 2 places that both reach"
    assert paired.means["gradient"] == 1.75 and paired.means["logit bias"] == 1.5
    entry = minimal_entry(paired, 7)
    assert entry.obtained == paired.difference and entry.controls == {"contrast": 0.0}
    assert entry.note.startswith("layer 7; the gradient costs less at 1 of the 2") and "gradient 1.75" in entry.note


def test_the_energy_is_that_of_the_step_out():
    index = pd.MultiIndex.from_product([WAYS, ["C1", "C2"], ["in", "out"]], names=["way", "energy", "step"])
    changes = pd.DataFrame({"ratio": np.arange(20.0), "low": np.arange(20.0) - 1, "high": np.arange(20.0) + 1}, index)
    entry = energy_entry(changes, 2.0)
    assert tuple(entry.obtained) == (9, 8, 10)
    assert entry.controls == {"natural difference": 1.0, "logit bias": 1.0}
    assert entry.note == "gain 2 nats; last state 5, contrast 13, random 17"


def test_quality_is_against_natural_and_forced():
    ways = ["natural", "forced", "gradient", "random"]
    index = pd.MultiIndex.from_product([ways, range(3)], names=["way", "context"])
    scores = pd.DataFrame({"relevance": np.repeat([1.0, 2, 4, 0], 3), "n_tokens": 5, "later": 1.0}, index=index)
    scores.loc["gradient", "later"] = 1.5
    entry = quality_entry(relevance_gains(scores, "natural"), scores, 20)
    assert tuple(entry.obtained) == (3, 3, 3) and entry.controls == {"natural": 0.0, "forced word": 1.0}
    assert "better at 3 of 3 places" in entry.note and "without the first token 0.5; random -1" in entry.note
    missed = scores.drop("gradient", level="way")
    entry = quality_entry(relevance_gains(missed, "natural"), missed, 20)
    assert np.isnan(entry.obtained.value)
