import numpy as np
import pandas as pd
import pytest

from lmphys.pages.drift.pairs import plane


def test_points_and_curve_are_the_pairs_of_scores():
    table = pd.DataFrame({"r2_h": [0.4, 0.0], "r2_dh": [0.2, 0.5]}, index=["one linear map", "shuffled order"])
    figure = plane({"trained": table, "random weights": table / 2}, r=0.6)
    r = np.asarray(figure.sliders[0].values)
    path, curve, here, nulls, *measured = figure.curves
    assert nulls.x.tolist() == [0.0, 0.0] and nulls.y[0].tolist() == [0.5, 0.25]
    assert r[figure.start] == 0.6
    assert here.at("x", figure.start) == pytest.approx([0.36]) and here.at("y", figure.start) == pytest.approx([0.2])
    assert curve.y[0] == pytest.approx((1 - curve.x**0.5) / 2)
    assert [(float(c.x[0, 0]), float(c.y[0, 0])) for c in measured] == [(0.4, 0.2), (0.2, 0.1)]
    assert [c.label for c in measured] == ["trained", "random weights"]
    assert figure.words[figure.start].startswith(
        "With r = 0.6 the best forecast explains 36% of the next state and 20%"
    )
    assert path.y[0].std() == pytest.approx(1, abs=0.35)  # r = 0: forty draws of variance 1


def test_the_process_forgets_at_its_rate():
    table = pd.DataFrame({"r2_h": [0.4, 0.0], "r2_dh": [0.2, 0.5]}, index=["one linear map", "shuffled order"])
    paths = np.array([plane({"": table}, seed=seed).curves[0].y for seed in range(300)])
    for i in (4, 14):
        assert (paths[:, i, 1:] * paths[:, i, :-1]).mean() == pytest.approx(0.05 * i, abs=0.05)
        assert paths[:, i].var() == pytest.approx(1, abs=0.06)
