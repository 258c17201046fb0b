import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student_t

from lmphys.core.errors import LmphysError
from lmphys.stats.calibration import confidence_set


def line(n=5, sd=0.3):
    """Values that are the separation plus noise of mean 0 and given sd, without randomness."""
    noise = np.linspace(-1, 1, n)
    noise *= sd / noise.std(ddof=1)
    return pd.DataFrame({"true": np.repeat([0.0, 1.0, 3.0, 6.0], n), "x": np.tile(noise, 4)}).eval("x = x + true")


def test_placement_inverts_a_line():
    half = student_t.ppf(0.975, 4) * 0.3 * np.sqrt(1 + 1 / 5)
    found = confidence_set(line(), 3.2, "x")
    assert found.low == pytest.approx(3.2 - half, abs=0.02)
    assert found.high == pytest.approx(3.2 + half, abs=0.02)
    np.testing.assert_allclose(found.band["mean"], [0, 1, 3, 6], atol=1e-12)
    nowhere = confidence_set(line(), 20.0, "x")
    assert np.isnan(nowhere.low)
    assert np.isnan(nowhere.high)
    with pytest.raises(LmphysError, match="fewer than 2"):
        confidence_set(line().iloc[::5], 1.0, "x")
