from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.pages.trajectories.steps import READINGS, coefficient_of_variation, length_variation, step_ratios
from lmphys.stats.tails import median_ratio


def corpus():
    """Two chains of each of 20 questions; a step is longer by the site and the position that it is read at."""
    rng = np.random.default_rng(0)
    index = np.repeat(np.arange(40), 6)
    base = pd.Series(rng.gamma(4.0, size=len(index)), index=index)
    scale = {"final_norm": 1.0, "resid_post": 3.0}
    return SimpleNamespace(
        chains=pd.DataFrame({"question_id": np.repeat([f"q{i}" for i in range(20)], 2)}),
        token_jumps=lambda site: base,
        midway_jumps=lambda site: 5 * base,
        sentence_jumps=lambda site, position: scale[site] * (1 + (position == "after")) * base,
    )


def test_each_reading_has_its_own_ratio():
    found = step_ratios(corpus(), seed=1)
    assert {name: round(x.value, 6) for name, x in found.items()} == dict(zip(READINGS, (1, 2, 3, 6), strict=True))
    assert {round(x.value, 6) for x in step_ratios(corpus(), midway=True).values()} == {5}


def test_intervals_resample_questions():
    chains = corpus()
    noisy = pd.Series(np.random.default_rng(1).gamma(2.0, size=240), index=np.repeat(np.arange(40), 6))
    chains.sentence_jumps = lambda site, position: noisy
    by_question = [series.set_axis(series.index // 2) for series in (noisy, chains.token_jumps("final_norm"))]
    assert step_ratios(chains, seed=3)["final norm, after"] == median_ratio(*by_question, seed=3)
    assert step_ratios(chains, seed=3)["final norm, after"] != median_ratio(noisy, chains.token_jumps(""), seed=3)


def test_variation_of_a_gamma_law_is_known():
    x = pd.Series(np.random.default_rng(2).gamma(4.0, size=40_000), index=np.arange(40_000) // 100)
    found = coefficient_of_variation(x)
    assert found.value == pytest.approx(0.5, abs=0.01)  # 1 / sqrt(4)
    assert found.low < 0.5 < found.high and found.high - found.low < 0.02
    scaled = length_variation(corpus())
    assert len({round(x.value, 9) for x in scaled.values()}) == 1  # no scale changes it
