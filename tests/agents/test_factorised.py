"""The agent against pymdp 0.0.7.1 (numpy 2.4.6), on two factors with counts made up.

The numbers come from `pymdp.control.calc_expected_utility`, `calc_states_info_gain`, `calc_pA_info_gain`,
`calc_pB_info_gain` and `pymdp.inference.update_posterior_states`, in an environment made by
`pip install inferactively-pymdp==0.0.7.1`; modalities of pymdp depend on all factors, so the counts of each
were repeated along the factor that it does not show.
"""

import numpy as np
import pytest

from lmphys.agents import Agent, Modality
from lmphys.core.errors import LmphysError

POLICIES = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
UTILITY = [-2.32519655, -2.35179588, -2.25079179, -2.27739112]
INFORMATION = [0.16085291, 0.1716989, 0.15308825, 0.16393424]
NOVELTY_A = [0.76706714, 0.7782487, 0.76170379, 0.77288536]
NOVELTY_B = [0.49448556, 0.48025794, 0.30073556, 0.28650794]


def agent(*, rate_A=1.0, **settings):
    made = Agent(
        (2, 3), (2, 2), [Modality(0, np.array([0.0, 1.0, 2.0])), Modality(1, np.array([-1.0, 1.0]))], POLICIES,
        rate_A=rate_A, rate_B=2.0, **settings,
    )  # fmt: skip
    made.a = [np.array([[4.0, 1], [2, 3], [1, 2]]), np.array([[5.0, 1, 1], [1, 2, 3]])]
    made.b = [np.array([[[3.0, 1], [1, 2]], [[1, 2], [2, 4]]]), np.arange(1.0, 19).reshape(3, 3, 2)]
    made.q = [np.array([0.3, 0.7]), np.array([0.2, 0.5, 0.3])]
    return made


def test_its_scores_are_those_of_the_peer():
    rest = np.add(UTILITY, INFORMATION)
    assert agent(novelty_A=False, novelty_B=False).scores() == pytest.approx(rest, abs=1e-6)
    assert agent(novelty_B=False, epistemic_and_utility=False).scores() == pytest.approx(NOVELTY_A, abs=1e-7)
    assert agent(novelty_A=False, epistemic_and_utility=False).scores() == pytest.approx(NOVELTY_B, abs=1e-7)
    assert agent().scores() == pytest.approx(rest + NOVELTY_A + NOVELTY_B, abs=1e-6)


def test_its_belief_is_that_of_the_peer():
    one = agent()
    one.learn(2, (2, 1))  # control 1 of the first factor, 0 of the second
    assert one.q[0] == pytest.approx([0.17647059, 0.82352941])
    assert one.q[1] == pytest.approx([0.02800834, 0.33785513, 0.63413653], abs=1e-7)


def test_what_is_seen_adds_its_rate_to_the_counts_and_what_is_not_seen_nothing():
    one = agent(rate_A=0.5)
    before = [counts.copy() for counts in (*one.a, *one.b)]
    one.learn(1, (2, None))
    gained = [(after - old) for after, old in zip((*one.a, *one.b), before, strict=True)]
    assert [g.sum() for g in gained] == pytest.approx([0.5, 0.0, 2.0, 2.0])
    assert gained[0][:2].sum() == 0  # the level that was seen alone
    assert gained[3][:, :, 0].sum() == 0  # the control that was used alone


def test_ties_are_broken_at_random():
    even = Agent((4,), (4,), [Modality(0, np.zeros(2))], np.arange(4)[:, None], rate_A=1.0, rate_B=1.0)
    rng = np.random.default_rng(0)
    assert {even.choose(rng) for _ in range(60)} == {0, 1, 2, 3}


def test_a_policy_must_name_a_control_of_each_factor():
    with pytest.raises(LmphysError, match="one control for each factor"):
        Agent((2,), (2,), [], np.array([[2]]), rate_A=1.0, rate_B=1.0)
