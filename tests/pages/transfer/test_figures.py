from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lmphys.pages.transfer import figures
from lmphys.pages.transfer.model_transfer import MATCHES
from lmphys.pages.transfer.paper import KINDS


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_the_paper_s_pairs_lie_about_their_line():
    r2 = np.array([0.7, 0.6, 0.3])
    pairs = pd.DataFrame({"r2": r2, "nll": 300 - 100 * r2, "pair": KINDS})
    (ax,) = figures.paper(pairs).axes
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), [270, 230])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(KINDS)


def test_tasks_have_a_line_above_what_is_fitted_to_all_others():
    table = pd.DataFrame([[0.5, -3.0], [0.1, 0.6], [0.4, 0.44]], index=["a", "b", "rest"], columns=["a", "b"])
    matrix = SimpleNamespace(tasks=("a", "b"), matrix=lambda rule: table)
    axes = figures.tasks(matrix).axes
    assert [t.get_text() for t in axes[0].texts] == ["0.5", "-3.0", "0.1", "0.6", "0.4", "0.4"]
    np.testing.assert_allclose(axes[0].lines[0].get_ydata(), 1.5)


def test_what_is_off_the_scale_is_an_arrow_with_its_number():
    columns = {f"{which}{end}": [0.5, -7.0] for which in ("own", "other", "rest") for end in ("", "_low", "_high")}
    (ax,) = figures.rules(pd.DataFrame(columns, index=["x", "y"])).axes
    assert [t.get_text() for t in ax.texts] == ["◀ -7.0"] * 3
    np.testing.assert_allclose(ax.collections[1].get_offsets()[:, 0], [0.5, -1.0])


def test_own_pairs_are_told_from_others():
    pairs = pd.DataFrame({"r2": [0.5, 0.1], "nll": [3.0, 9.0], "pair": ["own task", "another task"]})
    (ax,) = figures.two_scores(pairs).axes
    assert {line.get_label(): float(line.get_xdata()[0]) for line in ax.lines} == {"own task": 0.5, "another task": 0.1}


def test_models_have_a_panel_each_and_no_row_where_a_match_is_missing():
    def result(missing=()):
        index = [match for match in MATCHES if match not in missing]
        columns = {"switching": 0.2, "low": 0.1, "high": 0.3, "refit": 0.5}
        table = pd.DataFrame(columns, index=index)
        table.loc["own basis", "switching"] = -4.0
        return SimpleNamespace(table=lambda: table)

    crossed = {"me, same text": result(), "other, same text": result(), "wide, own text": result(MATCHES[:2])}
    axes = figures.models(crossed, "me").axes
    assert [ax.get_title() or ax.get_title("left") for ax in axes] == ["other,\nsame text", "wide,\nown text"]
    assert [[t.get_text() for t in ax.texts] for ax in axes] == [["◀ -4"], ["◀ -4"]]
    assert [t.get_text() for t in axes[0].get_yticklabels()] == list(MATCHES)
    drawn = np.ma.filled(np.ma.masked_invalid(axes[1].collections[1].get_offsets()[:, 0]), np.nan)
    assert np.isfinite(drawn).sum() in (len(MATCHES) - 2, len(MATCHES))
