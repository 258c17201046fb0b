from dataclasses import replace

import numpy as np
import pytest
from tests.pages.mpemba.plans import TINY

from lmphys.pages.mpemba.comparisons import lead, leads, overtaking, standings
from lmphys.pages.mpemba.quenches import HELD_OUT, INTEGRAL, SEEN, TOKENS, TWIN, Quenches, quench_all
from lmphys.training.thermal.branches import branch, fixed_texts, grow


@pytest.fixture(scope="module")
def small():
    return quench_all(0, TINY)[0]


def test_plateaus_have_equal_tokens_or_equal_integrals(small):
    assert small.updates[TOKENS].tolist() == [4, 4]
    assert (small.updates[INTEGRAL] * small.rates).tolist() == pytest.approx([8e-3, 8e-3])
    assert small.losses[TOKENS, HELD_OUT].shape == (2, 3, 4)
    assert small.steps.tolist() == [0, 2, 4]


def test_a_quench_is_a_branch_of_its_plateau(small):
    recipe = replace(TINY.recipe, seed=0)
    trunk = grow(recipe)
    plateau = branch(trunk, [1e-3] * 8, first_batch=4, every=8, texts={}).end
    texts = {HELD_OUT: fixed_texts(recipe, 4, split="test")}
    again = branch(plateau, [TINY.final] * 4, first_batch=TINY.quenched_on, every=2, texts=texts)
    assert small.losses[INTEGRAL, HELD_OUT][0] == pytest.approx(again.losses[HELD_OUT], rel=1e-5)


def test_twins_start_where_quenches_start(small):
    for texts in (HELD_OUT, SEEN):
        assert np.array_equal(small.losses[TOKENS, texts][:, 0], small.losses[TWIN, texts][:, 0])
    # The hotter one had its four updates in both.
    assert np.array_equal(small.losses[TOKENS, HELD_OUT][1], small.losses[INTEGRAL, HELD_OUT][1])


def test_quenches_are_written_and_read(small, tmp_path):
    small.write(tmp_path / "quenches-0.npz")
    back = Quenches.read(tmp_path / "quenches-0.npz")
    assert back.seed == 0 and back.losses.keys() == small.losses.keys()
    assert np.array_equal(back.losses[TWIN, SEEN], small.losses[TWIN, SEEN])


def made(seed, ends):
    """Losses that fall in a line from 1 and 2 to given ends."""
    curve = np.stack([np.linspace(start, end, 3) for start, end in zip((1, 2), ends, strict=True)])
    losses = curve[:, :, None] + 0.01 * np.arange(5)
    kinds = {(kind, texts): losses for kind in (TOKENS, INTEGRAL, TWIN) for texts in (HELD_OUT, SEEN)}
    return Quenches(seed, np.array([1e-3, 2e-3]), np.array([0, 5, 10]), kinds, {})


def test_a_lead_is_the_colder_less_the_hotter_and_its_interval_holds_the_seeds():
    found = [made(0, (0.8, 0.5)), made(1, (0.8, 0.6)), made(2, (0.8, 0.4))]
    assert lead(found, TOKENS, 0, -1) == pytest.approx(np.array([[0.3], [0.2], [0.4]]) * np.ones(5))
    ((name, end),) = leads(found, TOKENS, -1).items()
    assert name == "0.001 and 0.002"
    # Rubin's rule with no scatter of windows: 1.96 sqrt((1 + 1/3) var)
    assert end.high - end.value == pytest.approx(1.959964 * np.sqrt(4 / 3) * 0.1)
    assert overtaking(found, TOKENS, 0) == [10, 10, 10]
    assert overtaking([made(0, (0.8, 0.9))], TOKENS, 0) == [None]
    assert standings(found).loc[(TOKENS, name), "start"] == pytest.approx(-1)
