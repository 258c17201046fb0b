import numpy as np
import pytest

from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages.double_well.moved import in_words, landscape


def test_each_position_is_the_double_well_of_its_sliders():
    figure = landscape(2.0, 1.0, 0.1)
    shapes, noises = (slider.values for slider in figure.sliders)
    potential, density = figure.curves
    for i in (0, 10, len(shapes) - 1):
        well = DoubleWell(2.0, float(shapes[i]))
        for j in (0, 5, len(noises) - 1):
            assert potential.at("y", (i, j)) == pytest.approx(well.potential(potential.x))
            assert density.at("y", (i, j)) == pytest.approx(well.density(density.x, float(noises[j])))
    assert shapes[figure.start[0]] == 1.0 and noises[figure.start[1]] == 0.1


@pytest.mark.parametrize("height", [0.5, 2.5, 6.0])
def test_the_times_in_words_are_the_exact_mean_and_that_of_kramers(height):
    well = DoubleWell(2.0, 1.5)
    D = well.barrier / height
    exact = FokkerPlanck(well.force, D, -5, 5, 8000).passage_time(-well.well, well.well)
    words = in_words(well, D)
    time, kramers = (
        float(part.split()[0].rstrip(".")) for part in (words.partition("takes ")[2], words.partition("says ")[2])
    )
    assert time == pytest.approx(exact, rel=2e-2)
    assert kramers == pytest.approx(1 / well.kramers_rate(D), rel=5e-3)
    assert f"barrier is {height:.2f} D" in words


def test_one_well_is_told_apart_from_the_critical_point():
    assert in_words(DoubleWell(1.0, -0.5), 0.1) == "One well, one mode. The restoring rate at its bottom is 0.50."
    assert in_words(DoubleWell(1.0, 0.0), 0.1).endswith("0.00: the critical point.")
    assert np.isfinite(landscape(1.0, 1.0, 0.1).curves[1].y).all()
