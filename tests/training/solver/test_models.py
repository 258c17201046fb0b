from dataclasses import replace

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.cells import fresh_source
from lmphys.training.solver.floor import costs, surprisals
from lmphys.training.solver.learning import excess_table, learn
from lmphys.training.solver.models import of_the_reader
from lmphys.training.tiny.learner import train

RECIPE = RECIPES["arithmetic-small"]
SHORT = replace(RECIPE, steps=3, batch_size=4, n_kept=1)


def test_trainings_of_the_reader_are_loaded_and_those_of_other_words_refused(tmp_path):
    train(SHORT, tmp_path / "own", device="cpu", progress=False)
    (one,) = of_the_reader([str(tmp_path / "own")], RECIPE)
    assert one.recipe.steps == 3
    blank = one.untrained()
    assert not torch.equal(blank.model.get_input_embeddings().weight, one.model.model.get_input_embeddings().weight)
    words = costs(fresh_source(RECIPE, 0), 6)
    table = excess_table([one], words)
    extra = surprisals(one.model, words) - words.floor
    assert table["nats"].iloc[0] == pytest.approx(extra.mean())
    assert table.loc["no sums", "nats"] == pytest.approx(words.lacking["no sums"].mean())
    with pytest.raises(LmphysError, match="other words"):
        of_the_reader([str(tmp_path / "own")], RECIPES["arithmetic"])


def test_a_training_before_the_eyes_is_counted_by_parts():
    words = costs(fresh_source(RECIPE, 0), 10)
    curves = learn(SHORT, words, steps=3)
    assert curves["tokens"].nunique() == 3 and curves["tokens"].is_monotonic_increasing
    shares = {part: np.mean(words.part == part) for part in np.unique(words.part)}
    for _, own in curves.groupby("tokens"):
        nats = own.set_index("part")["nats"]
        assert nats["all"] == pytest.approx(sum(share * nats[part] for part, share in shares.items()))
