import numpy as np
import pytest
from scipy.special import logsumexp

from lmphys.generative import Annealed
from lmphys.pages.energy_based import watched

RNG = np.random.default_rng(1)
# A Gaussian work of variance s² with mean s² / 2 above ΔF obeys Jarzynski's equality.
S, EXACT = {10: 2.0, 100: 0.5}, -3.0
ENDS = {(0, n): Annealed(np.zeros(2000), -EXACT + s**2 / 2 + s * RNG.standard_normal(2000)) for n, s in S.items()}


def test_errors_of_groups_are_those_of_their_exponential_means():
    work = np.array([0.0, 1.0, 2.0, 3.0, 9.0])
    pair = -logsumexp([0, -1]) + np.log(2)
    assert watched.errors_of(work, 2) == pytest.approx([-pair, -2 - pair])
    assert watched.errors_of(work, 1) == pytest.approx(-work)


def test_the_weighed_work_lies_lower_by_its_variance():
    edges = np.linspace(-8, 12, 81)
    middle = (edges[1:] + edges[:-1]) / 2
    for (_, n), end in ENDS.items():
        plain, weighed = watched.densities(end.work + EXACT, edges)
        means = [float((middle * d).sum() * 0.25) for d in (plain, weighed)]
        assert means == pytest.approx([S[n] ** 2 / 2, -(S[n] ** 2) / 2], abs=0.35)


def test_haste_needs_walkers():
    figure = watched.work(ENDS, EXACT)
    jarzynski = figure.curves[3].y[:, 0]
    assert list(figure.sliders[1].values) == [1, 3, 10, 30, 100, 300, 1000, 2000]
    assert jarzynski[:, 0] == pytest.approx([-2.0, -0.125], abs=0.1)  # one walker: minus the mean work
    assert jarzynski[0, -1] == pytest.approx(0, abs=0.3) and jarzynski[1] == pytest.approx(np.zeros(8), abs=0.14)
    assert figure.curves[7].at("y", (0, 2)) == pytest.approx([jarzynski[0, 2]])
    assert "(these are all)" in figure.words[0, -1] and "2,000 walkers" in figure.words[0, -1]
