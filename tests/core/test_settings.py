import math

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.settings import real, whole


@pytest.mark.parametrize("value", [1, 7, 10**12])
def test_whole_numbers_pass(value):
    whole("n", value, least=1)


@pytest.mark.parametrize("value", [0, -1, True, 1.0, 2.5, math.nan, "1", None, np.float64(1)])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(LmphysError, match=r"n is .*; give a whole number of at least 1"):
        whole("n", value, least=1)


@pytest.mark.parametrize("value", [1e-9, 0.5, 1, 1.0])
def test_numbers_in_a_range_pass(value):
    real("p", value, least=0, most=1, above=True)


@pytest.mark.parametrize("value", [0, 0.0, -0.1, 1.1, math.nan, math.inf, True, "0.5", None])
def test_what_is_no_number_in_the_range_is_refused(value):
    with pytest.raises(LmphysError, match=r"p is .*; give a number above 0 and at most 1"):
        real("p", value, least=0, most=1, above=True)
