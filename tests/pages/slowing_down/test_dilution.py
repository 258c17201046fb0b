from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmphys.dynamics.approach import Approach
from lmphys.pages.slowing_down.comparison import compare
from lmphys.pages.slowing_down.dilution import fading
from lmphys.pages.slowing_down.softening import KNOWN, approaches, softened
from lmphys.pages.slowing_down.verdicts import entries, in_words, warnings


def test_variance_and_correlation_rise_as_the_hollow_flattens_and_follow_the_linear_law_far_from_it():
    found = fading([-4.0, -0.5, 0.0], 0.02, n_walkers=400, seed=1)
    for name in ("variance", "correlation"):
        linear, exact, walkers = found.filter(like=name).to_numpy().T
        assert (np.diff(exact) > 0).all()
        assert exact[0] == pytest.approx(linear[0], rel=0.02)
        assert walkers == pytest.approx(exact, rel=0.1, abs=0.02)
        assert np.isnan(linear[-1])
    assert found.loc[-4.0, "variance, linear"] == 0.02 / 4


def test_softened_chains_are_those_of_the_real_lengths_and_questions(chains):
    real = Approach(chains([6, 8, 7], task=["x", "y", "x"]), np.array([True, False, True]), np.array([0, 0, 1]))
    soft = softened(real)
    assert soft.before.lengths.tolist() == [6, 8, 7]
    assert soft.before.chains.equals(real.before.chains)
    assert (soft.event == real.event).all() and (soft.group == real.group).all()
    none = chains([2, 2], correct=[True, False])
    sentences = pd.DataFrame({"chain": [0, 0, 1, 1], "t": [0, 1, 0, 1], "text": ["a", "b", "a", "b"]})
    none = replace(none, sentences=sentences)
    assert KNOWN not in approaches(none, 4)


def table(p):
    """Rows as of `compare`: what is known is seen by one indicator, and one real row has probability p."""
    index = pd.MultiIndex.from_product([[KNOWN, "wrong answer"], ["variance", "autocorrelation"]])
    return pd.DataFrame(
        {
            "matched": [0.5, 0.4, 0.1, 0.3],
            "matched_low": [0.2, -0.1, 0.05, 0.1],
            "matched_high": [0.8, 0.9, 0.2, 0.5],
            **{"shuffled": 0.01, "shuffled_low": -0.2, "shuffled_high": 0.2, "events": 30},
            "p": [0.01, 0.01, 0.5, p],
        },
        index=index,
    )


@pytest.mark.parametrize(("p", "warns"), [(0.02, True), (0.03, False)])
def test_a_warning_survives_the_number_of_tests(p, warns):
    found = warnings(table(p))
    assert found["p × tests"].tolist() == pytest.approx([0.02, 0.02, 1, 2 * p])
    assert found["warns"].tolist() == [True, False, False, warns]
    words = in_words(table(p))
    assert words.startswith(f"{int(warns)} of 2 tests") and words.endswith("seen by: variance")


def test_an_indicator_without_power_or_a_handful_of_events_has_no_interval():
    (blind,) = entries(table(0.02), window=4, rank=10)
    assert blind.claim == "severity.slowing.wrong_answer"
    assert blind.obtained == 0.3
    assert blind.note == "p = 0.020 of one test of 2, window 4, rank 10; known slowing down is not seen (0.40)"
    seeing = table(0.02)
    seeing.loc[(KNOWN, "autocorrelation"), "matched_low"] = 0.1
    (entry,) = entries(seeing, window=4, rank=10)
    assert tuple(entry.obtained) == (0.3, 0.1, 0.5)
    assert entry.controls == {"no rise": 0.0, "shuffled order": (0.01, -0.2, 0.2)}
    assert entry.note == "p = 0.020 of one test of 2, window 4, rank 10"
    (few,) = entries(seeing.assign(events=7), window=4, rank=10)
    assert few.obtained == 0.3 and few.note.endswith("7 events are too few for an interval")


def test_compared_events_stand_side_by_side(chains):
    event = np.arange(40) % 2 == 0
    approach = Approach(chains([7] * 40), event, np.arange(40))
    found = compare({"one": approach, "two": approach}, 4, n_shuffles=2, n_bootstrap=5)
    assert list(found.index.get_level_values(0).unique()) == ["one", "two"]
    assert found.loc["one"].equals(found.loc["two"])
    assert (found["events"] == 20).all()
