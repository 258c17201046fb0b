import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lmphys.core.errors import LmphysError
from lmphys.pages.early_warning.logistic import fit_logistic, predict_logistic


def test_it_is_scikit_learns():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 6)) * [1, 1, 3, 0.2, 1, 1]
    y = rng.random(120) < 1 / (1 + np.exp(-(x[:, 0] - 2 * x[:, 1] + 0.7)))
    ridges = np.array([0.01, 1.0, 30.0])
    found = fit_logistic(x, y, np.repeat(ridges[:, None], 6, axis=1))
    for ridge, w, p in zip(ridges, found, predict_logistic(x, found), strict=True):
        peer = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=10_000).fit(x, y)
        assert w == pytest.approx(np.r_[peer.intercept_, peer.coef_[0]], abs=1e-4)
        assert p == pytest.approx(peer.predict_proba(x)[:, 1], abs=1e-4)


def test_each_column_has_its_own_penalty_and_the_intercept_none():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((80, 2)), rng.random(80) < 0.8
    w = fit_logistic(x, y, np.array([[1.0, 1e9]]))[0]
    alone = fit_logistic(x[:, :1], y, np.array([[1.0]]))[0]
    assert w == pytest.approx([*alone, 0], abs=1e-6)
    nothing = fit_logistic(x[:, :0], y, np.empty((1, 0)))
    assert predict_logistic(x[:, :0], nothing) == pytest.approx(y.mean())


def test_separable_data_are_no_obstacle_and_one_kind_is():
    x = np.linspace(-1, 1, 40)[:, None]
    y = x[:, 0] > 0
    w = fit_logistic(1000 * x, y, np.array([[1e-3]]))
    p = predict_logistic(1000 * x, w)[0]
    assert np.isfinite(w).all() and (np.diff(p) >= 0).all() and ((p > 0.5) == y).all()
    with pytest.raises(LmphysError, match="both kinds"):
        fit_logistic(x, np.ones(40, dtype=bool), np.array([[1.0]]))
