"""The paper's agent: what it does does not depend on what it is told."""

import numpy as np
import pytest

from lmphys.pages.active_inference.paper_agent import (
    CONSTANT,
    NO_SEARCH,
    NOISE,
    NULL_PROMPT,
    POLICIES,
    TABLE,
    judge,
    pays_of,
    replay,
)


def test_it_has_forty_three_actions_that_never_search_and_try_at_once():
    assert POLICIES.shape == (43, 3)
    assert ((POLICIES[:, 0] == NULL_PROMPT) | (POLICIES[:, 1] == NO_SEARCH)).all()


def test_three_judges_get_the_same_actions():
    found = [replay(judge(kind, 3), seed=3) for kind in (TABLE, CONSTANT, NOISE)]
    assert (found[0].actions == found[1].actions).all()
    assert (found[0].actions == found[2].actions).all()
    assert found[0].searching[:40].mean() == 0.5
    assert found[0].searching[40:].mean() == 0.1
    assert found[0].distinct == 42
    assert found[0].shift == pytest.approx(0.4)


def test_the_novelty_of_transitions_alone_does_it():
    whole = replay(judge(TABLE, 0))
    alone = replay(judge(TABLE, 0), novelty_A=False, epistemic_and_utility=False)
    without = replay(judge(TABLE, 0), novelty_B=False)
    assert (whole.actions == alone.actions).all()
    chance = replay(judge(TABLE, 0), by_chance=True)
    assert (without.actions == chance.actions).all()  # nothing but ties is left


def test_it_stays_as_ignorant_of_its_prompt_as_it_was():
    assert replay(judge(TABLE, 1), seed=1).knows_its_prompt == pytest.approx(1 / 33)


def test_its_structure_is_one_column_repeated():
    """With an even belief an observation is shared out evenly: counts 1 + η n_k / S in each column."""
    found = replay(judge(CONSTANT, 0))
    tries = int((POLICIES[found.actions, 0] != NULL_PROMPT).sum())
    expected = np.ones(11)
    expected[8] += 0.1 * tries / 33
    assert found.agent.a[0] == pytest.approx(np.tile(expected[:, None], 33))


def test_measured_grades_are_paid_to_the_prompt_that_is_tried():
    flat = np.full((32, 4), 5)
    assert pays_of(flat, 2) == pytest.approx(0, abs=1e-12)
