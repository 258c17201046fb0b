import numpy as np
import pytest

from lmphys.pages.retries.wrong_names import back_table, regret
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.asked import after_sentence
from lmphys.training.solver.cells import draw_cell
from lmphys.training.tiny.learner import Tiny


def test_own_probability_and_surprisal_are_those_of_one_pass():
    recipe = RECIPES["arithmetic-small-retries"]
    learner = Tiny(recipe, "cpu", recipe.source())
    train, test = (after_sentence([draw_cell(recipe, 4, n, unseen=unseen)]) for n, unseen in ((30, False), (15, True)))
    words = recipe.source().words
    found = regret([learner.model], words, train, test)
    assert np.array_equal(found.wrong, ~test.table["ready"].to_numpy(dtype=bool))
    assert found.probes[0].shape == (4, len(test.texts)) and len(found.layers()) == 4
    import torch

    with torch.inference_mode():
        logits = learner.model.model(input_ids=torch.from_numpy(test.texts[3])[None]).logits[0, -1]
    assert found.back[0][3] == pytest.approx(float(logits.softmax(-1)[words.ids["back"]]), rel=1e-4)
    table = back_table(found)
    assert table.iloc[0, 0] == pytest.approx(found.back[0][found.wrong].mean())
    assert found.score([found.wrong.astype(float)]).value == 100
