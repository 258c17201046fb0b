import numpy as np
import pytest

from lmphys.pages.arithmetic.regimes import Switching, exchanged_within, paths
from lmphys.stats.alignment import normalised_information
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.cells import draw_cell
from lmphys.training.tiny.learner import Tiny


def test_labels_that_the_word_tells_survive_the_exchange_and_others_do_not():
    rng = np.random.default_rng(0)
    word = rng.integers(0, 6, 2000)
    of_word, of_nothing = word % 3, rng.integers(0, 3, 2000)
    counts = np.zeros((3, 3))
    np.add.at(counts, (of_word, of_word), 1)
    told = exchanged_within(of_word, of_word, word)
    assert told.value == pytest.approx(float(normalised_information(counts))) == pytest.approx(1)
    assert exchanged_within(of_nothing, of_nothing, word).value < 0.01


def test_a_path_has_a_state_and_a_part_for_every_word():
    recipe = RECIPES["arithmetic-small"]
    model = Tiny(recipe, "cpu", recipe.source()).model
    cell = draw_cell(recipe, 3, 12, unseen=False)
    traj = paths(model, [cell])
    lengths = [len(cell.source.document(index).tokens) - 1 for index in range(12)]
    assert traj.lengths.tolist() == lengths and traj.width == 64
    ends = traj.sentences[traj.sentences["part"] == "end"]
    assert len(ends) == 12 and (ends["word"] == 1).all()
    found = Switching(traj, rank=4, n_regimes=2)
    assert found.shares().sum().to_numpy() == pytest.approx(1)
    assert 0 <= found.followed()["regimes"].value <= 1
