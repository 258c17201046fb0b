import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lmphys import book
from lmphys.pages.fitting.figures import draw_choice, draw_leaks, draw_recovery


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context():
        book.use_style()
        yield
    plt.close("all")


def test_a_panel_for_each_corpus_holds_a_curve_for_each_kind_of_weights():
    kinds = ["predictive", "filtered_after_update"]
    rows = [
        {"corpus": corpus, "n_regimes": K, "weights": kind, "r2_h": base + K / 100 + w / 10}
        for base, corpus in ((0.1, "real chains"), (0.5, "permuted"))
        for K in (1, 2, 4)
        for w, kind in enumerate(kinds)
    ]
    figure = draw_leaks(pd.DataFrame(rows))
    assert [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes] == ["real chains", "permuted"]
    for base, ax in zip((0.1, 0.5), figure.axes, strict=True):
        curves = [line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 3]
        for w, curve in enumerate(curves):
            np.testing.assert_allclose(curve, [[K, base + K / 100 + w / 10] for K in (1, 2, 4)])
        assert len(curves) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["predictive", "filtered after update"]


def test_choice_shows_gain_with_its_band_and_forecast():
    K = [1, 2, 4]
    table = pd.DataFrame(
        {"gain": [0.0, 1.0, 2.0], "gain_low": [0, 0.5, 1.0], "gain_high": [0, 2.0, 3.0], "r2_h": [0.3, 0.31, 0.2]}, K
    )
    left, right = draw_choice(table).axes
    assert left.lines[0].get_xydata().tolist() == [[1, 0], [2, 1], [4, 2]]
    assert left.collections[0].get_paths()[0].get_extents().ymax == 3.0
    assert right.lines[0].get_xydata().tolist() == [[1, 0.3], [2, 0.31], [4, 0.2]]


def test_recovery_shows_the_mean_of_the_repeats_between_their_extremes():
    table = pd.DataFrame(
        {
            "separation": [0, 0, 2, 2],
            "repeat": [0, 1, 0, 1],
            "ari": [0.0, 0.2, 0.5, 0.7],
            "ari_best": [0.1, 0.1, 0.9, 1],
        }
    )
    ax = draw_recovery(table).axes[0]
    curves = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(curves, [[0.1, 0.95], [0.1, 0.6]])
    band = ax.collections[1].get_paths()[0].get_extents()
    assert (band.ymin, band.ymax) == pytest.approx((0.0, 0.7))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["true parameters", "fit"]
