import numpy as np
import pytest

from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages.double_well.densities import modes_by_noise, spread


def test_the_number_of_modes_does_not_depend_on_the_noise_and_the_valley_does():
    found = modes_by_noise(DoubleWell(2.0, 1.5), [0.2, 1.0, 5.0])
    assert found["modes"].tolist() == [2, 2, 2]
    assert found["valley / peak"].to_numpy() == pytest.approx(np.exp([-5, -1, -0.2]))
    assert found["p of the draws"].iloc[0] < 0.01 < found["p of the draws"].iloc[-1]


def test_walkers_and_cells_reach_the_closed_form():
    found = spread(DoubleWell(), 0.125, n_walkers=1000, n_cells=300)
    values = found.agreement()
    assert values["probability lost or gained"] < 1e-9
    assert values["variance, cells"] == pytest.approx(values["variance, closed form"], rel=1e-3)
    assert values["variance, walkers"] == pytest.approx(values["variance, closed form"], rel=0.05)
    # After two units of time most are still where they started.
    assert found.evolved[2][:150].sum() == pytest.approx((found.walkers[2] < 0).mean(), abs=0.05)
    assert found.evolved[2][:150].sum() > 0.6
