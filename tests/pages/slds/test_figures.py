import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import random_parameters
from lmphys.pages.slds import figures
from lmphys.pages.slds.ablation import DEFINITIONS


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_ablation_has_a_panel_for_each_space_and_the_paper_beside_it():
    assert list(figures.SPACE) == list(DEFINITIONS.levels[0][DEFINITIONS.codes[0]].unique())
    assert list(figures.SEEN) == list(DEFINITIONS.levels[2][DEFINITIONS.codes[2]].unique())
    models = ["full model", "no regimes"]
    index = pd.MultiIndex.from_tuples(
        [(m, *d) for m in models for d in DEFINITIONS], names=["model", *DEFINITIONS.names]
    )
    table = pd.DataFrame({"r2": np.arange(48) / 100}, index=index)
    figure = figures.ablation(table, {"full model": 0.74}, "chains")
    axes = figure.axes
    titles = [ax.get_title() or ax.get_title("left") for ax in axes]
    assert titles == [f"{target}, {where}" for target in ("h", "Δh") for where in figures.SPACE.values()]
    line, here, _ = axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [0.0, 0.01, 0.02, 0.03])
    np.testing.assert_allclose(axes[3].lines[0].get_ydata(), [0.04, 0.05, 0.06, 0.07])
    assert here.get_xydata().tolist() == [[0, 0.74]]
    assert axes[0].texts[0].get_text() == "no regimes: 0.24"  # the paper has no such row here
    assert [t.get_text() for t in axes[3].get_xticklabels()] == ["paper", "honest", "seen", "smooth", "oracle"]
    assert figure.get_suptitle() == "chains"


def test_patterns_show_both_corpora_and_tick_the_paper_s_order():
    values = np.arange(24) / 100
    columns = {f"{prefix}{name}": values + shift for prefix in ("", "null_") for name, shift in
               (("rms", 0.1), ("rms_low", 0.05), ("rms_high", 0.2))}  # fmt: skip
    pattern = pd.DataFrame({**columns, "order": 0.0, "null_order": 0.0}, index=DEFINITIONS)
    pattern.loc[("D", "h", "oracle"), "null_order"] = 0.95
    axes = figures.patterns(pattern).axes
    assert [len(ax.texts) for ax in axes] == [0, 1, 0]
    np.testing.assert_allclose(axes[1].lines[0].get_xdata(), pattern.loc["D"].rms)
    assert [t.get_text() for t in axes[0].get_yticklabels()][:2] == ["h, honest", "h, seen"]


def test_gains_are_in_points_and_marked_where_they_are_certain():
    index = pd.MultiIndex.from_product([[1, 2], [5, 10]], names=["n_regimes", "rank"])
    grid = pd.DataFrame({"honest": [0, 0, 0.01, -0.02], "honest_low": [0, 0, 0.005, -0.04], "equal": 0.0,
                         "honest_high": [0, 0, 0.02, 0.01], "equal_low": -1.0, "equal_high": 1.0, "leaking": 0.1,
                         "density": [-3.0, -2.0, -1.0, -5.0]}, index=index)  # fmt: skip
    axes = figures.gains({"one": grid, "two": grid}).axes
    assert len(axes) == 6
    assert [t.get_text() for t in axes[0].texts] == ["1.0*"]
    assert [t.get_text() for t in axes[2].texts] == ["10.0", "10.0"]
    (ax,) = figures.densities({"one": grid}).axes
    assert [t.get_text() for t in ax.texts] == ["-2", "-1", "0", "-4"]
    assert (ax.get_title() or ax.get_title("left")) == "one: best K = 2, k = 5"


def test_eigenvalues_fall_and_those_that_turn_are_marked():
    fits = {f"K = {K}": SLDS.from_parameters(random_parameters(K, 4, separation=2.0)) for K in (1, 3)}
    figure = figures.eigenvalues(fits)
    assert [len(ax.lines) for ax in figure.axes] == [3, 7]  # two for each regime, and the line at 1
    values = fits["K = 3"].parameters_.eigenvalues()[2]
    np.testing.assert_allclose(figure.axes[1].lines[4].get_ydata(), np.sort(np.abs(values))[::-1], atol=1e-12)
    assert len(figure.axes[1].lines[5].get_xdata()) == (np.abs(values.imag) > 1e-9).sum()
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["regime 0", "regime 1", "regime 2"]


def test_visits_that_were_not_seen_are_not_drawn():
    steps = pd.RangeIndex(1, 4, name="steps")
    table = pd.DataFrame({"counted": [1, 0.5, 0], "fitted": [1, 0.6, 0.2], "memoryless": [1, 0.4, 0.1]}, index=steps)
    lasting = pd.DataFrame({"value": [1.5], "low": [1.2], "high": [1.9]}, index=["real"])
    (ax,) = figures.visits({"real": table}, lasting).axes
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1, 0.5])
    assert (ax.get_title() or ax.get_title("left")).endswith("ratio 1.50 [1.20, 1.90]")
