import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt
from tests.book.test_plots import luminance

from lmphys.book.heatmaps import heat_map
from lmphys.core.errors import LmphysError


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_cells_show_their_numbers_and_stars_and_nothing_where_there_is_none():
    table = pd.DataFrame([[0.125, np.nan], [-1.0, 2.5]], index=["a", "b"], columns=[5, 10])
    marked = pd.DataFrame([[False, False], [False, True]], index=["a", "b"], columns=[5, 10])
    ax = heat_map(table, marked=marked)
    texts = {t.get_position(): t for t in ax.texts}
    assert {place: t.get_text() for place, t in texts.items()} == {(0, 0): "0.12", (0, 1): "-1.00", (1, 1): "2.50*"}
    assert texts[1, 1].get_weight() == "bold"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["5", "10"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize("centre", [None, 0.0])
def test_numbers_can_be_read_on_every_colour(centre):
    table = pd.DataFrame([np.linspace(-1, 1, 41)])
    ax = heat_map(table, centre=centre, low=-1, high=1)
    image = ax.images[0]
    for value, text in zip(table.iloc[0], ax.texts, strict=True):
        ground, ink = luminance(image.cmap(image.norm(value))), luminance(text.get_color())
        assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) > 4.4


def test_the_neutral_colour_is_that_of_the_centre():
    ax = heat_map(pd.DataFrame([[-1.0, 0.0, 3.0]]), centre=0.0)
    assert ax.images[0].norm(0.0) == pytest.approx(0.5)
    assert ax.images[0].norm(3.0) == pytest.approx(1.0)


def test_what_rounds_to_nothing_has_no_sign():
    assert [t.get_text() for t in heat_map(pd.DataFrame([[-0.04, -0.06]]), decimals=1).texts] == ["0.0", "-0.1"]


def test_a_table_without_numbers_is_refused():
    with pytest.raises(LmphysError, match="at least one finite number"):
        heat_map(pd.DataFrame([[np.nan]]))
