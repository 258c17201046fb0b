import numpy as np
import pytest

from lmphys.dynamics.mixtures import Regimes
from lmphys.pages.regimes.residuals import describe_residuals, explained_by_regime


def regimes_of(residuals, labels):
    return Regimes(residuals, labels, np.ones(len(labels)))


def test_size_tail_and_modes():
    rng = np.random.default_rng(0)
    gauss = rng.standard_normal((4000, 3))
    two = np.sign(rng.standard_normal((4000, 1))) * [4.0, 0, 0] + rng.standard_normal((4000, 3))
    widths = np.sqrt(3 / rng.chisquare(5, 4000))[:, None]
    none = np.zeros(4000, int)
    samples = {"one": gauss, "two": two, "tail": gauss * widths}
    found = describe_residuals({name: regimes_of(x, none) for name, x in samples.items()})
    assert found.loc["one", "root mean square"] == pytest.approx(np.sqrt(3), rel=0.02)
    assert found.loc["two", "root mean square"] == pytest.approx(np.sqrt(3 + 16), rel=0.02)
    assert abs(found.loc["one", "excess kurtosis"]) < 0.1 < 0.5 < found.loc["tail", "excess kurtosis"]
    assert found.loc["two", "dip p, direction 0"] < 0.001 < 0.05 < found.loc["one", "dip p, direction 0"]


def test_regimes_that_lead_apart_explain_and_shells_do_not():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 3000)
    noise = rng.standard_normal((3000, 2))
    apart = noise + np.where(labels == 1, 3.0, -3.0)[:, None] * [1, 0]
    shells = noise * np.where(labels == 1, 3.0, 1.0)[:, None]
    found = explained_by_regime(
        {"apart": regimes_of(apart, labels), "shells": regimes_of(shells, labels)}, np.arange(3000) // 6, seed=0
    )
    assert found["apart"] == pytest.approx(9 / (9 + 2), abs=0.02)
    assert abs(found["shells"]) < 0.01
