import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.mixtures import COVARIANCES, STUDENT, Regimes
from lmphys.pages.regimes import figures


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def choice():
    rows = [(shape, K) for shape in COVARIANCES for K in (1, 2, 3)]
    index = pd.MultiIndex.from_tuples([*rows, STUDENT], names=["covariance", "n_components"])
    table = pd.DataFrame({"bic": 100.0, "held_out": -2.0, "excess_low": -0.5, "excess_high": 0.5}, index=index)
    table.loc[("diag", 3), "bic"] = 40.0
    table.loc[STUDENT, "held_out"] = -1.0
    return table


def test_rings_mark_the_choice(choice):
    left, right = figures.criteria(choice, 10).axes
    rings = [line for line in left.lines if line.get_markersize() == 13]
    assert [float(line.get_xdata()[0]) for line in rings] == [1, 1, 3, 1]
    np.testing.assert_allclose(rings[2].get_ydata(), [4.0])
    np.testing.assert_allclose(right.lines[-1].get_ydata(), -1.0)  # one Student t
    _, diag = figures.gains({"real": choice}, 10).axes
    np.testing.assert_allclose(diag.lines[0].get_ydata(), [0, 0, 6.0])


def test_tails_have_an_interval_at_each_rank():
    index = pd.MultiIndex.from_product([["a", "b"], [2, 40]], names=["corpus", "dimensions"])
    contest = pd.DataFrame({"excess": [1.0, 2, 3, 4], "low": 0.0, "high": 5.0}, index=index)
    (ax,) = figures.tails(contest, ["a", "b"]).axes
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [3, 4])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2", "40"]


def test_planes_have_a_letter_for_each_component():
    x = np.random.default_rng(0).standard_normal((60, 4))
    axes = figures.planes({"one": x, "two": x}, 3, seed=0).axes
    assert [[t.get_text() for t in ax.texts] for ax in axes] == [["a", "b", "c"]] * 2


def test_places_count_every_transition():
    rng = np.random.default_rng(0)
    traj = Trajectories.from_list(list(rng.standard_normal((10, 6, 3))))
    labels = np.arange(50) % 2
    residuals = rng.standard_normal((50, 3))
    left, right = figures.places(Regimes(residuals, labels, np.ones(50)), traj).axes
    assert [len(points.get_offsets()) for points in left.collections] == [25, 25]
    assert [t.get_text() for t in right.get_legend().get_texts()] == ["0", "1"]


def test_labels_that_were_not_measured_are_left_out():
    aligned = pd.DataFrame({"nmi": [0.2, np.nan, 0.1], "place": 0.05, "place_high": 0.08}, index=["x", "y", "z"])
    (ax,) = figures.alignments(aligned).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["z", "x"]
