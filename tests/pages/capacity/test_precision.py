import numpy as np
import pandas as pd
import pytest

from lmphys.pages.capacity.precision import lost_share, precision_table, slopes
from lmphys.pages.capacity.rounding import BITS

# What a loss that goes as the square of the step leaves, and one that goes as the step.
POINTS = pd.DataFrame(
    [{"R": R, **{f"R_int{b}": R - 8 * 4.0**-b for b in BITS}, **{f"R_noise{b}": R - 2.0**-b for b in BITS}}
     for R in (1.0, 2.0)]
)  # fmt: skip


def test_the_slope_tells_a_square_from_a_straight_line():
    assert slopes(POINTS).tolist() == pytest.approx([-2, -2])
    assert slopes(POINTS, "noise").tolist() == pytest.approx([-1, -1])


def test_where_nothing_is_lost_there_is_no_slope():
    assert np.isnan(slopes(POINTS.assign(R_int8=3.0))).all()


def test_losses_are_shares_of_what_was_learned():
    assert lost_share(POINTS, 4).tolist() == pytest.approx([100 * 8 / 256, 50 * 8 / 256])
    found = precision_table(POINTS).set_index(["kind", "bits"])
    assert found.loc[("rounded", 4), "value"] == pytest.approx(1.5 - 8 / 256)
    assert found.loc[("rounded", 4), "lost"] == pytest.approx((8 / 256 + 4 / 256) / 2)
    assert found.loc[("noise", 2), "efficiency"] == pytest.approx((1.5 - 0.25) / 2)
    assert len(found) == 2 * len(BITS)
