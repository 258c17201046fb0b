from functools import cache

import numpy as np
import pytest
from scipy.linalg import expm

from lmphys.core.errors import LmphysError
from lmphys.pages.mpemba.relaxation import Quench, crossing_share, single_well_entropy
from lmphys.pages.mpemba.river import gorge_and_pool, single_well


@cache
def gorge():
    return Quench(gorge_and_pool(), 0.1, 200)


def test_densities_and_distances_agree_with_the_matrix_exponential():
    quench, t = Quench(gorge_and_pool(), 0.1, 60), 3.0
    start = quench.start(0.4)
    p = expm(quench.river.relaxation(0.1, 60).generator() * t) @ start
    rest = quench.modes.right[0]
    times = np.array([t])
    assert quench.modes.evolved(start, times)[0] == pytest.approx(p, abs=1e-11)
    assert quench.relative_entropy(0.4, times)[0] == pytest.approx((p * np.log(p / rest)).sum(), rel=1e-8)
    assert quench.l1(0.4, times)[0] == pytest.approx(np.abs(p - rest).sum(), rel=1e-8)
    assert quench.loss(0.4, times)[0] == pytest.approx(p @ quench.river.height(quench.places), rel=1e-8)


def test_at_the_strong_point_the_rest_decays_at_the_third_rate():
    quench = gorge()
    strong = quench.strong_point(0.3, 2.0)
    assert quench.amplitudes(np.array([strong]))[0, :2] == pytest.approx([1, 0], abs=1e-9)
    assert quench.late_rate(strong) == pytest.approx(quench.modes.rates[2], rel=1e-3)
    late = 6 / quench.modes.rates[2] + np.array([0.0, 20.0])
    slow = np.log(quench.l1(0.2, late))
    assert (slow[0] - slow[1]) / 20 == pytest.approx(quench.modes.rates[1], rel=0.01)


def test_a_valley_of_one_width_has_no_strong_point():
    with pytest.raises(LmphysError, match="does not change its sign"):
        Quench(gorge_and_pool(widening=0.0), 0.1, 200).strong_point(0.12, 2.0)


def test_pairs_cross_in_the_river_and_never_in_a_single_well():
    share, pairs = crossing_share(gorge(), np.array([0.15, 0.25, 0.7]))
    assert (0.15, 0.7) in pairs and (0.25, 0.7) in pairs
    assert share == pytest.approx(len(pairs) / 3)
    for lean in (0.0, 0.5):
        well = Quench(single_well(1.0, lean), 0.1, 200)
        assert crossing_share(well, np.array([0.13, 0.2, 0.3, 0.4])) == (0.0, [])


@pytest.mark.parametrize("lean", [0.0, 0.6])
def test_the_single_well_is_the_closed_form_which_grows_with_the_start_at_every_time(lean):
    times = np.array([0.3, 1.0, 2.0])
    well = Quench(single_well(1.0, lean), 0.1, 400)
    assert well.relative_entropy(0.25, times) == pytest.approx(
        single_well_entropy(0.25, 0.1, times, lean=lean), rel=5e-3
    )
    starts = np.linspace(0.11, 5, 40)
    curves = np.array([single_well_entropy(T, 0.1, np.geomspace(0.01, 8, 20), lean=lean) for T in starts])
    assert (np.diff(curves, axis=0) > 0).all()
