import doctest

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.dynamics import base


def test_the_example_of_the_protocol_runs():
    found = doctest.testmod(base)
    assert found.attempted >= 7 and found.failed == 0


def test_a_forecast_without_a_density_says_so():
    assert base.Forecast(np.zeros((2, 1)), np.array([-1.0, 2.0])).nll.tolist() == [1, -2]
    with pytest.raises(LmphysError, match="no density"):
        _ = base.Forecast(np.zeros((2, 1))).nll
