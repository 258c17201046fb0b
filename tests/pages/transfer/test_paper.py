import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.core.paths import project_root
from lmphys.pages.transfer.paper import KINDS, describe_line, fit_line, paper_pairs


def test_the_paper_s_pairs_are_of_three_kinds():
    pairs = paper_pairs(load_claims(project_root()))
    assert pairs["pair"].value_counts().reindex(KINDS).min() >= 4
    own = pairs[pairs["pair"] == "own pair"]
    assert (own.index.get_level_values("source") == own.index.get_level_values("target")).all()
    assert pairs.loc[("llama70b_gsm8k", "llama70b_strategyqa"), "pair"] == "another task"
    assert pairs.loc[("llama70b_gsm8k", "mistral7b_gsm8k"), "pair"] == "another model"
    assert pairs.loc[("llama70b_gsm8k", "mistral7b_gsm8k"), ["r2", "nll"]].tolist() == [0.48, 240]


def test_the_slope_counts_steps_of_round_noise():
    # Own pairs leave a quarter of the variance: one step of noise in 40 dimensions has a slope of 20 / 0.25 = 80 nats.
    r2 = np.array([0.75, 0.75, 0.5, 0.2])
    pairs = pd.DataFrame({"r2": r2, "nll": 300 - 160 * r2, "pair": [KINDS[0], KINDS[0], KINDS[1], KINDS[2]]})
    assert fit_line(pairs) == pytest.approx((-160, 300))
    found = describe_line(pairs, 12.0)
    assert found["pairs"] == 4
    assert found["correlation of R² and NLL"] == pytest.approx(-1)
    assert found["typical distance from the line"] == pytest.approx(0, abs=1e-9)
    assert found["slope of one step, round noise in 40 dimensions"] == pytest.approx(-80)
    assert found["steps that make the printed slope"] == pytest.approx(2)
    assert found["steps of a chain by the paper's Fig. 2a"] == 11
