import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.training.thermal.schedules import SHAPES, inverse, shaped


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_begin_at_the_rate_and_never_rise(shape):
    rates = shaped(shape, 2.0, 100)
    assert rates[0] == 2.0 and (rates > 0).all() and (np.diff(rates) <= 0).all()


def test_shapes_have_their_closed_forms():
    assert shaped("cosine", 1.0, 3)[1] == pytest.approx(0.75)
    assert shaped("1 - sqrt", 1.0, 4)[1] == pytest.approx(0.5)
    np.testing.assert_allclose(shaped("wsd", 1.0, 8), [1, 1, 1, 1, 1, 1, 1, 0.5])
    np.testing.assert_allclose(inverse(3.0, 3, 2), [3, 2, 1.5])


def test_an_unknown_shape_is_said():
    with pytest.raises(LmphysError, match="unknown shape 'step' of a decay; use constant, linear"):
        shaped("step", 1.0, 2)
