import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.capacity.bits import learned
from lmphys.pages.capacity.live import learning_curve, live_recipe
from lmphys.training.tiny.learner import Tiny


def test_exposures_are_counted_by_documents_of_people():
    recipe = live_recipe("capacity-narrow", 50, batches=2, seed=3)
    assert (recipe.batch_size, recipe.steps, recipe.seed) == (26, 1000, 3)
    junk = live_recipe("capacity-junk", 50)
    assert junk.steps * junk.batch_size == 50 * 520 * 8
    with pytest.raises(LmphysError, match="no recipe 'markov' of records; use capacity-500"):
        live_recipe("markov", 1)


def test_a_curve_begins_with_fresh_weights_and_ends_with_the_trained_ones(tmp_path):
    recipe = live_recipe("capacity-narrow", 1)
    curve, trial = learning_curve(recipe, tmp_path)
    n = trial.model.n_parameters
    blank = Tiny(recipe, "cpu", trial.world).model
    assert curve["exposures"].iloc[0] == 0 and curve["exposures"].iloc[-1] == pytest.approx(1)
    assert curve["exposures"].is_monotonic_increasing and trial.exposures == pytest.approx(1)
    assert curve["R"].iloc[0] == pytest.approx(learned(blank, trial.world).total / n)
    assert curve["R"].iloc[-1] == pytest.approx(learned(trial.model, trial.world).total / n)
    assert curve["R"].iloc[-1] > curve["R"].iloc[0]
