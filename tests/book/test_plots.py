import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lmphys import book
from lmphys.book.style import PALETTE
from lmphys.core.errors import LmphysError


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context():
        book.use_style()
        yield
    plt.close("all")


def luminance(colour):
    """Relative luminance of WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_the_style_and_the_named_palette_are_one():
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    assert [mpl.colors.to_hex(c) for c in cycle] == [c.lower() for c in PALETTE]


def test_text_has_the_contrast_of_wcag_aa_on_the_opaque_card():
    card = luminance(mpl.rcParams["figure.facecolor"])
    assert mpl.rcParams["savefig.transparent"] is False
    for name in ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"):
        assert (card + 0.05) / (luminance(mpl.rcParams[name]) + 0.05) > 4.5


def test_palette_stays_apart_for_red_green_colour_blindness():
    # Viénot, Brettel and Mollon (1999), linear RGB: red and green collapse to one of two planes
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    colours = np.array([mpl.colors.to_rgb(c) for c in PALETTE]) ** 2.2
    for matrix in (protan, deutan):
        seen = np.clip(colours @ matrix.T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert apart[np.triu_indices(len(PALETTE), 1)].min() > 0.1


def scores_table():
    table = pd.DataFrame({"r2_h": [0.6, -3.0], "r2_dh": [0.2, 0.5]}, index=["one linear map", "persistence"])
    for column in ("r2_h", "r2_dh"):
        table[f"{column}_low"], table[f"{column}_high"] = table[column] - 0.1, table[column] + 0.1
    return table


def test_bars_are_the_scores_and_a_long_negative_one_is_cut_with_its_number():
    axes = book.plots.scores(scores_table(), floor=-0.25)
    assert [round(bar.get_width(), 6) for bar in axes.patches] == [0.6, -0.25, 0.2, 0.5]
    assert any("-3" in text.get_text() for text in axes.texts)
    drawn = [segment[:, 0] for lines in axes.collections for segment in lines.get_segments()]
    np.testing.assert_allclose(drawn, [[0.5, 0.7], [0.1, 0.3], [0.4, 0.6]])  # none for the bar that is cut
    assert axes.get_xlim()[0] == -0.25
    with pytest.raises(LmphysError, match="r2_dh"):
        book.plots.scores(scores_table()[["r2_h"]])


def test_ecdf_steps_by_one_nth_at_each_value():
    axes = book.plots.ecdf({"a": np.array([3.0, 1.0, 2.0, 2.0])})
    line = axes.lines[0]
    np.testing.assert_allclose(line.get_xdata(), [1, 1, 2, 2, 3])
    np.testing.assert_allclose(line.get_ydata(), [0, 0.25, 0.5, 0.75, 1])
    assert line.get_drawstyle() == "steps-post"
    for bad in ([], [0.0, 1.0], [np.nan]):
        with pytest.raises(LmphysError, match="sample 'a'"):
            book.plots.ecdf({"a": np.array(bad)})


def test_spectrum_takes_cumulative_shares_only():
    axes = book.plots.spectrum({"a": np.cumsum([0.5, 0.3, 0.2])}, rank=2)
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[1, 0.5], [2, 0.8], [3, 1.0]])
    with pytest.raises(LmphysError, match="cumulative"):
        book.plots.spectrum({"a": np.array([0.5, 0.3, 0.2])})


def growth_table():
    rows = [
        ("k", 20, 0.2, 0.1, np.nan, np.nan),
        ("N", 5400, 0.3, 0.15, 4.0, 0.9),
        ("N", 1800, 0.1, 0.05, 3.0, np.nan),
        ("K", 4, 0.5, 0.25, np.nan, 2.0),
    ]
    return pd.DataFrame(rows, columns=["along", "value", "ours_s", "floor_s", "ssm_s", "dynamax_s"])


def test_growth_has_a_log_log_panel_for_each_size_and_a_curve_for_each_peer_that_was_measured():
    figure = book.plots.growth(growth_table())
    axes = figure.axes
    assert [ax.get_xlabel() for ax in axes] == ["transitions $N$", "regimes $K$", "dimension $k$"]
    assert {(ax.get_xscale(), ax.get_yscale()) for ax in axes} == {("log", "log")}
    assert axes[0].get_ylabel() == "seconds per EM iteration"
    assert len({ax.get_ylim() for ax in axes}) == 1  # one scale of seconds: panels can be compared
    drawn = [{line.get_label(): line.get_xydata().tolist() for line in ax.lines} for ax in axes]
    assert drawn == [
        {
            "this package": [[1800, 0.1], [5400, 0.3]],
            "bare matrix products": [[1800, 0.05], [5400, 0.15]],
            "dynamax": [[5400, 0.9]],
            "ssm": [[1800, 3.0], [5400, 4.0]],
        },
        {"this package": [[4, 0.5]], "bare matrix products": [[4, 0.25]], "dynamax": [[4, 2.0]]},
        {"this package": [[20, 0.2]], "bare matrix products": [[20, 0.1]]},
    ]
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == set(drawn[0])
    assert plt.get_fignums() == []  # drawn by the build, where no window may open


def test_curves_of_growth_differ_in_colour_line_and_marker():
    lines = book.plots.growth(growth_table()).axes[0].lines
    assert {line.get_color() for line in lines} <= set(PALETTE)
    for what in ("color", "linestyle", "marker"):
        assert len({getattr(line, f"get_{what}")() for line in lines}) == len(lines) == 4
    assert all(line.get_marker() != "None" for line in lines)  # a single point is seen


def test_growth_leaves_out_what_was_not_measured_or_lost_in_noise():
    (only,) = book.plots.growth(growth_table().query("along == 'K'")).axes
    assert only.get_xlabel() == "regimes $K$"
    noisy = growth_table()
    noisy.loc[1, ["ours_s", "ssm_s"]] = -0.01, 0.0
    noisy.loc[3, ["ours_s", "floor_s", "dynamax_s"]] = 0.0
    axes = book.plots.growth(noisy).axes
    assert [ax.get_xlabel() for ax in axes] == ["transitions $N$", "dimension $k$"]
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes[0].lines}
    assert drawn == {
        "this package": [[1800, 0.1]],
        "bare matrix products": [[1800, 0.05], [5400, 0.15]],
        "dynamax": [[5400, 0.9]],
        "ssm": [[1800, 3.0]],
    }


def test_growth_refuses_what_it_cannot_draw():
    table = growth_table()
    times = ["ours_s", "floor_s", "ssm_s", "dynamax_s"]
    refused = [
        (table.drop(columns="floor_s"), "no column floor_s"),
        (table.assign(along="D"), "no times along N, K, k alone"),
        (table.iloc[:0], "no times along N, K, k alone"),
        (table.assign(**dict.fromkeys(times, -1.0)), "measure them: make bench"),
    ]
    for bad, why in refused:
        with pytest.raises(LmphysError, match=why):
            book.plots.growth(bad)
