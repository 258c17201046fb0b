"""The rows of the page from tables made by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import CONTRADICTED, REPRODUCED, UNDECIDED, verdict
from lmphys.core.paths import project_root
from lmphys.pages.steering.continuations import Continuation, constancy_gain
from lmphys.pages.steering.relevance import relevance_gains
from lmphys.pages.steering.verdicts import constancy_entry, energy_entry, minimal_entry, quality_entry
from lmphys.pages.steering.ways import paired_kl
from lmphys.stats.interval import Interval

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


def test_constancy_is_shown_beside_the_forced_word_and_judged_to_twenty_per_cent():
    claim = load_claims(project_root())["mechanics.steering.along"]
    along = pd.DataFrame({"variation": [0.5, 0.6]}, index=["natural", "gradient"])
    for value, half, word in ((0.05, 0.1, REPRODUCED), (0.3, 0.2, UNDECIDED), (0.6, 0.2, CONTRADICTED)):
        found = {"gradient": Interval(value, value - half, value + half), "forced": Interval(0.0, -0.1, 0.1)}
        entry = constancy_entry(found, along)
        assert entry.obtained == found["gradient"] and entry.controls == {"forced (no state moved)": found["forced"]}
        assert entry.note == "coefficients of variation: natural 0.5, gradient 0.6"
        assert verdict(claim, entry.obtained, entry.controls).word == word


def continuations(scale, seed=0):
    """Ten texts of nine tokens in the plane whose energies vary `scale` times as much about one mean."""
    rng = np.random.default_rng(seed)
    still = np.ones((9, 2))
    return [
        Continuation(i, np.arange(9), -(5 + scale * rng.choice([-1.0, 1.0], 9)), still, steered=True) for i in range(10)
    ]


def test_constancy_is_the_ratio_of_the_relative_fluctuations():
    contexts = SimpleNamespace(last=np.arange(10))
    written = {"natural": continuations(1.0), "gradient": continuations(2.0), "none": continuations(1.0)[:1]}
    same = constancy_gain(contexts, {**written, "gradient": written["natural"]}, "gradient")
    assert tuple(same) == pytest.approx((0, 0, 0))
    found = constancy_gain(contexts, written, "gradient")
    energies = {name: np.array([-c.log_p[:-1] for c in written[name]]) for name in ("natural", "gradient")}
    spread = {n: np.sqrt(e.var(axis=1, ddof=1).mean()) / e.mean() for n, e in energies.items()}
    assert found.value == pytest.approx(np.log(spread["gradient"] / spread["natural"]))
    assert 0 < found.low < found.value < found.high
    assert np.isnan(constancy_gain(contexts, written, "none").value)
