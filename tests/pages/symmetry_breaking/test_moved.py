import numpy as np
import pytest

from lmphys.pages.symmetry_breaking import points
from lmphys.pages.symmetry_breaking.moved import valleys


def test_the_mark_stands_on_the_branch_or_in_the_centre():
    figure = valleys(0.4, 0.16)
    weights, noises = (slider.values for slider in figure.sliders)
    _, branch, mark = figure.curves
    for i in (0, 3, len(weights) - 1):
        data = points.points_on_a_line(float(weights[i]))
        for j in (2, 15, len(noises) - 1):
            (x,), (s,) = mark.at("y", (i, j)), mark.at("x", (i, j))
            assert s == noises[j]
            assert data.denoised(np.array([x]), s)[0] == pytest.approx(x, abs=1e-6)
        xs = branch.at("y", (i, 0))
        for x, s in zip(xs[::20], branch.at("x", (i, 0))[::20], strict=True):
            if np.isfinite(s):
                assert data.denoised(np.array([x]), s)[0] == pytest.approx(x, abs=1e-6)


def test_words_tell_the_three_cases_apart():
    figure = valleys(0.4, 0.16)
    weights, noises = (np.asarray(slider.values) for slider in figure.sliders)
    words = figure.words
    assert words[figure.start].startswith("Two answers at once")
    two = words[list(weights).index(0.0)]  # two points decide at s = 1, without a jump
    assert all(text.startswith("One valley") for text in two[noises > 1.05])
    assert all(text.startswith("The centre is a hill") for text in two[noises < 0.95])
