import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.mpemba.river import gorge_and_pool, single_well
from lmphys.pages.mpemba.walkers import HEAT, descend


def test_walkers_in_a_single_well_have_the_variance_of_the_linear_map():
    k, final, hot = 1.0, 0.1, 0.4
    found = descend(single_well(k), hot, final, 1.0, n_walkers=20_000, n_kept=3, seed=1)
    rate = final / HEAT
    steps = found.times / rate
    factor = (1 - rate * k) ** 2
    rest = 2 * HEAT * rate**2 / (1 - factor)
    variance = rest + (hot / k - rest) * factor**steps
    assert 2 * found.river.mean(axis=1) / k == pytest.approx(variance, rel=0.04)


def test_the_valley_holds_half_a_temperature_as_the_finite_step_has_it():
    a, final = 20.0, 0.1
    found = descend(single_well(sharpest=a), final, final, 3.0, n_walkers=20_000, n_kept=2, seed=2)
    across = (found.whole - found.river).mean(axis=1)
    stiffness = a * final / HEAT
    assert across == pytest.approx([final / 2, final / (2 - stiffness)], rel=0.04)


def test_walkers_stay_between_the_walls():
    river = gorge_and_pool()
    found = descend(river, 0.9, 0.9, 2.0, n_walkers=500, n_kept=5, seed=3)
    bottom = river.height(np.linspace(river.low, river.high, 2000))
    assert found.river.min() >= bottom.min() - 1e-5  # of a grid
    assert found.river.max() <= bottom.max() + 1e-5
    assert found.times[-1] == pytest.approx(2.0, abs=0.9 / HEAT)


def test_a_learning_rate_beyond_what_the_valley_bears_is_refused():
    with pytest.raises(LmphysError, match="lower the final temperature"):
        descend(gorge_and_pool(), 3.0, 3.0, 2.0, n_walkers=10)
